#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, countsAnEventOnceHoweverOftenItComes) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  EXPECT_EQ(testkit::deliver(plugin, {R"({"offset": 5, "event_id": "a"})", R"({"offset": 6, "event_id": "b"})"}).accepted, 2u);
  EXPECT_EQ(testkit::deliver(plugin, {R"({"offset": 6, "event_id": "b", "attempt": 2})", R"({"offset": 7, "event_id": "c"})"}).accepted,
            2u);
  EXPECT_EQ(host.log.size(), 3u);
}

TEST(SampleName, countsADeadLetterThatIsDeliveredAgain) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  EXPECT_EQ(testkit::deliver(plugin, {R"({"offset": 6, "event_id": "b"})"}).accepted, 1u);
  EXPECT_EQ(testkit::deliver(plugin, {R"({"offset": 5, "event_id": "a", "attempt": 9})"}).accepted, 1u);
  EXPECT_EQ(host.log.size(), 2u);
}
