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
