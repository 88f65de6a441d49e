// Scorers that are plugins, as a loop asks them: kernel/plugin/scorer_panel.cpp.
#include "plugin/scorer_panel.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <future>
#include <optional>

#include "coordination/decider.hpp"
#include "edge_world.hpp"

namespace atrium::test {
namespace {

class ScorerPanelTest : public testing::Test, protected EdgeWorld {
 protected:
  ScorerPanelTest() : EdgeWorld(ATRIUM_TEST_PLUGINS) {}
  void SetUp() override { ASSERT_TRUE(started) << started.error().detail; }
  // Two agents of four places: one with three leads, one with one.
  static std::shared_ptr<const Question> question(std::string lead_id, Side side = Side::agents) {
    Question asked;
    asked.tenant_id = "acme";
    asked.side = side;
    RoutingPolicy policy;
    policy.agents = {{"idle", 1}};
    asked.policy = std::make_shared<const RoutingPolicy>(policy);
    asked.leads.push_back({.lead_id = std::move(lead_id), .fields = {}, .waiting_ms = 0});
    for (const std::uint32_t active : {3u, 1u}) {
      auto profile = std::make_shared<AgentProfile>();
      profile->agent_id = "agent" + std::to_string(active);
      AgentView& agent = asked.agents.emplace_back();
      agent.profile = profile;
      agent.active_leads = active;
      agent.capacity = 4;
    }
    return std::make_shared<const Question>(std::move(asked));
  }
  ScorerAnswer answerTo(const std::string& lead_id, Side side = Side::agents) {
    std::optional<ScorerAnswer> answer;
    panel.ask(question(lead_id, side), "idle", [&answer](ScorerAnswer came) { answer = std::move(came); });
    if (!answer) shards.turn();
    return answer ? *answer : ScorerAnswer{};
  }

  ScorerCalls panel{world.host().registry(), calls};
};

TEST_F(ScorerPanelTest, asksThePluginAboutEveryCandidate) {
  const ScorerAnswer answer = answerTo("l1");
  EXPECT_EQ(answer.scorer, "idle");
  EXPECT_EQ(answer.version, "1.0.0");
  EXPECT_EQ(answer.failure, "");
  ASSERT_TRUE(answer.scores);
  ASSERT_EQ(answer.scores->size(), 2u);
  EXPECT_EQ(answer.scores->values[0], 0.25);
  EXPECT_EQ(answer.scores->values[1], 0.75);
  EXPECT_EQ(answer.scores->reason(1), "is idle");
}

TEST_F(ScorerPanelTest, aSideThatThePluginHasNotAbstains) {
  const ScorerAnswer answer = answerTo("l1", Side::queue);
  ASSERT_TRUE(answer.scores);
  ASSERT_EQ(answer.scores->size(), 1u);
  EXPECT_LT(answer.scores->values.front(), 0);
  EXPECT_EQ(answer.failure, "");
}

TEST_F(ScorerPanelTest, whatIsAgainstTheContractIsAFailureWithItsReason) {
  EXPECT_EQ(answerTo("fails").failure, "failed");
  EXPECT_EQ(answerTo("nan").failure, "said nan, which is not between 0 and 1");
  EXPECT_EQ(answerTo("wordy").failure, "gave a reason that is no UTF-8 of at most 200 bytes");
  const ScorerAnswer answer = answerTo("scrambled");
  EXPECT_EQ(answer.failure, "gave a reason that is no UTF-8 of at most 200 bytes");
  EXPECT_FALSE(answer.scores);
  EXPECT_EQ(answer.version, "1.0.0") << "who it was is known all the same";
}

TEST_F(ScorerPanelTest, aFaultIsToldAndThreeAreTooMany) {
  for (int n = 0; n < 3; ++n) EXPECT_EQ(answerTo("beyond").failure, "said 1.5, which is not between 0 and 1");
  world.host().attend();
  EXPECT_EQ(world.tell("test_worker.so", "state"), "quarantined");
  EXPECT_EQ(answerTo("l1").failure, "is not there");
}

// A scorer that hangs has its fifty milliseconds, and the lead is routed without it.
TEST_F(ScorerPanelTest, aScorerThatHangsIsLeftOutAtTheDeadline) {
  std::promise<void> go, inside;
  ASSERT_TRUE(workers.post([&] {
    inside.set_value();
    go.get_future().wait();
  }));
  inside.get_future().wait();
  Decider decider{panel, clock};
  std::optional<Decision> decision;
  decider.decide(question("l1"), [&decision](Decision made) { decision = std::move(made); });
  now.mono += 49ms;
  timers.advance(now.mono);
  EXPECT_FALSE(decision);
  now.mono += 2ms;
  timers.advance(now.mono);
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->answers.at(0).failure, "did not answer within 50 ms");
  EXPECT_TRUE(decision->ranking.degraded);
  EXPECT_EQ(decision->basis, Basis::load);
  EXPECT_EQ(decision->winner(), 1u) << "the one with less to do";
  go.set_value();
}

TEST_F(ScorerPanelTest, saysThatNoWorkerIsFree) {
  std::promise<void> go, inside;
  ASSERT_TRUE(workers.post([&] {
    inside.set_value();
    go.get_future().wait();
  }));
  inside.get_future().wait();
  ASSERT_TRUE(workers.post([] {}));
  std::optional<ScorerAnswer> answer;
  panel.ask(question("l1"), "idle", [&answer](ScorerAnswer came) { answer = std::move(came); });
  ASSERT_TRUE(answer) << "at once";
  EXPECT_EQ(answer->failure, "found no worker that is free");
  go.set_value();
}

TEST_F(ScorerPanelTest, buffersAreUsedAgainAndTellNothing) {
  ScoreBuffers buffers;
  std::vector<atrium_score> first = buffers.take(3);
  const void* const place = first.data();
  std::memcpy(first[2].reason, "secret", 6);
  buffers.giveBack(std::move(first));
  const std::vector<atrium_score> second = buffers.take(3);
  EXPECT_EQ(second.data(), place);
  EXPECT_EQ(second[2].reason[0], '\0');
  EXPECT_EQ(second[2].value, -1);
}

}  // namespace
}  // namespace atrium::test
