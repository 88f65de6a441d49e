#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(RaisedHand, saysNothing) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  testkit::RoomCalls calls;
  calls.message = R"({"content": ""})";
  EXPECT_TRUE(calls.check(plugin).allowed());
  EXPECT_EQ(calls.summarise(plugin), "asks for the floor");
  calls.message = R"({"content": "me!"})";
  EXPECT_EQ(calls.check(plugin).denied_fields.count("/content"), 1u);
}

TEST(RaisedHand, isNotForObservers) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  testkit::RoomCalls calls;
  calls.message = R"({"content": ""})";
  calls.user = R"({"room_role": "observer"})";
  EXPECT_TRUE(calls.check(plugin).denied);
}
