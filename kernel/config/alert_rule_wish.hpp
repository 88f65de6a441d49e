#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/problem.hpp"
#include "config/yaml.hpp"

namespace atrium {

// One entry of alerts.rules: what the operator wants of an alert rule. A value; default-made, it is that of a rule without an entry.
struct AlertRuleWish {
  SourcePlace place;  // Of the name.
  bool enabled = true;
  std::chrono::milliseconds pending{0};  // `for`
  std::chrono::milliseconds keep_firing_for{0};
  std::optional<std::uint32_t> severity;  // ATRIUM_SEVERITY_...; nothing: what the rule says.
  std::vector<std::string> group_by{"rule"};
  std::vector<std::string> inhibits;            // Names of rules.
  std::chrono::milliseconds escalate_after{0};  // 0: never.

  // Whether they mean the same, wherever they stand.
  friend bool operator==(const AlertRuleWish& a, const AlertRuleWish& b) {
    return a.enabled == b.enabled && a.pending == b.pending && a.keep_firing_for == b.keep_firing_for && a.severity == b.severity &&
           a.group_by == b.group_by && a.inhibits == b.inhibits && a.escalate_after == b.escalate_after;
  }
};

// Reads `name: true`, `name: false` or `name: {...}`; everything that is wrong goes to `problems`.
[[nodiscard]] AlertRuleWish readAlertRuleWish(const YamlMember& member, ConfigProblems& problems);

}  // namespace atrium
