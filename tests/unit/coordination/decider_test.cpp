// How a question becomes a decision: kernel/coordination/decider.cpp.
#include "coordination/decider.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>

#include "fake_panel.hpp"

namespace atrium::test {
namespace {

class DeciderTest : public testing::Test {
 protected:
  void ask(Question asked) {
    decision.reset();
    decider.decide(shared(std::move(asked)), [this](Decision made) { decision = std::move(made); });
  }
  [[nodiscard]] std::vector<std::string> order() const {
    std::vector<std::string> ids;
    const Question& asked = *decision->question;
    for (const Rank& one : decision->ranking.order)
      ids.push_back(asked.side == Side::agents ? asked.agents[one.candidate].profile->agent_id : asked.leads[one.candidate].lead_id);
    return ids;
  }
  // Two agents, of whom ana knows the kind and ben has nothing to do.
  static Question twoAgents(std::vector<Weighted> weights) {
    Question asked = question(Side::agents, std::move(weights));
    asked.leads = {lead("l1", 0, R"({"property_type":"villa"})")};
    asked.agents = {agent("ana", 4, 5, R"({"skills":{"villa":0.9}})"), agent("ben", 0, 5, R"({"skills":{"villa":0.5}})")};
    return asked;
  }
  static Question threeLeads(std::vector<Weighted> weights) {
    Question asked = question(Side::queue, std::move(weights));
    asked.agents = {agent("ana", 0, 5, R"({"skills":{"villa":1}})")};
    asked.leads = {lead("new", 1'000, R"({"property_type":"villa"})"), lead("old", 700'000, R"({"property_type":"flat"})"),
                   lead("older", 900'000, R"({"property_type":"flat"})")};
    return asked;
  }

  FakePanel panel;
  ManualClock clock;
  Decider decider{panel, clock};
  std::optional<Decision> decision;
};

using Ids = std::vector<std::string>;

TEST_F(DeciderTest, addsUpWhatTheScorersOfTheSideSay) {
  ask(twoAgents({{"match", 1}, {"load", 1}}));
  ASSERT_TRUE(decision);
  EXPECT_EQ(order(), (Ids{"ben", "ana"}));
  EXPECT_EQ(decision->basis, Basis::scores);
  EXPECT_FALSE(decision->ranking.degraded);
  EXPECT_DOUBLE_EQ(decision->matchScore(), (0.5 + 0.96) / 2);
  EXPECT_DOUBLE_EQ(decision->confidence(), (0.73 - 0.45) / 0.73);
  ASSERT_EQ(decision->answers.size(), 2u);
  EXPECT_EQ(decision->answers[0].scorer, "match");
  EXPECT_EQ(decision->answers[0].version, "1.0.0");
  ask(twoAgents({{"match", 3}, {"load", 0.5}}));
  EXPECT_EQ(order(), (Ids{"ana", "ben"}));
}

TEST_F(DeciderTest, asksNoScorerThatHasNoWeight) {
  ask(twoAgents({{"match", 1}, {"gone", 0}}));
  EXPECT_EQ(panel.asks, 1u);
  EXPECT_FALSE(decision->ranking.degraded);
}

TEST_F(DeciderTest, waitsForTheLastAnswerAndMeasuresIt) {
  panel.held = "match";
  ask(twoAgents({{"match", 1}, {"load", 1}}));
  EXPECT_FALSE(decision);
  clock.advance(3ms);
  panel.kept.front()();
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->took, 3ms);
}

TEST_F(DeciderTest, aScorerThatFailsIsLeftOutWithTheReason) {
  ask(twoAgents({{"match", 1}, {"gone", 5}}));
  EXPECT_EQ(order(), (Ids{"ana", "ben"}));
  EXPECT_TRUE(decision->ranking.degraded);
  EXPECT_EQ(decision->answers[1].failure, "is not there");
  EXPECT_DOUBLE_EQ(decision->matchScore(), 0.9) << "the weight of the other counts for all";
}

TEST_F(DeciderTest, aValueThatIsNoneIsAFailure) {
  for (const double nonsense : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1.01}) {
    panel.scorers["load"] = [nonsense](const Question&, std::uint32_t at) { return at == 1 ? nonsense : 0.1; };
    ask(twoAgents({{"match", 1}, {"load", 5}}));
    EXPECT_EQ(order(), (Ids{"ana", "ben"})) << nonsense;
    EXPECT_TRUE(decision->ranking.degraded);
    EXPECT_EQ(decision->answers[1].failure, "said a value that is not between 0 and 1");
    EXPECT_FALSE(decision->answers[1].scores);
  }
}

TEST_F(DeciderTest, theLeadIsRoutedThoughEveryScorerFails) {
  Question asked = twoAgents({{"gone", 1}, {"lost", 1}});
  asked.agents.push_back(agent("cleo", 0));
  asked.agents.back().idle_ms = 60'000;
  ask(std::move(asked));
  EXPECT_EQ(order(), (Ids{"cleo", "ben", "ana"})) << "least load, then idle for longest";
  EXPECT_EQ(decision->basis, Basis::load);
  EXPECT_TRUE(decision->ranking.degraded);
  ask(threeLeads({{"gone", 1}}));
  EXPECT_EQ(order(), (Ids{"older", "old", "new"}));
  EXPECT_EQ(decision->basis, Basis::age);
}

TEST_F(DeciderTest, whereAllAbstainLoadDecidesAndNothingIsDegraded) {
  Question asked = twoAgents({{"match", 1}});
  asked.leads = {lead("l1")};
  ask(std::move(asked));
  EXPECT_EQ(order(), (Ids{"ben", "ana"}));
  EXPECT_EQ(decision->basis, Basis::load);
  EXPECT_FALSE(decision->ranking.degraded);
}

TEST_F(DeciderTest, aQueueWithoutScorersIsTakenOldestFirst) {
  ask(threeLeads({}));
  EXPECT_EQ(order(), (Ids{"older", "old", "new"}));
  EXPECT_EQ(decision->basis, Basis::age);
  EXPECT_FALSE(decision->ranking.degraded);
}

TEST_F(DeciderTest, whoWaitedBeyondTheGuardComesFirst) {
  Question asked = threeLeads({{"match", 1}});
  RoutingPolicy policy = *asked.policy;
  policy.ageing_guard = 800s;
  asked.policy = std::make_shared<const RoutingPolicy>(policy);
  ask(asked);
  EXPECT_EQ(order(), (Ids{"older", "new", "old"}));
  EXPECT_EQ(decision->basis, Basis::age);
  EXPECT_EQ(decision->confidence(), 0) << "another fits better";
  policy.ageing_guard = 600s;
  asked.policy = std::make_shared<const RoutingPolicy>(policy);
  ask(asked);
  EXPECT_EQ(order(), (Ids{"older", "old", "new"}));
  policy.ageing_guard = 0ms;
  asked.policy = std::make_shared<const RoutingPolicy>(policy);
  ask(asked);
  EXPECT_EQ(order().front(), "new") << "zero: no guard";
  EXPECT_EQ(decision->basis, Basis::scores);
}

TEST_F(DeciderTest, nobodyIsADecisionToo) {
  Question asked = question(Side::agents, {{"match", 1}});
  asked.leads = {lead("l1")};
  ask(std::move(asked));
  ASSERT_TRUE(decision);
  EXPECT_FALSE(decision->winner());
  EXPECT_EQ(decision->basis, Basis::nobody);
  EXPECT_EQ(panel.asks, 0u);
  EXPECT_EQ(decision->confidence(), 0);
}

TEST_F(DeciderTest, tiesGoByTheSeedOfTheQuestion) {
  std::map<std::string, unsigned> first;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Question asked = question(Side::agents, {{"load", 1}});
    asked.leads = {lead("l1")};
    for (const char* id : {"a", "b"}) asked.agents.push_back(agent(id, 1));
    asked.seed = seed;
    ask(asked);
    const Ids once = order();
    ask(std::move(asked));
    EXPECT_EQ(order(), once);
    ++first[once.front()];
  }
  EXPECT_GT(first["a"], 50u);
  EXPECT_GT(first["b"], 50u);
}

TEST_F(DeciderTest, whatIsKnownIsNotAskedAgain) {
  const auto asked = shared(twoAgents({{"match", 1}, {"load", 1}}));
  decider.decide(asked, [this](Decision made) { decision = std::move(made); });
  auto other = std::make_shared<Question>(*asked);
  auto policy = std::make_shared<RoutingPolicy>(*asked->policy);
  policy->agents = {{"match", 9}, {"load", 1}};
  other->policy = policy;
  panel.asks = 0;
  decider.decide(other, [this](Decision made) { decision = std::move(made); }, decision->answers);
  EXPECT_EQ(panel.asks, 0u);
  EXPECT_EQ(order(), (Ids{"ana", "ben"}));
}

}  // namespace
}  // namespace atrium::test
