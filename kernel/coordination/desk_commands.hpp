#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

// What clients ask of a desk, beside what stands with leads, offers and handoffs.
namespace atrium {

// `PUT /coordination/agents/{id}/workload`: what only others can know, and how he stands. What is absent stays as it is; what the platform
// measures itself is accepted and not believed.
struct Workload {
  std::optional<std::string> name;
  std::optional<double> conversion_rate;  // 0 to 1
  std::optional<double> satisfaction;     // 0 to 5
  std::optional<std::uint32_t> capacity;
  std::optional<std::string> status;  // In the roster's words; acts as the user's presence does.
};
[[nodiscard]] Result<Workload> readWorkload(const JsonView& body, const Principal& caller);

struct AssignLead {
  std::string agent_id;
  std::string reason = {};  // Needed with over_cap.
  bool over_cap = false;    // Although the agent is at his cap.
};
[[nodiscard]] Result<AssignLead> readAssignLead(const JsonView& body, const Principal& caller);

// A list of things, in order of their ids.
struct Listing {
  std::string state = {};  // Empty: any; and so on.
  std::string agent = {};
  std::string queue = {};
  std::string lead = {};
  std::string cursor = {};  // The list goes on behind it.
  std::uint32_t limit = 50;
  bool ended = false;  // Of what is over, too.
};

// One lead that would change hands. A value.
struct Move {
  std::string lead_id;
  std::string from;
  std::string to;
  std::string reason;
};

}  // namespace atrium
