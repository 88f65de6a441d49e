#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atrium {

// A scorer and what it counts in a policy: relative to the others, at least 0. A value.
struct Weighted {
  std::string scorer;  // The name a plugin offers it under.
  double weight = 0;
  friend bool operator==(const Weighted&, const Weighted&) = default;
};

// How leads and agents find each other. A value.
struct RoutingPolicy {
  std::string name;
  std::vector<Weighted> agents;  // Which agent a lead goes to.
  std::vector<Weighted> queue;   // Which waiting lead an agent with a free place takes; empty: the one that waited longest.
  // A lead that waited longer comes before all that did not, oldest first, so that none starves; zero: never.
  std::chrono::milliseconds ageing_guard{std::chrono::minutes(20)};
  friend bool operator==(const RoutingPolicy&, const RoutingPolicy&) = default;
};

// The policies that come with the platform (docs/routing.md has what was measured of them): `balanced`, the default; `seed`, the weights of
// the document this platform began with; `match`, which looks at nothing but fitness.
[[nodiscard]] std::span<const RoutingPolicy> builtInPolicies();
// Null: there is none of this name.
[[nodiscard]] const RoutingPolicy* builtInPolicy(std::string_view name);

}  // namespace atrium
