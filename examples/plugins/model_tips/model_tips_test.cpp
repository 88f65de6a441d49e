#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(ModelTips, bringsTheModelsTip) {
  testkit::FakeHost host;
  host.secrets["api_key"] = "k3y";
  host.answer_http("https://models.example/tip", 200, R"({"tip": "Ask about the roof"})");
  const testkit::Plugin plugin(host, atrium_entry, R"({"url": "https://models.example/tip"})");
  EXPECT_EQ(testkit::open(plugin, ATRIUM_TASK_COACHING, "{}").text(), "Ask about the roof");
  EXPECT_EQ(host.http_sent.at(0).headers.at("authorization"), "Bearer k3y");
}

TEST(ModelTips, makesNoTipThatWasCancelledHoweverManyCancelsCameTooLate) {
  testkit::FakeHost host;
  host.secrets["api_key"] = "k3y";
  const testkit::Plugin plugin(host, atrium_entry, R"({"url": "https://models.example/tip"})");
  const auto& assistant = plugin.need<atrium_assistant>(ATRIUM_EXT_ASSISTANT);
  for (int n = 0; n < 2000; ++n) assistant.cancel(plugin.self(), atrium::text_of("late_" + std::to_string(n)));
  host.answer_later = true;
  host.answer_http("https://models.example/tip", 200, R"({"tip": "Ask about the roof"})");
  const testkit::Awaited tip = testkit::open(plugin, ATRIUM_TASK_COACHING, "{}");
  assistant.cancel(plugin.self(), atrium::text_of("request_1"));
  host.answer_calls();
  EXPECT_EQ(tip.status(), ATRIUM_CANCELLED);
  EXPECT_EQ(tip.text(), "");
}
