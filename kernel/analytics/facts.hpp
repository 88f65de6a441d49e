#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atrium {

// One thing that happened to a lead or in a conversation, as the coordination desk tells it at once. Views: nothing is kept of them. What
// was not measured is 0, and a time that is negative or no number is counted as happened but not measured.
struct Fact {
  enum class Kind : std::uint8_t {
    lead_arrived,
    decided,         // engine_us; `degraded`
    offered,         //
    accepted,        // milliseconds from arrival, offer_milliseconds from the offer
    rejected,        //
    expired,         //
    rescinded,       //
    first_response,  // milliseconds from acceptance to the agent's first message
    response,        // milliseconds from a client's message to the agent's next one, the first one apart
    closed,          // milliseconds from acceptance; `won`, `value`
    abandoned,       // before anybody had accepted
    handed_over,     // by agent_id
    sla_met,
    sla_missed,
  };
  Kind kind{};
  std::string_view agent_id = {};   // Empty: no agent has to do with it.
  std::string_view queue = {};      // Empty: in none.
  std::string_view lead_kind = {};  // What the case mix is made of: property_type, say. Empty: not known.
  double engine_us = 0;
  double milliseconds = 0;
  double offer_milliseconds = 0;
  double value = 0;
  bool degraded = false;
  bool won = false;
};

// How an agent stands at one moment. The texts are the source's, valid until it is asked again.
struct AgentSample {
  std::string_view agent_id = {};
  std::string_view name = {};
  std::string_view status = {};    // available, busy, offline, in_call, away
  std::uint32_t active_leads = 0;  // offered, accepted and wrapping: what counts against the capacity
  std::uint32_t active_conversations = 0;
  std::uint32_t capacity = 0;
  double utilisation = 0;   // 0-1, or above 1 for who was overruled
  double satisfaction = 0;  // 0-5, as reported; 0: not known
};

// How a tenant's team stands at one moment.
struct TeamSample {
  std::vector<AgentSample> agents = {};
  std::uint32_t active_leads = 0;  // assigned or offered, of the whole tenant
  std::uint32_t queue_length = 0;  // leads that wait
  double oldest_wait_seconds = 0;  // 0: none waits.
};

// Who knows how teams stand: the coordination desk of the same loop.
class TeamSource {
 public:
  virtual ~TeamSource() = default;
  // The tenants that have agents or leads here.
  [[nodiscard]] virtual std::vector<std::string> tenants() const = 0;
  // Writes over `sample`; false when the tenant has neither agents nor leads.
  virtual bool sample(std::string_view tenant_id, TeamSample& sample) const = 0;
};

}  // namespace atrium
