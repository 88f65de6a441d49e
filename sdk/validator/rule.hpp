#pragma once

#include <span>
#include <string_view>

namespace atrium::validate {

// One thing that a plugin must keep to. docs/plugins/validator.md lists them all; a test compares.
struct Rule {
  std::string_view id;        // "load.heap"
  int level;                  // 1 to 10
  std::string_view kind;      // Of plugin it is about; empty: every.
  std::string_view sentence;  // What must be so.
  std::string_view written;   // Where an author reads more.
};

// All of them, by level. Any thread.
[[nodiscard]] std::span<const Rule> allRules();
// The rule of that id; null when there is none.
[[nodiscard]] const Rule* findRule(std::string_view id);

inline constexpr int level_max = 10;
// "file", "load", ...; empty when there is no such level.
[[nodiscard]] std::string_view levelName(int level);

}  // namespace atrium::validate
