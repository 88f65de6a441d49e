#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(WordFilter, refusesOrMarksAsTheOperatorWants) {
  testkit::FakeHost host;
  testkit::RoomCalls calls;
  calls.message = R"({"content": "Darn it", "metadata": {}})";
  const testkit::Plugin strict(host, atrium_entry, R"({"words": ["darn"], "deny": true})");
  EXPECT_EQ(calls.will_post(strict).reason, "Mind your words.");
  const testkit::Plugin mild(host, atrium_entry, R"({"words": ["darn"], "deny": false})");
  const testkit::Verdict verdict = calls.will_post(mild);
  EXPECT_TRUE(verdict.allowed());
  ASSERT_EQ(verdict.patches.size(), 1u);
  EXPECT_EQ(verdict.patches[0].first, "/metadata/moderation/word");
}
