#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coordination/agent.hpp"
#include "routing/policy.hpp"

// What a decision is made of. All of it is held by value or shared and never changed, because scorers read it on other threads, one of
// them perhaps long after the decision was made without it.
namespace atrium {

// Stands for the policy where somebody has decided himself. No policy can have this name.
inline constexpr std::string_view by_hand = "by hand";

// What a decision was asked for by.
enum class Trigger : std::uint8_t {
  arrival,
  slot_freed,
  agent_online,
  offer_expired,
  offer_rejected,
  agent_lost,
  manual,
  handoff,
  rebalance,
  overflow
};
[[nodiscard]] std::string_view word(Trigger trigger);

// Which side chooses among many: a lead among agents, or an agent with a free place among the leads that wait.
enum class Side : std::uint8_t { agents, queue };

// Why an agent was no candidate: the first of these rules, in this order, that spoke against it.
enum class Exclusion : std::uint8_t {
  paused,           // By somebody.
  off_shift,        // Its hours say so.
  offline,          // No live session.
  away,             // Its status says so...
  in_call,          // ...
  busy,             // ...
  other_queue,      // It takes leads of other queues.
  lacks_skill,      // That the lead or its queue asks for, or too little of it.
  lacks_language,   // That the lead asks for.
  other_territory,  // Than the lead's.
  declined,         // It has let this lead pass lately.
  at_cap,           // All its places are taken.
  channel_full,     // Those of the lead's channel are.
  ramping_in,       // It came back a moment ago and has had its part of the queue.
  had_by_another    // Who is a candidate, and had this lead before.
};
[[nodiscard]] std::string_view word(Exclusion rule);
inline constexpr std::size_t exclusion_rules = 15;

struct ExcludedAgent {
  std::shared_ptr<const AgentProfile> profile;
  Exclusion rule{};
};

// An agent at the moment of a decision. A value.
struct AgentView {
  std::shared_ptr<const AgentProfile> profile;
  std::shared_ptr<const JsonDocument> fields;  // What scorers see as its fields: skills, languages, territory, value_received and so on.
  AgentStatus status{};
  std::uint32_t active_leads = 0;  // Places taken: offers that pend, leads it works on or wraps up.
  std::uint32_t capacity = 1;
  double avg_response_minutes = -1;  // Negative: not known; and so on.
  double conversion_rate = -1;
  double satisfaction = -1;
  std::uint64_t idle_ms = 0;  // Since its last assignment.
};

// A lead at the moment of a decision. A value.
struct LeadView {
  std::string lead_id;
  std::shared_ptr<const JsonDocument> fields;
  std::uint64_t waiting_ms = 0;
};

// A question that scorers answer. Agents and leads: one of the two lists has one element, as `side` says, and the other 1 to
// ATRIUM_SCORER_BATCH_MAX.
struct Question {
  std::string tenant_id;
  Trigger trigger{};
  Side side{};
  Wall at{};
  std::uint64_t seed = 0;  // For ties.
  std::shared_ptr<const RoutingPolicy> policy;
  std::uint64_t policy_version = 0;
  std::vector<AgentView> agents;
  std::vector<LeadView> leads;
  std::vector<ExcludedAgent> excluded;  // With Side::agents.
  std::string skill;                    // The one that the lead needs, with Side::agents; empty: none.

  [[nodiscard]] std::uint32_t candidates() const { return static_cast<std::uint32_t>(side == Side::agents ? agents.size() : leads.size()); }
  // What the policy asks for this side.
  [[nodiscard]] const std::vector<Weighted>& scorers() const { return side == Side::agents ? policy->agents : policy->queue; }
};

}  // namespace atrium
