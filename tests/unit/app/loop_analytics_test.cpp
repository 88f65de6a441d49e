#include "app/loop_analytics.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/metrics.hpp"
#include "sim/world.hpp"

namespace atrium {
namespace {

// Two loops beside the shards of a simulated world, whose posts are carried over by hand.
class TwoLoops final : public Shards {
 public:
  [[nodiscard]] unsigned count() const override { return 2; }
  bool post(unsigned, Task task) override {
    if (full) return false;
    tasks.push_back(std::move(task));
    return true;
  }
  void postAlways(unsigned, Task task) override { tasks.push_back(std::move(task)); }
  void settle() {
    while (!tasks.empty()) {
      Task task = std::move(tasks.front());
      tasks.pop_front();
      task();
    }
  }
  bool full = false;
  std::deque<Task> tasks;
};

class LoopAnalyticsTest : public testing::Test {
 protected:
  LoopAnalyticsTest() {
    for (unsigned index = 0; index < 2; ++index) {
      recorders_made.push_back(std::make_unique<Recorder>(
          Recorder::Parts{.store = *port, .timers = timers, .now = now, .metrics = metrics, .log = log, .index = index, .shards = 2},
          RecorderOptions{}));
      recorders.push_back(recorders_made.back().get());
      loops.push_back(std::make_unique<LoopAnalytics>(LoopAnalytics::Parts{.index = index,
                                                                           .shards = shards,
                                                                           .recorders = recorders,
                                                                           .shard = world.shard(index),
                                                                           .timers = timers,
                                                                           .now = now,
                                                                           .metrics = metrics,
                                                                           .options = {}}));
    }
    for (Recorder* recorder : recorders) recorder->begin();
    for (const auto& loop : loops) loop->begin();
  }
  void pass(std::chrono::seconds time) {
    for (; time.count() > 0; --time) {
      world.pass(1s);
      now = world.clock.now();
      timers.advance(now.mono);
      shards.settle();
    }
  }
  Recorder& home(std::string_view tenant) { return *recorders[homeOfTenant(tenant, 2)]; }
  Result<std::string> ask(AnalyticsAsk ask, std::uint32_t roles = ATRIUM_ROLE_AGENT) {
    ask.caller = sim::World::principal("acme", "ana", roles);
    std::optional<Result<std::string>> answer;
    // From the loop that is not the tenant's home.
    loops[1 - homeOfTenant("acme", 2)]->report(std::move(ask), [&answer](Result<std::string> text) { answer = std::move(text); });
    shards.settle();
    EXPECT_TRUE(answer);
    return answer ? *answer : fail(Code::internal);
  }
  Code refusal(AnalyticsAsk wrong, std::uint32_t roles = ATRIUM_ROLE_AGENT) {
    const auto answer = ask(std::move(wrong), roles);
    EXPECT_FALSE(answer);
    return answer ? Code::internal : answer.error().code;
  }

