#pragma once

#include <memory>
#include <string>
#include <vector>

#include "validator/check.hpp"

namespace atrium::validate {

// What the file level found; a finding is a rule and its two clauses.
struct FileFinding {
  std::string rule, expected, came;
};
struct FileReport {
  std::unique_ptr<Facts> facts;  // Null when the file is so wrong that nothing behind it can be looked at.
  std::vector<FileFinding> findings;
  std::vector<std::string> kept;  // Without facts: the rules of level 1 that were looked at to their end. With facts: all were.
  std::string options_problem;    // Not the plugin's fault: the options given on the command line do not fit, or one is missing.
};

// Reads the file and holds it against the rules of level 1, without running anything of it.
[[nodiscard]] FileReport readFacts(const Settings& settings);

}  // namespace atrium::validate
