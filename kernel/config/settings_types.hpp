#pragma once

#include <cstdint>

#include "config/problem.hpp"

// Types of options that stand in the generated config/settings.hpp.

namespace atrium {

// Whether something named in the file is on, and where it says so. A value.
struct Switch {
  bool on = true;
  SourcePlace place;  // Of the name, so that one that nothing provides can be reported.
};

// What becomes of a request when a plugin that must answer it fails.
enum class OnFailure : std::uint8_t { allow, deny };

// Where a plugin runs: in this process or in a runner of its own.
enum class RunPlacement : std::uint8_t { in_process, isolated, shadow };

}  // namespace atrium
