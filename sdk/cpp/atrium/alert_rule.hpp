#ifndef ATRIUM_ALERT_RULE_HPP
#define ATRIUM_ALERT_RULE_HPP
// A plugin class is an alert rule when it has a member `alert_rule`, an AlertRuleInfo, and
//   void evaluate(const Window& window, Alerts& alerts) const;
// which raises what is wrong at the end of the window. Several workers may call at once. The answer depends on the window and on nothing
// else. Throwing skips the evaluation.
#include <cmath>
#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "atrium/ext/alert_rule.h"
#include "atrium/host.hpp"
#include "atrium/json.hpp"
#include "atrium/names.hpp"
#include "atrium/views.hpp"

namespace atrium {
inline namespace sdk {

// The constants of an alert rule; see atrium_alert_rule_info. Texts must outlive the plugin: use literals.
struct AlertRuleInfo {
  std::string_view name = {};     // Empty: the last part of the plugin's id.
  std::string_view metrics = {};  // Names joined by commas.
  std::uint32_t window_seconds = 300;
};

// One metric of one subject, oldest point first.
class Series {
 public:
  explicit Series(const atrium_series& series) : series_(&series) {}
  [[nodiscard]] std::string_view metric() const { return view(series_->metric); }
  [[nodiscard]] std::string_view subject() const { return view(series_->subject); }  // Empty: the tenant as a whole.
  [[nodiscard]] std::uint32_t size() const { return series_->count; }
  // `at` is below size().
  [[nodiscard]] std::uint64_t at_ms(std::uint32_t at) const { return series_->at_ms[at]; }  // wall
  [[nodiscard]] std::optional<double> value(std::uint32_t at) const {
    return std::isnan(series_->values[at]) ? std::nullopt : std::optional(series_->values[at]);
  }
  // The youngest value that is known.
  [[nodiscard]] std::optional<double> latest() const {
    for (std::uint32_t at = size(); at > 0; --at)
      if (const auto known = value(at - 1)) return known;
    return std::nullopt;
  }
  // Of the values that are known; nothing when none is.
  [[nodiscard]] std::optional<double> average() const {
    double sum = 0;
    std::uint32_t count = 0;
    for (std::uint32_t at = 0; at < size(); ++at)
      if (const auto known = value(at)) sum += *known, ++count;
    return count == 0 ? std::nullopt : std::optional(sum / count);
  }

 private:
  const atrium_series* series_;
};

// What a rule looks at: for (const Series series : window).
class Window {
 public:
  explicit Window(const atrium_window& window) : window_(&window) {}
  [[nodiscard]] std::string_view tenant_id() const { return view(window_->tenant_id); }
  [[nodiscard]] std::uint64_t from_ms() const { return window_->from_ms; }  // wall
  [[nodiscard]] std::uint64_t to_ms() const { return window_->to_ms; }      // wall; the moment the rule is asked about.
  [[nodiscard]] Views<Series, atrium_series> series() const { return {window_->series, window_->series_count}; }
  [[nodiscard]] auto begin() const { return series().begin(); }
  [[nodiscard]] auto end() const { return series().end(); }

 private:
  const atrium_window* window_;
};

struct AlertAction {
  std::string label;
  std::string command = {};  // A command with its arguments; empty: advice only.
};

struct Alert {
  std::uint32_t severity = ATRIUM_SEVERITY_MEDIUM;
  std::string subject = {};  // With the rule's name it is what makes two alerts the same one.
  std::string title = {};
  std::string message = {};
  double value = 0;      // What was seen...
  double threshold = 0;  // ...and what it was held against.
  std::vector<AlertAction> actions = {};
};

// Takes what a rule sees. At most ATRIUM_ALERTS_MAX in one evaluation.
class Alerts {
 public:
  using Raise = void (*)(void* context, const atrium_alert* alert);
  Alerts(Raise raise, void* context) : raise_(raise), context_(context) {}

  void raise(const Alert& alert) {
    std::vector<atrium_alert_action> actions;
    for (const AlertAction& action : alert.actions) actions.push_back({text_of(action.label), text_of(action.command)});
    const atrium_alert out{.struct_size = sizeof out,
                           .severity = alert.severity,
                           .subject = text_of(alert.subject),
                           .title = text_of(alert.title),
                           .message = text_of(alert.message),
                           .actions = actions.data(),
                           .action_count = static_cast<std::uint32_t>(actions.size()),
                           .reserved = 0,
                           .value = alert.value,
                           .threshold = alert.threshold};
    raise_(context_, &out);
  }

 private:
  Raise raise_;
  void* context_;
};

namespace detail {

template <typename P>
concept HasAlertRule = requires(P& plugin) {
  { plugin.alert_rule } -> std::convertible_to<const AlertRuleInfo&>;
};
template <typename P>
concept Evaluates = requires(P& plugin, const Window& window, Alerts& alerts) { plugin.evaluate(window, alerts); };
template <typename P>
concept IsAlertRule = HasAlertRule<P> && Evaluates<P>;

template <typename P, bool alone>
consteval bool alert_rule_is_sound() {
  if constexpr (requires { &P::alert_rule; }) static_assert(HasAlertRule<P>, "`alert_rule` must be an atrium::AlertRuleInfo");
  if constexpr ((alone || HasAlertRule<P>) && names_evaluate<P>)
    static_assert(Evaluates<P>, "evaluate is called as evaluate(const Window&, Alerts&)");
  if constexpr (HasAlertRule<P>) static_assert(Evaluates<P> || names_evaluate<P>, "this class has a member `alert_rule` but no evaluate");
  static_assert(HasAlertRule<P> || !Evaluates<P>,
                "this class has an alert rule's evaluate but no member `alert_rule` (an atrium::AlertRuleInfo)");
  return true;
}

// The C tables of a plugin class that is an alert rule. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class AlertRuleTables {
 public:
  AlertRuleTables(P& plugin, std::string_view default_name) {
    const AlertRuleInfo& info = plugin.alert_rule;
    info_ = {.struct_size = sizeof info_,
             .window_seconds = info.window_seconds,
             .name = text_of(info.name.empty() ? default_name : info.name),
             .metrics = text_of(info.metrics)};
    table_ = {.struct_size = sizeof table_, .reserved = 0, .info = &info_, .evaluate = evaluate};
  }
  AlertRuleTables(const AlertRuleTables&) = delete;
  AlertRuleTables& operator=(const AlertRuleTables&) = delete;
  [[nodiscard]] const void* table(std::string_view id) const { return id == ATRIUM_EXT_ALERT_RULE ? &table_ : nullptr; }

 private:
  static atrium_status evaluate(atrium_plugin* self, const atrium_window* window, Alerts::Raise raise, void* context) noexcept {
    return contained(Instance::of(self).host, "evaluate", [&] {
      Alerts alerts(raise, context);
      Instance::of(self).plugin.evaluate(Window(*window), alerts);
    });
  }

  atrium_alert_rule_info info_{};
  atrium_alert_rule table_{};
};

template <typename P, typename Instance>
using AlertRulePart = std::conditional_t<IsAlertRule<P>, AlertRuleTables<P, Instance>, Absent<AlertRuleTables<P, Instance>>>;

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
