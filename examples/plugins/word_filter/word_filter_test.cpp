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

TEST(WordFilter, saysWhatIsWrongWithItsWords) {
  testkit::FakeHost host;
  for (const char* options : {R"({"words": [1], "deny": true})", R"({"words": ["darn", ""], "deny": true})"}) try {
      const testkit::Plugin plugin(host, atrium_entry, options);
      ADD_FAILURE() << options;
    } catch (const std::runtime_error& problem) {
      EXPECT_STREQ(problem.what(), "each of words must be a text, and not an empty one, which every message has");
    }
}
