#pragma once

#include <string>

#include "base/clock.hpp"
#include "engine/shard.hpp"
#include "rest/node.hpp"

namespace atrium {

inline constexpr double latency_p95_target_ms = 50;
inline constexpr double latency_p99_target_ms = 100;

// The body of GET /collaboration/metrics. `whole_node`: the figures are those of all tenants, and the node's resources are shown too.
[[nodiscard]] std::string metricsJson(const EngineFigures& figures, const NodeStatus& node, bool whole_node, Wall now);
// The body of GET /health/ready.
[[nodiscard]] std::string readinessJson(const Readiness& readiness);

}  // namespace atrium
