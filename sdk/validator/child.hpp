#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "validator/check.hpp"
#include "validator/probe.hpp"

namespace atrium::validate {

// What came of one rule.
struct Finding {
  enum class Kind : std::uint8_t { broken, skipped, kept, counted };
  std::string rule, expected, came;  // Of a broken one; a skipped one says in `came` why.
  Kind kind = Kind::broken;
  std::string input = {};   // The call it happened in, when it is one that can be repeated.
  std::uint64_t calls = 0;  // With how many it was looked at, when they are counted.

  [[nodiscard]] bool broken() const { return kind == Kind::broken; }
};

// Runs the probe in a child process, this program again, so that what the plugin does to it is a finding and not an end. `arguments` are
// those of this run. Returns what the child told, and how it ended when that was not in order: at least one finding for each rule
// of the probe.
[[nodiscard]] std::vector<Finding> runInChild(const Probe& probe, const Settings& settings, const std::vector<std::string>& arguments);

// Runs it here, for a debugger.
[[nodiscard]] std::vector<Finding> runHere(const Probe& probe, const Settings& settings, const Facts& facts);

// What the child does: the probe, told to the descriptor `report`. Does not return.
[[noreturn]] void beChild(const Probe& probe, const Settings& settings, const Facts& facts, int report);

}  // namespace atrium::validate
