#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace atrium {

// What a lead must say for a queue to take it. A value.
struct LeadCondition {
  std::string field = {};                // Of the lead: "property_type".
  std::vector<std::string> one_of = {};  // Its text is one of these, without case (ASCII); empty: any text or number.
  double at_least = 0;                   // With `bounded`: its number is not below this...
  double at_most = 0;                    // ...and not above that.
  bool bounded = false;
  friend bool operator==(const LeadCondition&, const LeadCondition&) = default;
};

// How the leads of one queue are offered. A value, as the operator wrote it (section `coordination`); kernel/app makes it of the settings.
struct QueueRule {
  std::string name = {};
  std::vector<LeadCondition> match = {};  // All hold for a lead of this queue; empty: any lead. The first queue that fits takes it.
  std::string channel = "lead";           // Which of an agent's places its leads take, where the lead names no channel.
  std::int32_t priority = 0;              // Leads of a higher one come first...
  std::chrono::seconds age_step{0};       // ...and each such wait counts as one more; zero: age is the policy's own matter.
  std::string policy = {};                // Empty: the tenant's default.

  // Whom it may go to.
  std::string skill_field = "property_type";  // The field of a lead that names the skill it needs; empty: none is needed.
  double skill_min = 0.01;                    // The least proficiency...
  std::chrono::seconds skill_relax_after{0};  // ...which is asked for until a lead has waited so long; zero: for ever.

  // An offer.
  std::chrono::milliseconds lease{20'000};  // How long an agent has to accept.
  std::chrono::seconds declined_for{300};   // Who let a lead pass is not offered it again for so long.
  std::chrono::seconds wrap_up{0};          // How long a place stays taken after a lead was completed.
  bool sticky = true;                       // A lead that comes back goes to its last agent, if he is a candidate now.
  std::uint32_t ramp_in_offers = 3;         // What a returning agent is offered at most a minute...
  std::chrono::seconds ramp_in{120};        // ...for so long; zero: no such bound.

  // When nobody takes it.
  std::chrono::seconds overflow_after{0};  // Waiting so long moves it...
  std::string overflow_to = {};            // ...to this queue; empty: it stays. A circle is refused with the configuration.
  std::string fallback_agent = {};         // Who gets it after the last overflow, were he offline or at his cap; empty: it waits on.
  std::chrono::seconds fallback_after{0};
  friend bool operator==(const QueueRule&, const QueueRule&) = default;
};

// Of the whole server. A value.
struct CoordinationRules {
  std::vector<QueueRule> queues;  // At least one; the last takes what no other does.
  std::string default_policy = "balanced";
  std::vector<std::string> shadow_policies;  // Decide along, and nobody follows them.
  std::uint32_t leads_max = 10'000;          // Open ones of a tenant; a further one is refused: overloaded.
  std::uint32_t agents_max = 10'000;         // On a tenant's roster.
  std::chrono::seconds lost_after{10};       // An agent without a live session for so long loses its pending offers...
  bool lost_active = false;                  // ...and the leads it works on, too.
  std::chrono::hours closed_kept{168};       // How long offers, leads and decisions stay readable after their end.
  std::chrono::milliseconds handoff_deadline{60'000};
  bool rebalance_auto = false;  // Whether leads that nobody has answered yet are handed over by themselves to even out the load.
  friend bool operator==(const CoordinationRules&, const CoordinationRules&) = default;
};

}  // namespace atrium
