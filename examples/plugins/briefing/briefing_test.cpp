#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(Briefing, isForSupervisorsToSpeak) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  testkit::RoomCalls calls;
  calls.user = R"({"roles": ["supervisor"]})";
  EXPECT_TRUE(calls.will_post(plugin).allowed());
  calls.user = R"({"roles": ["agent"]})";
  EXPECT_EQ(calls.will_post(plugin).reason, "Only supervisors speak in a briefing.");
}
