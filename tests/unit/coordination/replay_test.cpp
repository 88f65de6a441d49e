// Decisions made again: kernel/coordination/replay.cpp, decision_inputs.cpp, shadow_policies.cpp.
#include "coordination/replay.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "coordination/decision_inputs.hpp"
#include "coordination/shadow_policies.hpp"
#include "fake_panel.hpp"

namespace atrium::test {
namespace {

std::shared_ptr<const RoutingPolicy> policyOf(std::string name, std::vector<Weighted> agents) {
  RoutingPolicy policy;
  policy.name = std::move(name);
  policy.agents = std::move(agents);
  return std::make_shared<const RoutingPolicy>(std::move(policy));
}

class ReplayTest : public testing::Test {
 protected:
  Decision decided(std::shared_ptr<const Question> asked) {
    std::optional<Decision> decision;
    decider.decide(std::move(asked), [&decision](Decision made) { decision = std::move(made); });
    return std::move(*decision);
  }
  // As it would be read from the store.
  Decision recorded(Question asked) {
    auto decision = decodeInputs(encodeInputs(decided(shared(std::move(asked)))));
    EXPECT_TRUE(decision);
    return decision ? std::move(*decision) : Decision{};
  }
  ReplayReport replayed(const Decision& then) {
    std::optional<ReplayReport> report;
    replay(then, decider, [&report](ReplayReport made) { report = std::move(made); });
    return std::move(*report);
  }
  static Question anaAndBen() {
    Question asked = question(Side::agents, {{"match", 1}, {"load", 0.5}});
    asked.leads = {lead("l1", 0, R"({"property_type":"villa"})")};
    asked.agents = {agent("ana", 3, 5, R"({"skills":{"villa":0.9}})"), agent("ben", 0, 5, R"({"skills":{"villa":0.7}})")};
    return asked;
  }

