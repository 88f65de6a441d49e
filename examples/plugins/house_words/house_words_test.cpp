#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(HouseWords, areStarredWhereTheyStandAlone) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"words": ["darn"], "refuse": false})");
  testkit::RoomCalls calls;
  calls.message = R"({"content": "Darn, my socks need darning."})";
  const testkit::Verdict verdict = calls.will_post(plugin);
  EXPECT_TRUE(verdict.allowed());
  EXPECT_EQ(verdict.content, "****, my socks need darning.");
  EXPECT_EQ(verdict.annotations.at("starred"), "true");
  calls.message = R"({"content": "All is well."})";
  EXPECT_FALSE(calls.will_post(plugin).content);
}

TEST(HouseWords, areRefusedWhereTheOperatorWantsIt) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"words": ["darn", "heck"], "refuse": true})");
  testkit::RoomCalls calls;
  calls.message = R"({"content": "what the HECK"})";
  EXPECT_EQ(calls.will_post(plugin).reason, "That is not said in this house.");
}

TEST(HouseWords, saysWhatIsWrongWithItsOptions) {
  testkit::FakeHost host;
  EXPECT_THROW(testkit::Plugin(host, atrium_entry, R"({"words": [1], "refuse": true})"), std::runtime_error);
}
