#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "routing/simulation/chooser.hpp"

namespace atrium::simulation {

// Ways to assign leads that do not look at fitness, as most systems have them: random, round_robin, longest_idle, least_loaded (by per cent
// of the places) and power_of_two (the less loaded of two drawn).
[[nodiscard]] std::span<const std::string_view> blindChoosers();
// Null: there is none of this name.
[[nodiscard]] std::unique_ptr<Chooser> makeBlindChooser(std::string_view name);

}  // namespace atrium::simulation