  sim::World world{1};
  std::unique_ptr<Store> port = world.store.port([](Task task) { task(); });
  TwoLoops shards;
  Now now = world.clock.now();
  TimerWheel timers{now.mono};
  MetricSet metrics{metric_table};
  Log log{Log::Options{}};
  std::vector<std::unique_ptr<Recorder>> recorders_made;
  std::vector<Recorder*> recorders;
  std::vector<std::unique_ptr<LoopAnalytics>> loops;
};

TEST_F(LoopAnalyticsTest, theTimeOfMessagesGetsToTheirTenantsHome) {
  const std::string room = world.createRoom("acme", "ana");
  sim::Client& ana = world.connect("acme", "ana", room);
  world.settle();
  for (int n = 0; n < 3; ++n)
    world.send(ana, R"({"event_type":"send_message","room_id":")" + room + R"(","content":"hello","message_type":"text"})");
  world.settle();
  pass(10s);
  EXPECT_EQ(home("acme").standing("acme").message_latency_us.count(), 3U);
  pass(20s);
  EXPECT_EQ(home("acme").standing("acme").message_latency_us.count(), 3U) << "each is told once";
  pass(60s);
  const auto report = ask({.report = "message_latency"});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->contains(R"("messages":3)")) << *report;
}

TEST_F(LoopAnalyticsTest, whatTheServerHadToRefuseGetsToItsTenantsHome) {
  const std::string room = world.createRoom("acme", "ana");
  sim::Client& ana = world.connect("acme", "ana", room);
  const auto say = [&](std::string_view more) {
    world.send(ana, R"({"event_type":"send_message","room_id":")" + room + R"(","message_type":"text")" + std::string(more) + "}");
  };
  const auto errors = [&] {
    std::optional<double> latest;
    home("acme").read("acme", {"message_errors"}, now.wall, now.wall, [&](const Result<std::vector<MetricSeries>>& series) {
      if (series && !series->empty()) latest = series->front().values.back();
    });
    return latest;
  };
  world.store.options.refuse_batch = 1000;
  for (int n = 0; n < 3; ++n) say(R"(,"content":"hello")");
  say("");  // The sender's own fault.
  world.settle();
  world.store.options.refuse_batch = 0;
  pass(20s);
  EXPECT_EQ(errors(), 3.0);
  say(R"(,"content":"hello")");
  pass(70s);
  EXPECT_EQ(errors(), 0.0) << "it was more than a minute ago";
  // A request whose room cannot be read gets to no room that could count it.
  world.store.options.refuse_read = 1000;
  const auto body = JsonDocument::parse(R"({"content":"hello","room_id":")" + formatId(room_prefix, {{1}}) + R"("})");
  const auto refused = world.request<std::string>([&](Shard& shard, Completion<std::string> done) {
    shard.sendMessage(sim::World::principal("acme", "ana"), *body, {}, std::move(done));
  });
  EXPECT_EQ(refused.error().code, Code::storage_unavailable);
  world.store.options.refuse_read = 0;
  pass(20s);
  EXPECT_EQ(errors(), 1.0);
  home("other").read("other", {"message_errors"}, now.wall, now.wall, [](const Result<std::vector<MetricSeries>>& series) {
    EXPECT_TRUE(series && series->empty()) << "nothing is measured of another tenant";
  });
}

TEST_F(LoopAnalyticsTest, agentsSeeTheTeamAndTheirOwnRowAndSupervisorsAll) {
  for (const char* agent : {"ana", "ben"}) home("acme").note("acme", {.kind = Fact::Kind::accepted, .agent_id = agent, .milliseconds = 1});
  pass(60s);
  const auto own = ask({.report = "agents"});
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->contains("\"ana\"") && !own->contains("\"ben\"")) << *own;
  EXPECT_TRUE(ask({.report = "agents"}, ATRIUM_ROLE_SUPERVISOR)->contains("\"ben\""));
  EXPECT_TRUE(ask({.report = "response_time", .agent_id = "ana"}));
  EXPECT_EQ(refusal({.report = "response_time", .agent_id = "ben"}), Code::forbidden);
  EXPECT_TRUE(ask({.report = "response_time", .agent_id = "ben"}, ATRIUM_ROLE_SUPERVISOR));
}

TEST_F(LoopAnalyticsTest, whatMakesNoSenseIsRefused) {
  EXPECT_EQ(refusal({.report = "horoscope"}), Code::not_found);
  EXPECT_EQ(refusal({.report = "sla", .from = now.wall, .to = now.wall}), Code::validation_failed);
  EXPECT_EQ(refusal({.report = "sla", .from = now.wall - std::chrono::hours(24 * 401)}), Code::validation_failed);
  EXPECT_EQ(refusal({.report = "forecast", .agent_id = "ana"}), Code::validation_failed);
  EXPECT_EQ(refusal({.report = "agents", .queue = "north"}), Code::validation_failed);
  EXPECT_EQ(refusal({.report = "sla", .agent_id = "ana", .queue = "north"}), Code::validation_failed);
  EXPECT_EQ(refusal({.report = "sla", .table = "rows"}), Code::validation_failed);
  EXPECT_EQ(refusal({.report = "sla", .format = AnalyticsAsk::Format::csv, .table = "agents"}), Code::validation_failed);
}

TEST_F(LoopAnalyticsTest, exportsGiveTheTableThatIsNamed) {
  const auto csv = ask({.report = "utilisation", .format = AnalyticsAsk::Format::csv, .table = "agents"});
  ASSERT_TRUE(csv);
  EXPECT_TRUE(csv->starts_with("agent_id,name,utilisation")) << *csv;
  EXPECT_TRUE(ask({.report = "sla", .format = AnalyticsAsk::Format::csv})->starts_with("at,assignments"));
}

TEST_F(LoopAnalyticsTest, soManyReportsAtOnceAndNoMore) {
  const unsigned away = 1 - homeOfTenant("acme", 2);
  int answered = 0, refused = 0;
  const auto one = [&] {
    loops[away]->report({.caller = sim::World::principal("acme", "ana"), .report = "sla"}, [&](Result<std::string> text) {
      ++answered;
      if (!text && text.error().code == Code::overloaded) ++refused;
    });
  };
  for (unsigned n = 0; n < LoopAnalytics::reports_max + 2; ++n) one();
  EXPECT_EQ(refused, 2);
  shards.settle();
  EXPECT_EQ(answered, static_cast<int>(LoopAnalytics::reports_max) + 2);
  EXPECT_EQ(metrics.read(Metric::analytics_reports_refused), 2);
  shards.full = true;
  one();
  shards.settle();
  EXPECT_EQ(refused, 3);
}

TEST_F(LoopAnalyticsTest, theMetricsOfATenantNobodyMeasuredAreThereAllTheSame) {
  std::string text;
  loops[0]->metrics("nobody", [&text](Result<std::string> answer) { text = answer.value_or(""); });
  shards.settle();
  EXPECT_TRUE(text.contains(R"("agents_online":0)")) << text;
}

}  // namespace
}  // namespace atrium
