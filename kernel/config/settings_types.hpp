#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/problem.hpp"

// Types of options that stand in the generated config/settings.hpp.

namespace atrium {

// Whether something named in the file is on, and where it says so. A value.
struct Switch {
  bool on = true;
  SourcePlace place;  // Of the name, so that one that nothing provides can be reported.
};

// What a lead must say for a queue to take it. A value.
struct ConditionWish {
  std::string field;
  std::vector<std::string> one_of;  // Empty: any text or number, as far as the bounds allow.
  std::optional<double> at_least;
  std::optional<double> at_most;
};

// A scorer and what it counts in a policy. A value.
struct WeightWish {
  std::string scorer;
  double weight = 0;  // At least 0.
  SourcePlace place;  // Of the name, so that one that nothing provides can be reported.
};

// What becomes of a request when a plugin that must answer it fails.
enum class OnFailure : std::uint8_t { allow, deny };

// Where a plugin runs: in this process or in a runner of its own.
enum class RunPlacement : std::uint8_t { in_process, isolated, shadow };

}  // namespace atrium
