#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, saysHello) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  const auto run = testkit::execute(plugin, R"({"who": "Ben"})", R"({"display_name": "Ana"})");
  ASSERT_EQ(run.completions(), 1);
  EXPECT_EQ(run.status(), ATRIUM_OK);
  EXPECT_EQ(run.result(), "Hello Ben, says Ana.");
}
