#include "alerts/backtest.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "alerts/rule_round.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::chrono::hours read_at_once{1};
constexpr std::size_t incidents_shown = 200;

// One backtest under way; owned by what it waits for.
class Backtest : public std::enable_shared_from_this<Backtest> {
 public:
  Backtest(std::string tenant_id, const BacktestRule& test, const RulePolicy& policy, MetricHistory& history, AlertRules& rules,
           std::uint32_t open_max, Completion<std::string> done)
      : tenant_id_(std::move(tenant_id)),
        test_(test),
        policy_(policy),
        history_(history),
        rules_(rules),
        open_max_(open_max),
        done_(std::move(done)),
        at_(test.from) {}

  void start() {
    const auto rules = rules_.rules();
    const auto found = std::ranges::find(rules, test_.rule, &AlertRuleInfo::name);
    if (found == rules.end()) return done_(fail(Code::not_found, "There is no such alert rule."));
    info_ = *found;
    go();
  }

 private:
  // Takes steps for as long as their answers come at once, without nesting one in the other.
  void go() {
    if (going_) return void(again_ = true);
    going_ = true;
    do {
      again_ = false;
      step();
    } while (again_);
    going_ = false;
  }

  void step() {
    if (at_ > test_.to) return finish();
    if (at_ > read_to_ || read_to_ == Wall{}) return readNext();
    auto window = std::make_shared<AlertWindow>(AlertWindow{.tenant_id = tenant_id_, .from = at_ - info_.window, .to = at_, .series = {}});
    for (const MetricSeries& series : series_) addPart(series, *window);
    rules_.evaluate(info_.name, window, [self = shared_from_this(), window](Result<std::vector<RaisedAlert>> raised) {
      self->evaluated(*window, std::move(raised));
    });
  }

  void readNext() {
    read_to_ = std::min(test_.to, at_ + read_at_once);
    history_.read(tenant_id_, info_.metrics, at_ - info_.window, read_to_,
                  [self = shared_from_this()](Result<std::vector<MetricSeries>> series) {
                    if (!series) return self->done_(fail(std::move(series.error())));
                    self->series_ = *std::move(series);
                    self->go();
                  });
  }

  static void addPart(const MetricSeries& series, AlertWindow& window) {
    const auto first = std::ranges::lower_bound(series.at_ms, toMillis(window.from)) - series.at_ms.begin();
    const auto last = std::ranges::upper_bound(series.at_ms, toMillis(window.to)) - series.at_ms.begin();
    if (first >= last) return;
    window.series.push_back({.metric = series.metric,
                             .subject = series.subject,
                             .at_ms = {series.at_ms.begin() + first, series.at_ms.begin() + last},
                             .values = {series.values.begin() + first, series.values.begin() + last}});
  }

  void evaluated(const AlertWindow& window, Result<std::vector<RaisedAlert>> raised) {
    ++evaluations_;
    if (raised) {
      std::vector<const Alert*> open;
      for (const auto& [id, alert] : open_) open.push_back(&alert);
      const std::size_t places = open_max_ - std::min<std::size_t>(open.size(), open_max_);
      for (Alert& alert : stepRule(open, Sightings(info_.name, window, *std::move(raised)), policy_, places, ids_).changed) take(alert);
    } else {
      ++failed_;
    }
    // The last one is at the very end: what was measured within the last step counts.
    const bool before_end = at_ < test_.to;
    at_ += test_.step;
    if (before_end) at_ = std::min(at_, test_.to);
    go();
  }

  void take(Alert& alert) {
    const auto before = open_.find(alert.id);
    if (alert.fired_at && (before == open_.end() || !before->second.fired_at)) ++count_;
    if (alert.fired_at && (fired_.contains(alert.id) || fired_.size() < incidents_shown)) fired_.insert_or_assign(alert.id, alert);
    if (alert.open())
      open_.insert_or_assign(alert.id, std::move(alert));
    else
      open_.erase(alert.id);
  }

  void finish() {
    std::string out;
    JsonWriter json(out);
    json.begin('{').key("rule").value(info_.name).key("from").time(test_.from).key("to").time(test_.to);
    json.key("step_seconds").value(test_.step.count()).key("evaluations").value(evaluations_);
    json.key("failed_evaluations").value(failed_).key("fired").value(count_).key("items").begin('[');
    for (const auto& [id, alert] : fired_) {
      json.begin('{').key("subject").value(alert.subject()).key("title").value(alert.said.title);
      json.key("severity").value(word(alert.severity())).key("created_at").time(alert.created_at).key("fired_at").time(*alert.fired_at);
      json.key("resolved_at");
      alert.resolved_at ? json.time(*alert.resolved_at) : json.null();
      json.end('}');
    }
    json.end(']').end('}');
    done_(std::move(out));
  }

  const std::string tenant_id_;
  const BacktestRule test_;
  const RulePolicy policy_;
  MetricHistory& history_;
  AlertRules& rules_;
  const std::uint32_t open_max_;
  Completion<std::string> done_;
  AlertRuleInfo info_;
  Wall at_;
  Wall read_to_{};
  std::vector<MetricSeries> series_;
  std::map<Id, Alert> open_;
  std::map<Id, Alert> fired_;  // The first incidents_shown of them.
  IdSource ids_{Random(1)};
  std::uint64_t count_ = 0, evaluations_ = 0, failed_ = 0;
  bool going_ = false, again_ = false;
};

}  // namespace

void backtest(const std::string& tenant_id, const BacktestRule& test, const RulePolicy& policy, MetricHistory& history, AlertRules& rules,
              std::uint32_t open_max, Completion<std::string> done) {
  RulePolicy tried = policy;
  tried.times.pending = test.pending.value_or(tried.times.pending);
  tried.times.keep_firing_for = test.keep_firing_for.value_or(tried.times.keep_firing_for);
  std::make_shared<Backtest>(tenant_id, test, tried, history, rules, open_max, std::move(done))->start();
}

}  // namespace atrium
