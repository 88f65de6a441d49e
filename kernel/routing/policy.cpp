#include "routing/policy.hpp"

#include <algorithm>
#include <array>

namespace atrium {

std::span<const RoutingPolicy> builtInPolicies() {
  static const std::array<RoutingPolicy, 3> policies = {{
      // A convex penalty of load makes it fair, the other side fast under load, the deficit fair in value.
      {.name = "balanced", .agents = {{"match", 1.0}, {"load", 0.78}, {"fairness", 0.3}}, .queue = {{"match", 1.0}, {"urgency", 0.5}}},
      {.name = "seed",
       .agents = {{"availability", 0.35}, {"expertise", 0.30}, {"performance", 0.20}, {"responsiveness", 0.15}},
       .queue = {}},
      {.name = "match", .agents = {{"match", 1.0}}, .queue = {}},
  }};
  return policies;
}

const RoutingPolicy* builtInPolicy(std::string_view name) {
  const std::span<const RoutingPolicy> policies = builtInPolicies();
  const auto found = std::ranges::find(policies, name, &RoutingPolicy::name);
  return found == policies.end() ? nullptr : &*found;
}

}  // namespace atrium
