#pragma once

#include "config/environment.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"
#include "config/yaml.hpp"

namespace atrium {

// Reads a tree, then the variables that override it, into settings by the table of options. Adds everything wrong to `problems`;
// what is wrong keeps its default.
[[nodiscard]] Settings readSettings(const YamlNode& root, const Environment& environment, ConfigProblems& problems);

}  // namespace atrium
