#pragma once

#include <string>
#include <vector>

#include "config/environment.hpp"
#include "config/problem.hpp"
#include "config/yaml.hpp"

namespace atrium {

// The joined tree of a file and what it includes. A value.
struct ConfigFiles {
  YamlNode root;
  std::vector<std::string> read;  // Included files before those that include them.
};

// Reads `path` and its includes (config/load.hpp tells the rules) and adds what is wrong to `problems`; the tree then lacks what could
// not be read. Blocks on the file system.
[[nodiscard]] ConfigFiles readConfigFiles(const std::string& path, const Environment& environment, ConfigProblems& problems);

}  // namespace atrium
