#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, countsAnEventOnceHoweverOftenItComes) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  EXPECT_EQ(testkit::deliver(plugin, {R"({"offset": 1})", R"({"offset": 2})"}).accepted, 2u);
  EXPECT_EQ(testkit::deliver(plugin, {R"({"offset": 2, "attempt": 2})", R"({"offset": 3})"}).accepted, 2u);
  EXPECT_EQ(host.log.size(), 3u);
}
