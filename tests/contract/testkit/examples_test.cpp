// Two of the examples with the testkit, as docs/plugins/testing.md shows.
// [snippet:includes]
#include <gtest/gtest.h>
#include <atrium/testkit.hpp>

using namespace atrium::testkit;
// [/snippet]

namespace {

const char* const fair_share_so = ATRIUM_EXAMPLE_DIRECTORY "/fair_share.so";
const char* const model_tips_so = ATRIUM_TESTKIT_PLUGINS "/model_tips.so";

// [snippet:scorer]
TEST(FairShare, prefersTheEmptierDesk) {
  FakeHost host;
  const Plugin plugin(host, fair_share_so, R"({"idle_minutes": 30})");
  const Scoring scores =
      score(plugin, R"({"lead_id": "l1"})",
            {R"({"agent_id": "ana", "active_leads": 4, "capacity": 5})",
             R"({"agent_id": "ben", "active_leads": 0, "capacity": 5, "idle_ms": 1800000})", R"({"agent_id": "cyd", "status": "away"})"});
  EXPECT_LT(scores[0].value, scores[1].value);
  EXPECT_EQ(scores[1].value, 1.0);
  EXPECT_EQ(scores[1].reason, "has an empty desk");
  EXPECT_LT(scores[2].value, 0) << "who is away is left to the other scorers";
}
// [/snippet]

TEST(FairShare, takesTheLeadThatWaitedLongest) {
  FakeHost host;
  const Plugin plugin(host, fair_share_so, R"({"waiting_minutes": 15})");
  const Scoring scores = score_queue(plugin, "{}", {R"({"waiting_ms": 450000})", R"({"waiting_ms": 9000000})"});
  EXPECT_EQ(scores[0].value, 0.5);
  EXPECT_EQ(scores[1].value, 1.0);
}

// [snippet:assistant]
TEST(ModelTips, asksTheModelWithTheOperatorsKey) {
  FakeHost host;
  host.secrets["api_key"] = "k3y";
  host.answer_later = true;
  host.answer_http("https://models.example/tip", 200, R"({"tip": "Ask about the roof"})");
  const Plugin plugin(host, model_tips_so, R"({"url": "https://models.example/tip"})");

  const Awaited tip = open(plugin, ATRIUM_TASK_COACHING, R"({"lead": "l1"})");
  EXPECT_FALSE(tip.done()) << "nothing waits while the model thinks";
  EXPECT_EQ(host.http_sent.at(0).headers.at("authorization"), "Bearer k3y");
  EXPECT_EQ(host.http_sent.at(0).body, R"({"context":{"lead": "l1"}})");

  host.answer_calls();
  EXPECT_EQ(tip.completions(), 1);
  EXPECT_EQ(tip.text(), "Ask about the roof");
}
// [/snippet]

struct Unlucky {
  std::uint32_t status;
  const char* body;
  const char* why;
};
class ModelTipsFailing : public testing::TestWithParam<Unlucky> {};
TEST_P(ModelTipsFailing, saysWhyThereIsNoTip) {
  FakeHost host;
  host.secrets["api_key"] = "k3y";
  host.answer_http("https://models.example/tip", GetParam().status, GetParam().body);
  const Plugin plugin(host, model_tips_so, R"({"url": "https://models.example/tip"})");
  const Awaited tip = open(plugin, ATRIUM_TASK_COACHING, "{}");
  EXPECT_EQ(tip.status(), ATRIUM_FAILED);
  EXPECT_EQ(tip.result(), GetParam().why);
  EXPECT_EQ(host.metrics.at("failed").value, 1);
}
INSTANTIATE_TEST_SUITE_P(All, ModelTipsFailing,
                         testing::Values(Unlucky{500, "", "The model answered 500."},
                                         Unlucky{200, "{", "The model answered what is not JSON."},
                                         Unlucky{200, "{}", "The model gave no tip."}));

TEST(ModelTips, dropsAnAnswerThatNobodyWaitsForAnyMore) {
  FakeHost host;
  host.secrets["api_key"] = "k3y";
  host.answer_later = true;
  host.answer_http("https://models.example/tip", 200, R"({"tip": "too late"})");
  const Plugin plugin(host, model_tips_so, R"({"url": "https://models.example/tip"})");
  const Awaited tip = open(plugin, ATRIUM_TASK_COACHING, "{}");
  plugin.need<atrium_assistant>(ATRIUM_EXT_ASSISTANT).cancel(plugin.self(), atrium::text_of("request_1"));
  host.answer_calls();
  EXPECT_EQ(tip.status(), ATRIUM_CANCELLED);
  EXPECT_EQ(tip.text(), "");
}

// [snippet:start]
TEST(ModelTips, saysWhatItNeedsToStart) {
  FakeHost host;
  host.refuse("http");
  try {
    const Plugin plugin(host, model_tips_so, R"({"url": "https://models.example/tip"})");
    FAIL() << "it started";
  } catch (const std::runtime_error& problem) {
    EXPECT_STREQ(problem.what(), "it needs the grant http, which it was not given");
  }
}
// [/snippet]

TEST(ModelTips, doesNotStartWithoutItsKey) {
  FakeHost host;
  try {
    const Plugin plugin(host, model_tips_so, R"({"url": "https://models.example/tip"})");
    FAIL() << "it started";
  } catch (const std::runtime_error& problem) {
    EXPECT_STREQ(problem.what(), "the secret api_key is missing");
  }
}

}  // namespace
