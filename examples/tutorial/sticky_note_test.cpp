#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(StickyNote, isOneLine) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  testkit::RoomCalls calls;
  calls.message = R"({"content": "Buy milk", "metadata": {"colour": "blue"}})";
  EXPECT_TRUE(calls.check(plugin).allowed());
  calls.message = R"({"content": "Buy milk\nand bread", "metadata": {"colour": "blue"}})";
  EXPECT_EQ(calls.check(plugin).reason, "A note is one line.");
}

// [snippet:test]
TEST(StickyNote, doesNotShout) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  testkit::RoomCalls calls;
  calls.message = R"({"content": "BUY MILK"})";
  EXPECT_EQ(calls.check(plugin).reason, "A note does not shout.");
}
// [/snippet]
