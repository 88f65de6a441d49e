#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atrium {

// Where something stands in a file that an operator or a plugin's author wrote. A value.
struct SourcePlace {
  std::shared_ptr<const std::string> file;  // The name as it was given; null: no file.
  std::uint32_t line = 0;                   // From 1; 0: the file as a whole.
  std::uint32_t column = 0;                 // From 1, in bytes.
};

// One thing that is wrong, told so that it can be mended without asking. A value.
struct ConfigProblem {
  std::string file;          // A file, or the name of an environment variable.
  std::uint32_t line = 0;    // From 1; 0: the file as a whole.
  std::uint32_t column = 0;  // From 1, in bytes.
  std::string message;       // One sentence without its full stop.
  std::string hint;          // What to do about it; may be empty.

  friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};

using ConfigProblems = std::vector<ConfigProblem>;

[[nodiscard]] ConfigProblem problemAt(const SourcePlace& place, std::string message, std::string hint = {});

// `file:line:column: sentence` per problem, each followed by its hint on an indented line; ends with a line break. Shows the first
// 100 and counts the rest.
[[nodiscard]] std::string formatProblems(std::span<const ConfigProblem> problems);

}  // namespace atrium
