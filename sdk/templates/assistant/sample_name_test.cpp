#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, greetsByName) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  const auto tip = testkit::open(plugin, ATRIUM_TASK_COACHING, R"({"client_name": "Eve"})");
  ASSERT_EQ(tip.completions(), 1);
  EXPECT_EQ(tip.text(), "Greet Eve by name.");
}
