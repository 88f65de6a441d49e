#ifndef ATRIUM_TESTKIT_CONTRACT_ROUTING_SCORER_HPP
#define ATRIUM_TESTKIT_CONTRACT_ROUTING_SCORER_HPP
#include <cmath>

#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class RoutingScorerContract : public ContractTest {
 protected:
  static std::vector<JsonText> agents() {
    return {
        R"({"agent_id":"ana","skills":{"senior":0.9,"spanish":1},"languages":["en","es"],"active_leads":1,"capacity":4,"satisfaction":4.8})",
        R"({"agent_id":"ben","status":"busy","active_leads":5,"capacity":5,"avg_response_minutes":12.5,"conversion_rate":0.3})",
        R"({"agent_id":"cyd","status":"offline","idle_ms":86400000})", "{}"};
  }
  static std::vector<JsonText> leads() {
    return {R"({"lead_id":"l1","tier":"vip","property_type":"flat","budget":250000.5,"urgency":"high","location":"harbour","score":87})",
            R"({"lead_id":"l2","waiting_ms":3600000,"urgency":0.1})", "{}"};
  }
  static void expect_sound(const Scoring& scoring) {
    if (scoring.status != ATRIUM_OK) return;
    for (const Scored& score : scoring.scores) {
      EXPECT_FALSE(std::isnan(score.value)) << "NaN leaves the scorer out of the decision";
      EXPECT_LE(score.value, 1.0);
      EXPECT_LE(score.reason.size(), ATRIUM_SCORER_REASON_MAX);
      EXPECT_TRUE(is_utf8(score.reason)) << score.reason;
    }
  }
  static void expect_same(const Scoring& a, const Scoring& b) {
    ASSERT_EQ(a.status, b.status);
    ASSERT_EQ(a.scores.size(), b.scores.size());
    for (std::size_t at = 0; at < a.scores.size(); ++at) {
      EXPECT_EQ(a[at].value, b[at].value);
      EXPECT_EQ(a[at].reason, b[at].reason);
    }
  }
  // Both sides, as far as the plugin has them.
  template <typename Check>
  void each_side(Check&& check) {
    const auto& table = plugin().need<atrium_routing_scorer>(ATRIUM_EXT_ROUTING_SCORER);
    if (table.score_batch)
      for (const JsonText& lead : leads()) check([lead](const Plugin& on, const auto& many) { return score(on, lead, many); }, agents());
    if (table.score_queue)
      for (const JsonText& agent : agents())
        check([agent](const Plugin& on, const auto& many) { return score_queue(on, agent, many); }, leads());
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RoutingScorerContract);

TEST_P(RoutingScorerContract, hasANameAndAtLeastOneSide) {
  const auto& table = plugin().need<atrium_routing_scorer>(ATRIUM_EXT_ROUTING_SCORER);
  EXPECT_TRUE(table.score_batch || table.score_queue);
  EXPECT_TRUE(is_offered_name(view(table.info->name))) << view(table.info->name);
}

TEST_P(RoutingScorerContract, scoresBetweenZeroAndOneOrAbstains) {
  each_side([&](auto call, const auto& many) {
    const Scoring scoring = call(plugin(), many);
    EXPECT_EQ(scoring.status, ATRIUM_OK);
    expect_sound(scoring);
  });
}

TEST_P(RoutingScorerContract, givesTheSameScoresAgainAndInAnyInstance) {
  const Plugin other = another(host);
  each_side([&](auto call, const auto& many) {
    const Scoring first = call(plugin(), many);
    host.advance_ms(60'000);
    expect_same(first, call(plugin(), many));
    expect_same(first, call(other, many));
  });
}

TEST_P(RoutingScorerContract, scoresEachByItselfWhateverStandsBesideIt) {
  each_side([&](auto call, const auto& many) {
    const Scoring together = call(plugin(), many);
    std::vector<JsonText> backwards(many.rbegin(), many.rend());
    const Scoring reversed = call(plugin(), backwards);
    for (std::size_t at = 0; at < many.size(); ++at) {
      expect_same({together.status, {together[at]}}, call(plugin(), std::vector{many[at]}));
      EXPECT_EQ(together[at].value, reversed[many.size() - 1 - at].value);
    }
  });
}

TEST_P(RoutingScorerContract, takesALargeBatch) {
  const std::vector<JsonText> many(ATRIUM_SCORER_BATCH_MAX, R"({"skills":{"senior":0.5}})");
  each_side([&](auto call, const auto&) { expect_sound(call(plugin(), many)); });
}

TEST_P(RoutingScorerContract, survivesFieldsOfAnyKind) {
  const auto strange =
      strange_objects({"name", "property_type", "budget", "urgency", "location", "score", "tier", "skills", "languages", "territory"});
  each_side([&](auto call, const auto&) { expect_sound(call(plugin(), strange)); });
  const auto& table = plugin().need<atrium_routing_scorer>(ATRIUM_EXT_ROUTING_SCORER);
  for (const JsonText& one : strange) {
    if (table.score_batch) expect_sound(score(plugin(), one, agents()));
    if (table.score_queue) expect_sound(score_queue(plugin(), one, leads()));
  }
}

}  // namespace atrium::testkit
#endif
