// What would have made somebody else win: kernel/coordination/counterfactual.cpp, weight_change.cpp.
#include "coordination/counterfactual.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "fake_panel.hpp"

namespace atrium::test {
namespace {

class CounterfactualTest : public testing::Test {
 protected:
  Decision decided(std::shared_ptr<const Question> asked) {
    std::optional<Decision> decision;
    decider.decide(std::move(asked), [&decision](Decision made) { decision = std::move(made); });
    return std::move(*decision);
  }
  Decision explained(Question asked) {
    std::optional<Decision> decision;
    explainer.explain(decided(shared(std::move(asked))), [&decision](Decision made) { decision = std::move(made); });
    return decision ? std::move(*decision) : Decision{};
  }
  static const Counterfactual* find(const Decision& decision, std::string_view what) {
    const auto found = std::ranges::find(decision.counterfactuals, what, &Counterfactual::what);
    return found == decision.counterfactuals.end() ? nullptr : &*found;
  }
  // Ana is better at it, and Ben has more time; ana wins.
  static Question anaAndBen() {
    Question asked = question(Side::agents, {{"match", 1}, {"load", 0.5}});
    asked.skill = "villa";
    asked.leads = {lead("l1", 0, R"({"property_type":"villa"})")};
    asked.agents = {agent("ana", 2, 5, R"({"skills":{"villa":0.9}})"), agent("ben", 1, 5, R"({"skills":{"villa":0.7},"note":"kept"})")};
    return asked;
  }

  FakePanel panel;
  ManualClock clock;
  Decider decider{panel, clock};
  Explainer explainer{decider};
};

TEST_F(CounterfactualTest, statesTheSmallestWeightThatFlips) {
  const Decision decision = explained(anaAndBen());
  ASSERT_EQ(decision.winner(), 0u);
  // 0.9 + 0.64 w = 0.7 + 0.84 w at w = 1, for the weight of load; 0.2 w = 0.1 for that of match, which is half as far.
  const Counterfactual* weight = find(decision, "weight.match");
  ASSERT_TRUE(weight);
  EXPECT_EQ(weight->candidate, 1u);
  EXPECT_EQ(weight->from, 1);
  EXPECT_EQ(weight->to, 0.499);
  EXPECT_EQ(weight->text, "Agent ben would win if the weight of match were 0.499 instead of 1");
}

TEST_F(CounterfactualTest, statesHowMuchLessToDoOrHowMuchMoreSkillWouldDo) {
  Question asked = anaAndBen();
  asked.agents[0].active_leads = 1;
  asked.agents[1].active_leads = 4;
  const Decision decision = explained(asked);
  ASSERT_EQ(decision.winner(), 0u);
  EXPECT_FALSE(find(decision, "agent.active_leads")) << "not even with nothing to do: 0.7 + 0.48 is below 0.9 + 0.42";
  // 0.9 + 0.42 = p + 0
  const Counterfactual* skill = find(decision, "agent.skill.villa");
  EXPECT_FALSE(skill) << "nobody is better than 1";
  asked.agents[1] = agent("ben", 4, 5, R"({"skills":{"villa":0.85},"note":"kept"})");
  const Decision closer = explained(asked);
  const Counterfactual* load = find(closer, "agent.active_leads");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->to, 0) << "0.85 + 0.48 is above 0.9 + 0.42, 0.85 + 0.42 is not";
  EXPECT_EQ(load->text, "Agent ben would win if active_leads were 0 instead of 4");
  asked.agents = {agent("ana", 2, 5, R"({"skills":{"villa":0.9005}})"), agent("ben", 2, 5, R"({"skills":{"villa":0.85}})")};
  const Decision skilled = explained(asked);
  skill = find(skilled, "agent.skill.villa");
  ASSERT_TRUE(skill);
  EXPECT_EQ(skill->to, 0.901);
  EXPECT_EQ(skill->text, "Agent ben would win if the proficiency in villa were 0.901 instead of 0.85");
}

TEST_F(CounterfactualTest, statesHowLongALeadWouldHaveToWait) {
  Question asked = question(Side::queue, {{"match", 1}, {"urgency", 0.5}});
  asked.agents = {agent("ana", 0, 5, R"({"skills":{"villa":0.9,"flat":0.7}})")};
  asked.leads = {lead("l1", 60'000, R"({"property_type":"villa"})"), lead("l2", 60'000, R"({"property_type":"flat"})")};
  const Decision decision = explained(asked);
  ASSERT_EQ(decision.winner(), 0u);
  const Counterfactual* waiting = find(decision, "lead.waiting_ms");
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->candidate, 1u);
  EXPECT_NEAR(waiting->to, 300'000, 2'000) << "0.2 more of a match is 0.4 of ten minutes";
}

