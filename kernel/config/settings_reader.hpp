#pragma once

#include "config/environment.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"
#include "config/yaml.hpp"

namespace atrium {

// Reads a tree, then the variables that override it, into settings by the table of options. Adds everything wrong to `problems`;
// what is wrong keeps its default. Options that must be set are missed only in a `whole` tree: all its files could be read.
[[nodiscard]] Settings readSettings(const YamlNode& root, const Environment& environment, bool whole, ConfigProblems& problems);

}  // namespace atrium