  FakePanel panel;
  ManualClock clock;
  Decider decider{panel, clock};
};

// For whatever question, through the stored form and back.
TEST_F(ReplayTest, everyDecisionReplaysBitForBit) {
  Random random(3);
  for (int n = 0; n < 1500; ++n) {
    const Decision then = recorded(randomQuestion(random));
    const ReplayReport report = replayed(then);
    EXPECT_TRUE(report.identical) << n;
    EXPECT_EQ(encodeInputs(report.now), encodeInputs(then)) << n << ": what is recorded of it is the same, too";
  }
}

TEST_F(ReplayTest, saysWhichScorerDiffersAndInWhichVersion) {
  const Decision then = recorded(anaAndBen());
  panel.version = "1.1.0";
  panel.scorers["load"] = [](const Question& asked, std::uint32_t at) {
    return at == 1 ? 0.5 : 1 - std::pow((asked.agents[at].active_leads + 1.0) / asked.agents[at].capacity, 2);
  };
  const ReplayReport report = replayed(then);
  EXPECT_FALSE(report.identical);
  ASSERT_EQ(report.scorers.size(), 2u);
  EXPECT_EQ(report.scorers[0].differences, 0u);
  EXPECT_EQ(report.scorers[1].scorer, "load");
  EXPECT_EQ(report.scorers[1].version_then, "1.0.0");
  EXPECT_EQ(report.scorers[1].version_now, "1.1.0");
  EXPECT_EQ(report.scorers[1].differences, 1u);
  EXPECT_EQ(report.scorers[1].candidate, 1u);
  EXPECT_EQ(report.scorers[1].then, 0.96);
  EXPECT_EQ(report.scorers[1].now, 0.5);
  const std::string text = replayJson(then, report);
  ASSERT_TRUE(JsonDocument::parse(text)) << text;
  EXPECT_NE(text.find(R"("first":{"candidate":"Agent ben","then":0.96,"now":0.5})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("identical":false)"), std::string::npos) << text;
}

TEST_F(ReplayTest, noticesTheLastBitAndTheReason) {
  const Decision then = recorded(anaAndBen());
  const auto load = panel.scorers["load"];
  panel.scorers["load"] = [load](const Question& asked, std::uint32_t at) { return std::nextafter(load(asked, at), 0.0); };
  EXPECT_FALSE(replayed(then).identical);
  panel.scorers["load"] = load;
  EXPECT_TRUE(replayed(then).identical);
  panel.reason_of = [](std::string_view, double) { return std::string("said otherwise"); };
  EXPECT_FALSE(replayed(then).identical);
}

TEST_F(ReplayTest, whoWasLeftOutThenIsLeftOutAgain) {
  Question asked = anaAndBen();
  asked.policy = policyOf("tested", {{"match", 1}, {"late", 1}});
  const Decision then = recorded(asked);
  EXPECT_TRUE(then.ranking.degraded);
  panel.scorers["late"] = [](const Question&, std::uint32_t at) { return at == 1 ? 1.0 : 0.0; };
  const ReplayReport report = replayed(then);
  EXPECT_TRUE(report.identical);
  EXPECT_EQ(report.scorers[1].failure_then, "is not there");
}

TEST_F(ReplayTest, aScorerThatFailsNowIsTold) {
  const Decision then = recorded(anaAndBen());
  panel.scorers.erase("load");
  const ReplayReport report = replayed(then);
  EXPECT_FALSE(report.identical);
  EXPECT_EQ(report.scorers[1].failure_now, "is not there");
}

TEST_F(ReplayTest, asksWhatAnotherPolicyWouldHaveDone) {
  const Decision then = recorded(anaAndBen());
  ASSERT_EQ(then.winner(), 1u);
  std::optional<ReplayReport> report;
  replayWith(then, policyOf("other", {{"match", 1}}), decider, [&report](ReplayReport made) { report = std::move(made); });
  ASSERT_TRUE(report);
  EXPECT_EQ(report->now.winner(), 0u);
  EXPECT_NE(replayJson(then, *report).find(R"("policy":"other","winner_then":"Agent ben","winner_now":"Agent ana","winner_changed":true)"),
            std::string::npos)
      << replayJson(then, *report);
}

TEST_F(ReplayTest, playsRecordedTrafficUnderAnotherPolicy) {
  std::vector<RecordedDecision> traffic;
  for (int n = 0; n < 2000; ++n) {
    Question asked = anaAndBen();
    asked.agents[0].active_leads = n % 2 == 0 ? 3 : 0;
    traffic.push_back({"dec_" + std::to_string(n), decided(shared(std::move(asked)))});
  }
  std::optional<TrafficReport> report;
  std::size_t next = 0;
  const auto recorded = [&](std::move_only_function<void(std::optional<RecordedDecision>)> take) {
    next < traffic.size() ? take(std::move(traffic[next++])) : take(std::nullopt);
  };
  replayTraffic(recorded, policyOf("other", {{"match", 1}}), decider, [&report](TrafficReport made) { report = std::move(made); });
  ASSERT_TRUE(report);
  EXPECT_EQ(report->decisions, 2000u);
  EXPECT_EQ(report->agreed, 1000u);
  ASSERT_EQ(report->differences.size(), 1000u);
  EXPECT_EQ(report->differences[1].decision_id, "dec_2");
  EXPECT_EQ(report->differences[1].then, "Agent ben");
  EXPECT_EQ(report->differences[1].now, "Agent ana");
  EXPECT_NEAR(report->differences[1].loss, (0.7 + 0.48 - 0.9 - 0.18) / 1.5, 1e-9);
  EXPECT_EQ(report->fairness_then, 1);
  EXPECT_EQ(report->fairness_now, 0.5);
  EXPECT_TRUE(JsonDocument::parse(trafficJson({.policy = "other", .differences = {{"d", "Ana", "", 0.1}}})));
}

class ShadowPoliciesTest : public ReplayTest {
 protected:
  ShadowPolicies shadow{decider};
};

TEST_F(ShadowPoliciesTest, countsAgreementRegretAndFairness) {
  ASSERT_TRUE(shadow.set("acme", {policyOf("fit", {{"match", 1}}), policyOf("calm", {{"load", 1}})}));
  for (int n = 0; n < 4; ++n) {
    const Decision live = decided(shared(anaAndBen()));
    panel.asks = 0;
    shadow.observe(live);
    EXPECT_EQ(panel.asks, 0u) << "what the live question was answered is known";
  }
  EXPECT_EQ(shadow.json("acme"),
            R"({"live":{"decisions":4,"fairness":0.5},"policies":[)"
            R"({"policy":"fit","decisions":4,"agreed":0,"agreement":0,"regret_mean":0.067,"fairness":0.5,"degraded":0,"skipped":0},)"
            R"({"policy":"calm","decisions":4,"agreed":4,"agreement":1,"regret_mean":0,"fairness":0.5,"degraded":0,"skipped":0}]})");
  EXPECT_EQ(shadow.json("other"), R"({"live":{"decisions":0,"fairness":1},"policies":[]})") << "of another tenant there is nothing";
  ASSERT_TRUE(shadow.set("acme", {}));
  EXPECT_EQ(shadow.json("acme"), shadow.json("other"));
}

TEST_F(ShadowPoliciesTest, isBounded) {
  std::vector<std::shared_ptr<const RoutingPolicy>> many(ShadowPolicies::policies_max + 1, policyOf("fit", {{"match", 1}}));
  EXPECT_FALSE(shadow.set("acme", many));
  panel.held = "slow";
  panel.scorers["slow"] = panel.scorers["load"];
  ASSERT_TRUE(shadow.set("acme", {policyOf("slow", {{"slow", 1}})}));
  for (std::size_t n = 0; n < ShadowPolicies::under_way_max + 3; ++n) shadow.observe(decided(shared(anaAndBen())));
  EXPECT_EQ(panel.kept.size(), ShadowPolicies::under_way_max);
  EXPECT_NE(shadow.json("acme").find(R"("skipped":3)"), std::string::npos) << shadow.json("acme");
  for (auto& answer : panel.kept) answer();
  EXPECT_NE(shadow.json("acme").find(R"("decisions":32,"agreed":32)"), std::string::npos) << shadow.json("acme");
  for (std::size_t n = 1; n < ShadowPolicies::tenants_max; ++n)
    ASSERT_TRUE(shadow.set("tenant" + std::to_string(n), {policyOf("fit", {{"match", 1}})}));
  EXPECT_FALSE(shadow.set("one more", {policyOf("fit", {{"match", 1}})}));
}

}  // namespace
}  // namespace atrium::test
