#include "coaching/day_budget.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

TEST(DayBudget, addsWhatAnswersReport) {
  DaySpend spend;
  EXPECT_TRUE(spend.add(JsonDocument::parse(R"({"input_tokens":100,"output_tokens":20,"cost":0.25})")->root()));
  EXPECT_FALSE(spend.add(JsonDocument::parse(R"({"stage":"closing"})")->root())) << "rules cost nothing";
  EXPECT_FALSE(spend.add(JsonDocument::parse(R"({"input_tokens":-5,"cost":"free"})")->root()));
  EXPECT_EQ(spend, (DaySpend{.tokens = 120, .cost = 0.25, .answers = 1}));
  EXPECT_EQ(DaySpend::decode(spend.encode()), spend);
  EXPECT_EQ(DaySpend::decode("nonsense"), DaySpend{});
}

TEST(DayBudget, knowsItsBounds) {
  const DaySpend spend{.tokens = 100, .cost = 2, .answers = 3};
  EXPECT_FALSE(spend.reaches({}));
  EXPECT_FALSE(spend.reaches({.tokens = 101, .cost = 2.5}));
  EXPECT_TRUE(spend.reaches({.tokens = 100, .cost = 0}));
  EXPECT_TRUE(spend.reaches({.tokens = 0, .cost = 2}));
}

TEST(DayBudget, believesNoFigureBeyondReason) {
  DaySpend spend;
  EXPECT_TRUE(spend.add(JsonDocument::parse(R"({"input_tokens":1e300,"cost":1e300})")->root()));
  EXPECT_LE(spend.tokens, 1'000'000'000u);
  EXPECT_LE(spend.cost, 1e6);
}

TEST(DayBudget, aDayIsOneOfUtc) { EXPECT_EQ(dayOf(fromMillis(1'767'225'599'999)), "2025-12-31"); }

}  // namespace
}  // namespace atrium
