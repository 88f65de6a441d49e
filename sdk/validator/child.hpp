#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "validator/check.hpp"
#include "validator/probe.hpp"

namespace atrium::validate {

// A rule that was broken, or could not be looked at.
struct Finding {
  std::string rule, expected, came;
  bool skipped = false;
  std::string input;        // The call it happened in, when it is one that can be repeated.
  std::uint64_t calls = 0;  // Not 0: no finding, but how many calls the rule was looked at with.

  [[nodiscard]] bool broken() const { return !skipped && calls == 0; }
};

// Runs the probe in a child process, this program again, so that what the plugin does to it is a finding and not an end. `arguments` are
// those of this run. Returns what the child told, and how it ended when that was not in order.
[[nodiscard]] std::vector<Finding> runInChild(const Probe& probe, const Settings& settings, const std::vector<std::string>& arguments);

// Runs it here, for a debugger.
[[nodiscard]] std::vector<Finding> runHere(const Probe& probe, const Settings& settings, const Facts& facts);

// Ends this process, a child, at once.
[[noreturn]] void leave();

// What the child does: the probe, told to the descriptor `report`. Does not return.
[[noreturn]] void beChild(const Probe& probe, const Settings& settings, const Facts& facts, int report);

}  // namespace atrium::validate
