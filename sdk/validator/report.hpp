#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "validator/child.hpp"
#include "validator/rule.hpp"

namespace atrium::validate {

enum class Verdict : std::uint8_t { kept, broken, skipped };

struct RuleResult {
  const Rule* rule;
  Verdict verdict = Verdict::skipped;
  bool looked_at = false;             // Whether anybody has said anything of it.
  std::string expected = {}, came{};  // Of a broken one; a skipped one says in `came` why.
  std::string repeat = {};            // The command that looks at it alone.
  std::uint64_t calls = 0;            // It was looked at with, where that is counted: by the level fuzz.
};

struct Report {
  std::string plugin;  // The file.
  std::string id, version;
  std::vector<RuleResult> results;
  double seconds = 0;

  [[nodiscard]] std::size_t count(Verdict verdict) const;
};

// For people: each broken rule with all there is to know, then one line. `verbose` shows the kept and skipped ones, too.
[[nodiscard]] std::string asText(const Report& report, bool verbose);
// {"plugin", "id", "version", "kept", "broken", "skipped", "rules": [{"id", "level", "verdict", "expected", "came", "repeat", "calls"}]}
[[nodiscard]] std::string asJson(const Report& report);
[[nodiscard]] std::string asJunit(const Report& report);

}  // namespace atrium::validate
