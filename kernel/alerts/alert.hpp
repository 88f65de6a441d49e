#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"

// What an alert is, and the steps of its life.
//
//             raised               raised for `for`          clear
//   normal ------------> pending --------------------> firing -----> recovering --------------> resolved
//      ^                    |                           ^  |  ^          |  clear for keep_firing_for
//      +--------------------+                           |  |  +----------+
//          clear or no data                             |  | no data   raised
//                                                       |  v
//                                                      no_data --------------------------------> resolved
//                                                               nothing for no_data_for
//
// A step depends on the phase before, on what one evaluation saw, and on its time, and on nothing else: the backtest takes the same steps
// as the server. Times are wall time, because a phase outlives the process; a clock that steps back makes a phase last longer.
namespace atrium {

inline constexpr std::string_view alert_prefix = "alert_";
inline constexpr std::size_t alert_note_max = 1000;  // bytes

enum class AlertState : std::uint8_t { normal, pending, firing, recovering, resolved, no_data };
[[nodiscard]] std::string_view word(AlertState state);
[[nodiscard]] std::optional<AlertState> alertStateOf(std::string_view word);

enum class Severity : std::uint8_t { low, medium, high, critical };  // As ATRIUM_SEVERITY_...
[[nodiscard]] std::string_view word(Severity severity);
[[nodiscard]] std::optional<Severity> severityOf(std::string_view word);

// What one evaluation saw of one subject.
enum class Sight : std::uint8_t { raised, clear, no_data };

struct AlertPhase {
  AlertState state = AlertState::normal;
  Wall since{};
  friend bool operator==(const AlertPhase&, const AlertPhase&) = default;
};

struct AlertTimes {
  std::chrono::milliseconds pending{0};          // `for`: how long it must be raised before it fires; 0: at once.
  std::chrono::milliseconds keep_firing_for{0};  // How long it must be clear before it is resolved; 0: at once.
  std::chrono::milliseconds no_data_for{0};      // How long nothing may be known before it is resolved.
};

[[nodiscard]] AlertPhase stepPhase(const AlertPhase& before, Sight sight, Wall at, const AlertTimes& times);

struct AlertAction {
  std::string label;
  std::string command = {};  // Empty: advice only.
  friend bool operator==(const AlertAction&, const AlertAction&) = default;
};

// What a rule says of one subject. A value.
struct RaisedAlert {
  Severity severity = Severity::medium;
  std::string subject = {};  // With the rule's name it is what makes two alerts the same one.
  std::string title = {};
  std::string message = {};
  double value = 0;      // What was seen...
  double threshold = 0;  // ...and what it was held against.
  std::vector<AlertAction> actions = {};
};

struct Acknowledgement {
  std::string by;
  std::string note = {};
  Wall at{};
  std::optional<Wall> until = {};  // Nothing: for as long as the alert is open.
};

// One alert from the moment its rule first raised it. A value; what is stored of it is all of it.
struct Alert {
  Id id;
  std::string rule = {};
  RaisedAlert said = {};  // As of the last change: state and severity, not each evaluation.
  bool measured = false;  // The subject is that of a series, so that the alert has no data when the series has none.
  AlertPhase phase = {};
  Wall created_at{};
  std::optional<Wall> fired_at = {};
  std::optional<Wall> resolved_at = {};
  std::uint32_t escalations = 0;  // By how many severities it is more than its rule says.
  std::uint32_t notices = 0;      // How often people were told that it fires: once, and once more for each escalation.
  Wall told_at{};                 // The last time.
  std::string room_id = {};       // Where; empty: nowhere yet.
  std::optional<Acknowledgement> acknowledged = {};
  std::string resolved_by = {};  // Empty: it resolved itself.
  std::string resolve_note = {};
  bool held = false;  // Resolved by hand while its rule still raised it: it does not come again before it was clear once.

  [[nodiscard]] const std::string& subject() const { return said.subject; }
  [[nodiscard]] AlertState state() const { return phase.state; }
  [[nodiscard]] Severity severity() const;
  // Whether it counts against the bound: it is in a phase between normal and resolved.
  [[nodiscard]] bool open() const { return state() != AlertState::resolved && state() != AlertState::normal; }
  // By what silences match and groups are made: "rule", "subject" or "severity"; empty for any other.
  [[nodiscard]] std::string_view label(std::string_view name) const;
};

inline constexpr std::string_view alert_labels[] = {"rule", "subject", "severity"};

// What the operator decides about one rule.
struct RulePolicy {
  bool enabled = true;
  AlertTimes times;                             // no_data_for is that of AlertOptions.
  std::optional<Severity> severity;             // In place of what the rule says.
  std::vector<std::string> group_by{"rule"};    // Labels that alerts told together have in common.
  std::vector<std::string> inhibits;            // Rules whose alerts are not told while one of this rule fires for the same subject.
  std::chrono::milliseconds escalate_after{0};  // Nobody acknowledges it: one severity more, each time; 0: never.
};

struct AlertOptions {
  std::chrono::milliseconds interval{5000};  // Between evaluations of a tenant.
  std::chrono::milliseconds no_data_for{900'000};
  std::uint32_t open_max = 1000;      // Alerts open in one tenant; further ones are not made until one is resolved.
  std::uint32_t history_max = 1000;   // Resolved ones kept in one tenant; the oldest go.
  std::uint32_t silences_max = 100;   // In one tenant; further ones are refused.
  std::uint32_t tenants_max = 10000;  // On one loop; those above it are not evaluated.
  std::map<std::string, RulePolicy, std::less<>> rules;

  // That of a rule without an entry is the default.
  [[nodiscard]] RulePolicy policyOf(std::string_view rule) const;
};

// "rule=agent_overload": what the alerts have in common that are told together.
[[nodiscard]] std::string groupOf(const Alert& alert, const RulePolicy& policy);

}  // namespace atrium
