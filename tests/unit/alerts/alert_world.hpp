#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "alerts/alert_desk.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/metrics.hpp"
#include "unit/support/document_store.hpp"

// The alerts of one loop in a world that does what the test says: a clock that is moved by hand, a store in memory, one rule.
namespace atrium::test {

// What the test puts there.
class TestHistory final : public MetricHistory {
 public:
  void read(const std::string&, std::vector<std::string> metrics, Wall from, Wall to, Completion<std::vector<MetricSeries>> done) override {
    ++reads;
    std::vector<MetricSeries> found;
    for (const MetricSeries& one : series) {
      if (std::ranges::find(metrics, one.metric) == metrics.end()) continue;
      MetricSeries part{.metric = one.metric, .subject = one.subject, .at_ms = {}, .values = {}};
      for (std::size_t at = 0; at < one.at_ms.size(); ++at) {
        if (one.at_ms[at] < toMillis(from) || one.at_ms[at] > toMillis(to)) continue;
        part.at_ms.push_back(one.at_ms[at]);
        part.values.push_back(one.values[at]);
      }
      found.push_back(std::move(part));
    }
    done(std::move(found));
  }
  void eachTenant(const std::function<void(const std::string&)>& visit) const override {
    for (const std::string& tenant : tenants) visit(tenant);
  }
  void add(const std::string& metric, const std::string& subject, Wall at, double value) {
    const auto [place, made] = places_.try_emplace({metric, subject}, series.size());
    if (made) series.push_back({.metric = metric, .subject = subject, .at_ms = {}, .values = {}});
    series[place->second].at_ms.push_back(toMillis(at));
    series[place->second].values.push_back(value);
  }
  std::vector<MetricSeries> series;
  std::vector<std::string> tenants;  // That are measured; the series are the same for all.
  int reads = 0;

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> places_;  // Of series.
};

// "load" raises whose latest load is above 0.9, and critically from 2; "wait" likewise of waits.
class TestRules final : public AlertRules {
 public:
  [[nodiscard]] std::vector<AlertRuleInfo> rules() const override { return {{"load", {"load"}, 60s}, {"wait", {"wait"}, 120s}}; }
  void evaluate(const std::string&, std::shared_ptr<const AlertWindow> window, Completion<std::vector<RaisedAlert>> done) override {
    if (fails) return done(fail(Code::plugin_failed));
    if (hold) return held.push_back(std::move(done));
    std::vector<RaisedAlert> raised;
    for (const MetricSeries& series : window->series)
      if (!series.values.empty() && series.values.back() > 0.9)
        raised.push_back({.severity = series.values.back() >= 2 ? Severity::critical : Severity::medium,
                          .subject = series.subject,
                          .title = series.metric,
                          .message = series.subject + " is high",
                          .value = series.values.back(),
                          .threshold = 0.9,
                          .actions = {{"Look"}, {"Move leads", "rebalance " + series.subject}}});
    done(std::move(raised));
  }
  bool fails = false, hold = false;
  std::vector<Completion<std::vector<RaisedAlert>>> held;
};

class TestDelivery final : public AlertDelivery, public AlertWatcher {
 public:
  void notify(AlertNotice notice, Completion<std::string> done) override {
    notices.push_back(std::move(notice));
    if (hold) return held.push_back(std::move(done));
    reachable ? done(std::string("room_1")) : done(fail(Code::overloaded));
  }
  void changed(const std::string&, const Alert& alert, const std::string& json) override {
    EXPECT_TRUE(JsonDocument::parse(json)) << json;
    states.push_back(alert.subject() + " " + std::string(word(alert.state())));
  }
  void turned(const std::string&, const Alert& alert, const std::string& json) override {
    EXPECT_TRUE(JsonDocument::parse(json)) << json;
    turns.push_back(alert.subject() + " " + std::string(word(alert.state())));
  }
  void found(const std::string&, const Alert& alert, const std::string&) override {
    states.push_back(alert.subject() + " found " + std::string(word(alert.state())));
  }
  std::vector<AlertNotice> notices;
  std::vector<std::string> states, turns;
  bool reachable = true, hold = false;
  std::vector<Completion<std::string>> held;
};

class TestActions final : public ActionRunner {
 public:
  void run(const std::string& tenant_id, std::string command, PrincipalPtr caller, Completion<std::string> done) override {
    ran.push_back(tenant_id + ": " + command + " by " + caller->user_id);
    done(std::string("{}"));
  }
  std::vector<std::string> ran;
};

// What event sinks are told; it is stored beside what it tells of.
class TestEvents final : public EventOutbox {
 public:
  [[nodiscard]] bool wants(EventType) const override { return wanted; }
  [[nodiscard]] OutboxEvent addTo(std::vector<DocumentWrite>& writes, Happening event) override {
    ++made;
    EXPECT_TRUE(JsonDocument::parse(event.data)) << event.data;
    writes.push_back({.key = {"event_outbox", std::to_string(made)}, .value = event.data});
    return {{}, {}, std::move(event)};
  }
  void publish(OutboxEvent event) override {
    EXPECT_EQ(event.event.tenant_id, "acme");
    const auto data = JsonDocument::parse(event.event.data);
    told.push_back(data->root()["subject"].text() + " " + std::string(word(event.event.type)));
    last = *data;
  }
  bool wanted = false;
  std::size_t made = 0;
  std::vector<std::string> told;
  JsonDocument last;
};

class AlertWorld : public testing::Test {
 protected:
  // As the server does after a restart.
  void start() {
    desk.reset();
    desk = std::make_unique<AlertDesk>(AlertDesk::Parts{.shard = 0,
                                                        .shards = 1,
                                                        .store = store,
                                                        .timers = timers,
                                                        .now = now,
                                                        .metrics = metrics,
                                                        .log = log,
                                                        .history = &history,
                                                        .rules = rules,
                                                        .watcher = &delivery,
                                                        .delivery = delivery,
                                                        .actions = actions,
                                                        .events = events,
                                                        .seed = 7},
                                       options);
    desk->begin();
  }
  // Time passes; each agent's load stays what it is.
  void pass(std::chrono::milliseconds time) {
    for (const Mono end = now.mono + time; now.mono < end;) {
      clock.advance(1s);
      now = clock.now();
      for (const auto& [subject, value] : loads) history.add("load", subject, now.wall, value);
      for (const auto& [subject, value] : waits) history.add("wait", subject, now.wall, value);
      timers.advance(now.mono);
    }
  }
  // The answers come at once.
  template <typename T, typename Ask>
  static Result<T> answerOf(Ask ask) {
    std::optional<Result<T>> came;
    ask([&came](Result<T> answer) { came = std::move(answer); });
    EXPECT_TRUE(came);
    return came ? *std::move(came) : Result<T>(fail(Code::internal, "not answered"));
  }
  Result<std::string> listed(AlertQuery query = {}) {
    return answerOf<std::string>([&](Completion<std::string> done) { desk->list("acme", std::move(query), std::move(done)); });
  }
  // "ana firing, ben pending": the newest first.
  std::string shown() {
    std::string all;
    const auto text = listed();
    const auto parsed = JsonDocument::parse(text.value_or("{}"));
    const JsonView items = parsed->root()["items"];
    for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
      (all += all.empty() ? "" : ", ") += item["subject"].text() + " " + item["state"].text();
    return all;
  }
  JsonDocument first() {
    const auto parsed = JsonDocument::parse(listed().value_or("{}"));
    return JsonDocument(parsed->root()["items"].first());
  }
  Id firstId() { return parseId(alert_prefix, first().root()["id"].text()).value_or(Id{}); }
  static Principal who(std::string user) {
    Principal principal;
    principal.tenant_id = "acme";
    principal.user_id = std::move(user);
    principal.roles = ATRIUM_ROLE_SUPERVISOR;
    return principal;
  }
  std::int64_t counted(Metric metric) { return registry.sum(metric); }

  ManualClock clock;
  Now now = clock.now();
  TimerWheel timers{now.mono};
  MetricRegistry registry{metric_table};
  MetricSet& metrics = registry.makeSet();
  Log log{Log::Options{}};
  DocumentStore store;
  TestHistory history;
  TestRules rules;
  TestDelivery delivery;
  TestActions actions;
  TestEvents events;
  AlertOptions options;
  std::map<std::string, double> loads, waits;  // By subject, measured each second.
  std::unique_ptr<AlertDesk> desk;
};

}  // namespace atrium::test
