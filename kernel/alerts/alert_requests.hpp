#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/silence.hpp"
#include "base/result.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

// What people ask of alerts, read from the texts of requests. Each reader collects every wrong field and fails with validation_failed.
namespace atrium {

// As the query of a request has it.
struct AlertFilter {
  std::string state = {};     // Empty: any; "open": all but resolved ones.
  std::string severity = {};  // Empty: any, and so on.
  std::string rule = {};
  std::string subject = {};
  std::string cursor = {};
  std::uint32_t limit = 50;
};

struct AlertQuery {
  bool open_only = false;
  std::optional<AlertState> state = {};
  std::optional<Severity> severity = {};
  std::string rule = {};          // Empty: any.
  std::string subject = {};       // Likewise.
  std::optional<Id> before = {};  // Only older ones than this.
  std::uint32_t limit = 50;
  [[nodiscard]] bool wants(const Alert& alert) const;
};

struct AcknowledgeAlert {
  std::string note;
  std::optional<Wall> until = {};
};

struct ResolveAlert {
  std::string note;
};

struct NewSilence {
  std::vector<AlertMatcher> matchers = {};
  std::string reason = {};
  Wall expires_at{};
  bool dry_run = false;
};
inline constexpr std::chrono::hours silence_lifetime_max{24 * 366};

struct BacktestRule {
  std::string rule;
  Wall from{};
  Wall to{};
  std::chrono::seconds step{60};
  std::optional<std::chrono::milliseconds> pending = {};  // In place of the rule's own.
  std::optional<std::chrono::milliseconds> keep_firing_for = {};
};
inline constexpr std::uint32_t backtest_steps_max = 20'000;

[[nodiscard]] Result<AlertQuery> readAlertQuery(const AlertFilter& filter);
// Absent bodies are empty objects. `now`: what lies in the past is refused.
[[nodiscard]] Result<AcknowledgeAlert> readAcknowledgeAlert(const JsonView& body, const Principal& caller, Wall now);
[[nodiscard]] Result<ResolveAlert> readResolveAlert(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<NewSilence> readNewSilence(const JsonView& body, const Principal& caller, Wall now);
[[nodiscard]] Result<BacktestRule> readBacktestRule(const JsonView& body, const Principal& caller, Wall now);

}  // namespace atrium
