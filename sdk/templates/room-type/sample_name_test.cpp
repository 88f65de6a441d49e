#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, refusesMoreWordsThanTheOperatorAllows) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"words_max": 3})");
  testkit::RoomCalls calls;
  calls.message = R"({"content": "one two three"})";
  EXPECT_TRUE(calls.will_post(plugin).allowed());
  calls.message = R"({"content": "one two three four"})";
  EXPECT_EQ(calls.will_post(plugin).reason, "Say it with fewer words.");
}
