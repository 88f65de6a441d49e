#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SmallTalk, greetsByName) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  const auto tip = testkit::open(plugin, ATRIUM_TASK_MESSAGE_SUGGESTION, R"({"lead": {"name": "Eve"}})");
  EXPECT_EQ(tip.completions(), 1);
  EXPECT_EQ(tip.text(), "Good day Eve, what may I do for you?");
}
