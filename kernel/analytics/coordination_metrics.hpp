#pragma once

#include <string>

#include "analytics/rollup.hpp"

namespace atrium {

// The seed's targets.
inline constexpr double response_target_s = 60;
inline constexpr double lead_assignment_target_s = 5;
inline constexpr double balance_target = 0.85;
inline constexpr double message_latency_target_ms = 50;

// How a tenant's team stands, and fared within the last hour. A value.
struct CoordinationNow {
  bool has_team = false;  // Otherwise there are no figures of a team.
  std::uint32_t agents_total = 0;
  std::uint32_t agents_online = 0;
  std::uint32_t agents_available = 0;
  std::uint32_t agents_at_cap = 0;
  std::uint32_t active_leads = 0;
  std::uint32_t active_conversations = 0;
  std::uint32_t queue_length = 0;
  double oldest_wait_seconds = 0;
  double team_utilization = 0;  // of those online; NaN when nobody is
  double workload_balance = 0;  // Jain's index of the utilisation of those online; likewise
  Activity last_hour;
  Distribution message_latency_us;

  void take(const TeamSample& sample);
};

// The body of GET /coordination/metrics: the seed's names, in seconds and milliseconds; null is what nobody has measured, and a target of
// which nothing is known is neither met nor missed.
[[nodiscard]] std::string coordinationMetricsJson(const CoordinationNow& standing, Wall now);

}  // namespace atrium
