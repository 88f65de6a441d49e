#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "config/settings.hpp"
#include "config/settings_types.hpp"
#include "config/yaml.hpp"

// What the section `coordination` has that no other section has: names of its own, conditions, weights, and queues that lead to each other.
namespace atrium {

// The policies that need no entry; routing/policy.cpp has what they say, and a test that these are their names.
inline constexpr std::array<std::string_view, 3> built_in_policies = {"balanced", "seed", "match"};

// The members of a mapping, in its order; what is wrong goes to `problems`, under `path`.
[[nodiscard]] std::vector<ConditionWish> readConditions(const YamlNode& node, std::string_view path, ConfigProblems& problems);
[[nodiscard]] std::vector<WeightWish> readWeights(const YamlNode& node, std::string_view path, ConfigProblems& problems);

// What one entry cannot say of itself: that the policies and queues it names are there, and that no overflow comes back to where it began.
// `root` gives the places.
void checkCoordination(const Settings::Coordination& coordination, const YamlNode& root, ConfigProblems& problems);

}  // namespace atrium
