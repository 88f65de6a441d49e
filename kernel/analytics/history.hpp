#pragma once

#include <string>
#include <vector>

#include "analytics/rollup_codec.hpp"
#include "engine/ports.hpp"

namespace atrium {

// What of the roll-ups of a tenant is to be read.
struct RollupQuery {
  enum class Agents : std::uint8_t {
    none,
    sum,  // RollupHistory::agents has them all, over the whole time.
    one,  // Each step has that of agent_id.
  };
  std::string tenant_id;
  Wall from{};  // Inclusive; that of an hour when hours are read...
  Wall to{};    // ...and exclusive.
  Span step = Span::minute;
  Agents agents = Agents::none;
  std::string agent_id = {};
};

// What was kept of a time. A value. A time of which nothing was kept has no step: the server was not running, or had nobody to watch.
struct RollupHistory {
  Wall from{};
  Wall to{};
  Span step = Span::minute;
  std::vector<Rollup> steps = {};  // Ascending.
  AgentParts agents = {};
};

// Up to this much time is read by minutes, more by hours.
inline constexpr auto minutes_read_max = std::chrono::hours(48);
// The longest time there is to read.
inline constexpr auto history_max = std::chrono::hours(24 * 400);

// Reads it, a page at a time; hours that are not made yet are added up from their minutes. Refusals are the store's.
void loadHistory(Store& store, RollupQuery query, Completion<RollupHistory> done);

}  // namespace atrium
