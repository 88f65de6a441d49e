#include "atrium/ext/alert_rule.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

#include "config/source_text.hpp"
#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto rule_deadline = 50ms;
constexpr std::uint32_t window_max = 86'400;

class AlertRuleDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "alert-rule"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_ALERT_RULE; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    const auto table = instance.table<atrium_alert_rule>(extension());
    if (!table || !table->evaluate) return {};
    return {{.name = "evaluate", .thread = Thread::worker, .deadline = rule_deadline, .pure = true}};
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_alert_rule table{};
    atrium_alert_rule_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    if (!table.evaluate) check.fail("contract.hooks", "evaluate", "NULL");
    if (info.window_seconds < 1 || info.window_seconds > window_max)
      check.fail("contract.constants", fmt::format("window_seconds of 1 to {}", window_max), fmt::format("{}", info.window_seconds));
    if (info.metrics.size == 0) check.fail("contract.constants", "the names of its metrics", "none");
  }

  // Series of the metrics that stand in the rule's constants, or of others, or with holes.
  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    std::string out = fmt::format(R"({{"hook":"{}","tenant":"tenant_a","series":[)", hook.name);
    for (std::uint64_t n = maker.below(5), left = n; left > 0; --left) {
      out += fmt::format(R"({}{{"metric":{},"subject":{},"values":[)", left == n ? "" : ",",
                         maker.oneIn(4)   ? maker.text(1, 60)
                         : maker.below(2) ? "0"
                                          : "1",
                         maker.oneIn(3) ? "\"\"" : maker.id());
      for (std::uint64_t points = maker.below(20), p = 0; p < points; ++p)
        out += (p ? "," : "") + (maker.oneIn(8)   ? std::string("null")
                                 : maker.oneIn(3) ? fmt::format("0.{:02d}", maker.below(100))
                                                  : maker.number());
      out += "]}";
    }
    return out + "]}";
  }

  [[nodiscard]] Answer call(Call& call) const override {
    const auto table = *call.instance.table<atrium_alert_rule>(extension());
    const auto info = *Instance::grown<atrium_alert_rule_info>(table.info);
    const std::string_view metrics = viewOf(info.metrics);
    const std::uint64_t to = FakeHost::wall_start_ms, from = to - std::uint64_t{info.window_seconds} * 1000;
    std::vector<const atrium_series*> all;
    const JsonView list = call.input["series"];
    for (JsonView s = list.first(); s.exists(); s = s.sibling(list)) {
      std::vector<double> values;
      std::vector<std::uint64_t> at;
      for (JsonView v = s["values"].first(); v.exists(); v = v.sibling(s["values"]))
        values.push_back(realOf(v, std::numeric_limits<double>::quiet_NaN()));
      for (std::size_t n = 0; n < values.size(); ++n) at.push_back(from + (to - from) * n / values.size());
      // A number stands for one of the rule's own metrics.
      std::string metric = s["metric"].text();
      std::int64_t which = 0;
      if (s["metric"].integer(which)) metric = metrics.substr(0, metrics.find(','));
      if (which == 1 && metrics.find(',') != std::string_view::npos) metric = metrics.substr(metrics.rfind(',') + 1);
      all.push_back(call.loan.put(atrium_series{.struct_size = sizeof(atrium_series),
                                                .count = static_cast<std::uint32_t>(values.size()),
                                                .metric = call.loan.text(metric),
                                                .subject = lendText(call, s["subject"]),
                                                .at_ms = call.loan.put(std::span<const std::uint64_t>(at)),
                                                .values = call.loan.put(std::span<const double>(values))}));
    }
    const auto* window = call.loan.put(atrium_window{.struct_size = sizeof(atrium_window),
                                                     .series_count = static_cast<std::uint32_t>(all.size()),
                                                     .from_ms = from,
                                                     .to_ms = to,
                                                     .tenant_id = lendText(call, call.input["tenant"]),
                                                     .series = call.loan.put(std::span<const atrium_series* const>(all))});
    Raised raised{call.check, {}, 0};
    Answer answer = call.run([&] { return table.evaluate(call.self(), window, raise, &raised); });
    if (answer.status == ATRIUM_OK) answer.said = std::move(raised.said);
    return answer;
  }

 private:
  struct Raised {
    Check& check;
    std::string said;
    std::size_t count;
  };

  static void raise(void* context, const atrium_alert* raw) {
    static constexpr std::string_view rule = "alert-rule.alert";
    auto& raised = *static_cast<Raised*>(context);
    Check& check = raised.check;
    const auto alert = Instance::grown<atrium_alert>(raw);
    if (!alert) return check.fail(rule, "an alert", "NULL");
    if (++raised.count == ATRIUM_ALERTS_MAX + 1) check.fail(rule, fmt::format("at most {} alerts", ATRIUM_ALERTS_MAX), "more");
    if (alert->severity > ATRIUM_SEVERITY_CRITICAL) check.fail(rule, "a severity that exists", fmt::format("{}", alert->severity));
    if (!std::isfinite(alert->value) || !std::isfinite(alert->threshold))
      check.fail(rule, "finite values", fmt::format("{} and {}", alert->value, alert->threshold));
    if (alert->title.size == 0) check.fail(rule, "a title", "none");
    for (const atrium_text* text : {&alert->subject, &alert->title, &alert->message}) {
      if (text->size > ATRIUM_ALERT_TEXT_MAX)
        check.fail(rule, fmt::format("texts of at most {} bytes", ATRIUM_ALERT_TEXT_MAX), fmt::format("{} bytes", text->size));
      else if (!validUtf8(viewOf(*text)))
        check.fail(rule, "texts in UTF-8", shown(viewOf(*text)));
    }
    if (alert->action_count > ATRIUM_ALERT_ACTIONS_MAX || (alert->action_count > 0 && !alert->actions))
      return check.fail(rule, fmt::format("at most {} actions", ATRIUM_ALERT_ACTIONS_MAX), fmt::format("{}", alert->action_count));
    for (std::uint32_t n = 0; n < alert->action_count; ++n)
      if (alert->actions[n].label.size == 0 || !validUtf8(viewOf(alert->actions[n].label)))
        check.fail(rule, "actions with a label of UTF-8", shown(viewOf(alert->actions[n].label)));
    if (raised.said.size() < 100'000)
      raised.said += fmt::format("{}:{}:{}:{}:{};", alert->severity, viewOf(alert->subject), viewOf(alert->title), viewOf(alert->message),
                                 alert->value);
  }
};

}  // namespace

const Driver& alertRuleDriver();
const Driver& alertRuleDriver() {
  static const AlertRuleDriver driver;
  return driver;
}

}  // namespace atrium::validate
