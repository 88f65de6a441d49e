#include "plugin/alert_rules_port.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "config/source_text.hpp"
#include "protocol/abi_text.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

// What the rule raises, as it raises it.
struct RaisedByRule {
  std::vector<RaisedAlert> alerts;
  const char* wrong = nullptr;  // What was against the contract, a sentence's end.

  static void take(void* context, const atrium_alert* alert) {
    auto& self = *static_cast<RaisedByRule*>(context);
    if (self.wrong) return;
    if (!alert || alert->struct_size < sizeof(atrium_alert))
      self.wrong = "it raised an alert that is none";
    else if (self.alerts.size() >= ATRIUM_ALERTS_MAX)
      self.wrong = "it raised more alerts than it may";
    else if (alert->severity > ATRIUM_SEVERITY_CRITICAL)
      self.wrong = "it raised an alert of a severity that does not exist";
    else if (alert->action_count > ATRIUM_ALERT_ACTIONS_MAX || (alert->action_count > 0 && !alert->actions))
      self.wrong = "it raised an alert with more actions than there may be";
    else if (!std::isfinite(alert->value) || !std::isfinite(alert->threshold))
      self.wrong = "it raised an alert with a value or threshold that is no number";
    else
      self.add(*alert);
  }

 private:
  void add(const atrium_alert& alert) {
    RaisedAlert raised{.severity = static_cast<Severity>(alert.severity),
                       .subject = copyOf(alert.subject),
                       .title = copyOf(alert.title),
                       .message = copyOf(alert.message),
                       .value = alert.value,
                       .threshold = alert.threshold};
    for (std::uint32_t at = 0; at < alert.action_count; ++at)
      raised.actions.push_back({copyOf(alert.actions[at].label), copyOf(alert.actions[at].command)});
    alerts.push_back(std::move(raised));
  }
  std::string copyOf(const atrium_text& text) {
    const std::string_view view(text.data ? text.data : "", text.data ? text.size : 0);
    if ((text.size > 0 && !text.data) || view.size() > ATRIUM_ALERT_TEXT_MAX || !validUtf8(view)) {
      wrong = "it raised an alert with a text that is too long or no UTF-8";
      return {};
    }
    return std::string(view);
  }
};

// The window as the plugin sees it; points into it.
class ShownWindow {
 public:
  explicit ShownWindow(const AlertWindow& window) {
    series_.reserve(window.series.size());
    for (const MetricSeries& series : window.series)
      series_.push_back({.struct_size = sizeof(atrium_series),
                         .count = static_cast<std::uint32_t>(series.values.size()),
                         .metric = textOf(series.metric),
                         .subject = textOf(series.subject),
                         .at_ms = series.at_ms.data(),
                         .values = series.values.data()});
    for (const atrium_series& series : series_) places_.push_back(&series);
    window_ = {.struct_size = sizeof window_,
               .series_count = static_cast<std::uint32_t>(places_.size()),
               .from_ms = toMillis(window.from),
               .to_ms = toMillis(window.to),
               .tenant_id = textOf(window.tenant_id),
               .series = places_.data()};
  }
  ShownWindow(const ShownWindow&) = delete;
  ShownWindow& operator=(const ShownWindow&) = delete;
  [[nodiscard]] const atrium_window& abi() const { return window_; }

 private:
  std::vector<atrium_series> series_;
  std::vector<const atrium_series*> places_;
  atrium_window window_{};
};

// Calls the plugin, on a worker.
CallAnswer<std::vector<RaisedAlert>> evaluateRule(WorkerCall& call, const AlertWindow& window) {
  LoadedPlugin& plugin = call.plugin();
  const auto* rule = plugin.extension<AlertRuleKind>();
  if (!rule || !rule->table.evaluate) return {ATRIUM_UNSUPPORTED, {}};  // Another generation has taken over, which has no rule.
  const ShownWindow shown(window);
  RaisedByRule raised;
  const atrium_status status = call.invoke([&] { return rule->table.evaluate(plugin.self(), &shown.abi(), RaisedByRule::take, &raised); });
  if (status == ATRIUM_OK && raised.wrong) {
    call.settle({ATRIUM_FAILED, raised.wrong, true});
    return {ATRIUM_FAILED, {}};
  }
  call.settle({status, status == ATRIUM_OK ? std::string_view() : "it did not evaluate its rule", false});
  return {status, std::move(raised.alerts)};
}

std::vector<std::string> namesOf(const atrium_text& text) {
  std::string_view rest = text.data ? std::string_view(text.data, text.size) : std::string_view();
  std::vector<std::string> names;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string_view name = rest.substr(0, end);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

}  // namespace

std::vector<AlertRuleInfo> AlertRulesPort::rules() const {
  std::vector<AlertRuleInfo> found;
  for (std::string& name : registry_.names(AlertRuleKind::word)) {
    const PluginLease plugin = registry_.lease(AlertRuleKind::word, name);
    if (!plugin) continue;
    const atrium_alert_rule_info& info = plugin->extension<AlertRuleKind>()->info;
    found.push_back({.name = std::move(name), .metrics = namesOf(info.metrics), .window = std::chrono::seconds(info.window_seconds)});
  }
  return found;
}

void AlertRulesPort::evaluate(const std::string& rule, std::shared_ptr<const AlertWindow> window,
                              Completion<std::vector<RaisedAlert>> done) {
  PluginLease plugin = registry_.lease(AlertRuleKind::word, rule);
  if (!plugin) return done(fail(Code::not_found, "There is no such alert rule."));
  const auto deadline = plugin->deadline<AlertRuleKind>();
  workers_.run<std::vector<RaisedAlert>>(
      std::move(plugin), "evaluate", deadline,
      [window = std::move(window)](const std::shared_ptr<WorkerCall>& call, const WorkerCalls::Answer<std::vector<RaisedAlert>>& answer) {
        answer(evaluateRule(*call, *window));
      },
      [done = std::move(done)](CallAnswer<std::vector<RaisedAlert>> answer) mutable {
        if (answer.status == ATRIUM_OK) return done(std::move(answer.value));
        if (answer.status == ATRIUM_FULL) return done(fail(Code::overloaded, "The server has more work than it can queue.", 1000));
        done(fail(Code::plugin_failed, "The alert rule did not answer."));
      });
}

}  // namespace atrium
