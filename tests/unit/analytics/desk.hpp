#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analytics/recorder.hpp"
#include "protocol/metrics.hpp"
#include "sim/store.hpp"

namespace atrium {

// A team that stands as the test says.
class TestTeam final : public TeamSource {
 public:
  [[nodiscard]] std::vector<std::string> tenants() const override { return names; }
  bool sample(std::string_view tenant_id, TeamSample& sample) const override {
    if (std::string_view(names.front()) != tenant_id) return false;
    sample = now;
    return true;
  }
  std::vector<std::string> names{"acme"};
  TeamSample now;
};

// A recorder over a store in memory, with a clock that is moved by hand. 2026-01-01 00:00 UTC, a Thursday, is when it begins.
class Desk {
 public:
  explicit Desk(RecorderOptions options = {}) : options_(options) { restart(); }

  // The next process over the same store. The one before is gone without a word unless it was stopped.
  void restart() {
    recorder.reset();
    recorder = std::make_unique<Recorder>(
        Recorder::Parts{.store = *port, .timers = timers, .now = now, .metrics = metrics, .log = log, .index = 0, .shards = 1}, options_);
    recorder->watch(team);
    recorder->begin();
  }
  void watch(const TeamSource& source) {
    team = &source;
    recorder->watch(team);
  }
  void pass(std::chrono::seconds time) {
    for (; time.count() > 0; --time) {
      clock.advance(1s);
      now = clock.now();
      timers.advance(now.mono);
    }
  }
  // Without any timer in between, as when the process is not there.
  void skip(std::chrono::nanoseconds time) {
    clock.advance(time);
    now = clock.now();
  }
  void note(Fact fact) { recorder->note("acme", fact); }
  [[nodiscard]] RollupHistory load(Wall from, Wall to, Span step = Span::minute, RollupQuery::Agents agents = RollupQuery::Agents::none,
                                   std::string agent_id = {}) {
    std::optional<Result<RollupHistory>> loaded;
    recorder->load({.tenant_id = "acme", .from = from, .to = to, .step = step, .agents = agents, .agent_id = std::move(agent_id)},
                   [&loaded](Result<RollupHistory> history) { loaded = std::move(history); });
    EXPECT_TRUE(loaded && *loaded);
    return loaded && *loaded ? **std::move(loaded) : RollupHistory{};
  }
  [[nodiscard]] std::vector<MetricSeries> read(std::vector<std::string> metrics, Wall from, Wall to) {
    std::vector<MetricSeries> read;
    recorder->read("acme", std::move(metrics), from, to, [&read](Result<std::vector<MetricSeries>> series) {
      ASSERT_TRUE(series);
      read = *std::move(series);
    });
    return read;
  }
  [[nodiscard]] bool has(const DocumentKey& key) const { return store.document(key) != nullptr; }

  Random random{1};
  sim::SimStore store{random, {}};
  std::unique_ptr<Store> port = store.port([](Task task) { task(); });
  ManualClock clock;
  Now now = clock.now();
  const Wall start = now.wall;
  TimerWheel timers{now.mono};
  MetricSet metrics{metric_table};
  Log log{Log::Options{}};
  const TeamSource* team = nullptr;
  std::unique_ptr<Recorder> recorder;

 private:
  RecorderOptions options_;
};

}  // namespace atrium