TEST_F(CounterfactualTest, changesNothingButWhatItSays) {
  const Question asked = anaAndBen();
  const auto changed = changedBy(asked, {.candidate = 1, .what = "agent.skill.villa", .from = 0.7, .to = 0.95, .text = {}});
  EXPECT_EQ(changed->agents[1].fields->text(), R"({"note":"kept","skills":{"villa":0.95}})");
  EXPECT_EQ(changed->agents[0].fields, asked.agents[0].fields);
  EXPECT_EQ(asked.agents[1].fields->text(), R"({"skills":{"villa":0.7},"note":"kept"})") << "the question stays as it was";
}

TEST_F(CounterfactualTest, aDegradedDecisionIsNotAskedAboutAgain) {
  Question asked = anaAndBen();
  auto policy = std::make_shared<RoutingPolicy>(*asked.policy);
  policy->agents.push_back({"gone", 1});
  asked.policy = policy;
  const Decision decision = decided(shared(asked));
  panel.asks = 0;
  std::optional<Decision> told;
  explainer.explain(decision, [&told](Decision made) { told = std::move(made); });
  ASSERT_TRUE(told);
  EXPECT_EQ(panel.asks, 0u);
  EXPECT_TRUE(find(*told, "weight.match")) << "what is known is enough for weights";
}

TEST_F(CounterfactualTest, aScorerThatFailsMeanwhileEndsTheSearch) {
  panel.held = "load";
  std::optional<Decision> told;
  decider.decide(shared(anaAndBen()),
                 [&](Decision made) { explainer.explain(std::move(made), [&told](Decision is) { told = std::move(is); }); });
  panel.kept[0]();
  ASSERT_EQ(panel.kept.size(), 2u) << "it asks with a change";
  EXPECT_FALSE(told);
  panel.held.clear();
  panel.scorers.erase("load");
  panel.kept[1]();
  ASSERT_TRUE(told);
  EXPECT_TRUE(find(*told, "weight.match"));
}

TEST_F(CounterfactualTest, withManyCandidatesWeightsAloneAreLookedAt) {
  Question asked = anaAndBen();
  for (int n = 0; n < 60; ++n) asked.agents.push_back(agent("more" + std::to_string(n), 4));
  Decision decision = decided(shared(std::move(asked)));
  panel.asks = 0;
  std::optional<Decision> told;
  explainer.explain(std::move(decision), [&told](Decision made) { told = std::move(made); });
  ASSERT_TRUE(told);
  EXPECT_EQ(panel.asks, 0u);
  EXPECT_TRUE(find(*told, "weight.match"));
}

TEST_F(CounterfactualTest, theWorkIsBounded) {
  Random random(5);
  for (int n = 0; n < 200; ++n) {
    Decision decision = decided(shared(randomQuestion(random)));
    const std::size_t scorers = decision.answers.size();
    panel.asks = 0;
    explainer.explain(std::move(decision), [](const Decision&) {});
    EXPECT_LE(panel.asks, Explainer::probes_max * scorers);
  }
}

// A lead waits for its reasons no longer than for its decision, however slow scorers are.
TEST_F(CounterfactualTest, theTimeIsBounded) {
  const auto load = panel.scorers["load"];
  for (const auto& [takes, probes] : {std::pair{10ms, 2u}, {25ms, 1u}, {26ms, 0u}}) {
    panel.scorers["load"] = [&, takes = takes](const Question& asked, std::uint32_t at) {
      if (at == 0) clock.advance(takes);
      return load(asked, at);
    };
    Decision decision = decided(shared(anaAndBen()));
    panel.asks = 0;
    std::optional<Decision> told;
    explainer.explain(std::move(decision), [&told](Decision made) { told = std::move(made); });
    ASSERT_TRUE(told);
    EXPECT_EQ(panel.asks, probes * 2) << takes.count();
    EXPECT_TRUE(find(*told, "weight.match"));
  }
}

// All that are stated flip the decision when they are run again, for whatever question.
TEST_F(CounterfactualTest, everyOneThatIsStatedFlips) {
  Random random(11);
  std::map<std::string, unsigned> stated;
  for (int n = 0; n < 1500; ++n) {
    const Decision decision = explained(randomQuestion(random));
    for (const Counterfactual& one : decision.counterfactuals) {
      ++stated[one.what];
      EXPECT_NE(one.candidate, *decision.winner());
      EXPECT_EQ(decided(changedBy(*decision.question, one)).winner(), one.candidate) << n << ": " << one.text;
    }
  }
  for (const char* what : {"weight.match", "weight.load", "weight.urgency", "agent.active_leads", "agent.skill.villa", "lead.waiting_ms"})
    EXPECT_GT(stated[what], 5u) << what;
}

}  // namespace
}  // namespace atrium::test
