#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "engine/shard.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// What a client asks of the desk of his tenant. A value that moves.
struct CoordinationCommand {
  enum class Verb : std::uint8_t {
    list_agents,
    read_agent,
    put_agent,
    remove_agent,
    put_workload,
    pause_agent,
    resume_agent,
    route_lead,
    list_leads,
    list_queue,
    read_lead,
    assign_lead,
    withdraw_lead,
    list_offers,
    read_offer,
    accept_offer,
    reject_offer,
    complete_offer,
    begin_handoff,
    list_handoffs,
    read_handoff,
    rebalance,
    list_decisions,
    read_decision,
    replay_decision,
    replay_traffic,
    read_shadows
  };
  Verb verb{};
  PrincipalPtr caller = {};
  std::string id = {};     // Of what is asked about.
  JsonDocument body = {};  // Where there is one.
  Mono received{};
  // Of a list: what it is cut down to; empty: everything.
  std::string state = {}, agent = {}, queue = {}, lead = {}, cursor = {};
  std::uint32_t limit = 50;
  bool ended = false;  // What is over, not what is open.
};

// The way of one loop's API to the desks; kernel/app implements it. On that loop.
class CoordinationControl {
 public:
  virtual ~CoordinationControl() = default;
  // Completes with one JSON object. Refusals: forbidden for what the caller's role may not, validation_failed, overloaded, those of the
  // desk (coordination/desk.hpp) and of the store.
  virtual void run(CoordinationCommand command, Completion<std::string> done) = 0;
};

}  // namespace atrium
