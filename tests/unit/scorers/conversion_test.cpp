// What recorded outcomes let expect: plugins/scorers/conversion.
#include <gtest/gtest.h>

#include <algorithm>
#include <atrium/testkit.hpp>

namespace atrium::testkit {
namespace {

class Conversion : public testing::Test {
 protected:
  std::vector<Scored> scored(const std::vector<JsonText>& agents, const JsonText& lead = R"({"property_type":"villa"})") {
    const Scoring scoring = score(plugin, lead, agents);
    EXPECT_EQ(scoring.status, ATRIUM_OK);
    return scoring.scores;
  }
  static JsonText agent(double won, double closed) {
    return JsonText(R"({"outcomes":{"villa":{"won":)" + std::to_string(won) + R"(,"closed":)" + std::to_string(closed) + "}}}");
  }

  FakeHost host;
  Plugin plugin{host, std::filesystem::path(ATRIUM_PLUGIN_DIRECTORY "/scorer_conversion.so"), R"({"field":"property_type"})"};
};

TEST_F(Conversion, knowsWhoWinsMore) {
  const auto scores = scored({agent(60, 100), agent(30, 100), agent(10, 100)});
  EXPECT_GT(scores[0].value, scores[1].value);
  EXPECT_GT(scores[1].value, scores[2].value);
  EXPECT_NEAR(scores[0].value, .6, .03) << "many outcomes count for what they are";
  EXPECT_NEAR(scores[2].value, .1, .03);
  EXPECT_EQ(scores[0].reason.find("has won 60 of 100 of this kind: "), 0u) << scores[0].reason;
}

TEST_F(Conversion, makesLittleOfFewOutcomes) {
  const auto scores = scored({agent(2, 2), agent(70, 200), agent(60, 200), agent(65, 200)});
  EXPECT_LT(scores[0].value, .4) << "two of two are luck where the others win a third";
  EXPECT_GT(scores[0].value, scores[2].value);
  // Who has none of the kind gets the team's rate, between the others.
  const auto with_new = scored({agent(120, 200), agent(40, 200), "{}"});
  EXPECT_NEAR(with_new[2].value, .4, .01);
  EXPECT_EQ(with_new[2].reason, "has closed none of this kind: the team's rate");
}

TEST_F(Conversion, takesDifferencesForChanceWhereTheyAreNoLarger) {
  const auto alike = scored({agent(9, 30), agent(10, 30), agent(11, 30), agent(10, 30)});
  const auto [least, most] = std::ranges::minmax(alike, {}, &Scored::value);
  EXPECT_LT(most.value - least.value, .01);
  const auto different = scored({agent(1, 30), agent(10, 30), agent(25, 30), agent(4, 30)});
  EXPECT_NEAR(different[2].value, 25.0 / 30, .06) << "where agents differ, each stands for himself";
}

TEST_F(Conversion, aFirstOutcomeMakesNothingCertain) {
  const auto won = scored({agent(1, 1), "{}"}), lost = scored({agent(0, 1), "{}"});
  EXPECT_GT(won[0].value, won[1].value);
  EXPECT_LT(won[0].value, .75);
  EXPECT_LT(lost[0].value, lost[1].value);
  EXPECT_GT(lost[0].value, .25);
}

TEST_F(Conversion, abstainsWhereThereIsNothingToGoBy) {
  for (const auto& scores : {scored({"{}", "{}"}), scored({agent(0, 0)}), scored({agent(1, 2)}, R"({"property_type":"flat"})"),
                             scored({agent(1, 2)}, "{}"), scored({agent(1, 2)}, R"({"property_type":7})")})
    for (const Scored& one : scores) EXPECT_LT(one.value, 0);
}

TEST_F(Conversion, takesCountsThatMakeNoSenseAsNone) {
  for (const JsonText& strange :
       {agent(-1, 10), agent(11, 10), agent(1, -1), JsonText(R"({"outcomes":{"villa":{"won":1,"closed":1e300}}})"),
        JsonText(R"({"outcomes":{"villa":{"won":"1","closed":2}}})"), JsonText(R"({"outcomes":{"villa":[1,2]}})"),
        JsonText(R"({"outcomes":7})")}) {
    const auto scores = scored({agent(30, 100), strange});
    EXPECT_EQ(scores[1].reason, "has closed none of this kind: the team's rate") << strange.text();
    EXPECT_EQ(scores[0].value, scored({agent(30, 100), "{}"})[0].value);
  }
}

TEST_F(Conversion, staysBetweenZeroAndOneWithAnyCounts) {
  std::vector<JsonText> agents;
  for (const double closed : {0.0, 0.5, 1.0, 3.0, 1e3, 1e9})
    for (const double part : {0.0, 0.1, 0.5, 1.0}) agents.push_back(agent(part * closed, closed));
  for (std::size_t first = 0; first < agents.size(); ++first)
    for (std::size_t last = first + 1; last <= agents.size(); ++last)
      for (const Scored& one :
           scored({agents.begin() + static_cast<std::ptrdiff_t>(first), agents.begin() + static_cast<std::ptrdiff_t>(last)}))
        EXPECT_TRUE(one.value <= 1 && (one.value >= 0 || one.value == -1)) << one.value;
}

TEST_F(Conversion, readsTheKindInTheFieldOfItsOption) {
  const Plugin other(host, std::filesystem::path(ATRIUM_PLUGIN_DIRECTORY "/scorer_conversion.so"), R"({"field":"kind"})");
  EXPECT_GT(score(other, R"({"kind":"villa","property_type":"flat"})", {agent(1, 2)})[0].value, 0);
}

}  // namespace
}  // namespace atrium::testkit
