#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, believesTheWordAndNothingElse) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"word": "open"})");
  const auto ana = testkit::authenticate(plugin, "sample_name:acme:ana:open");
  ASSERT_EQ(ana.status, ATRIUM_OK);
  EXPECT_EQ(ana.tenant_id, "acme");
  EXPECT_EQ(ana.user_id, "ana");
  EXPECT_EQ(testkit::authenticate(plugin, "sample_name:acme:ana:shut").status, ATRIUM_DENIED);
  EXPECT_EQ(testkit::authenticate(plugin, "sample_name:acme").status, ATRIUM_DENIED);
  EXPECT_EQ(testkit::authenticate(plugin, "eyJhbGciOi").status, ATRIUM_UNSUPPORTED);
}

TEST(SampleName, believesNobodyWithoutAWord) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"word": ""})");
  EXPECT_EQ(testkit::authenticate(plugin, "sample_name:acme:ana:").status, ATRIUM_DENIED);
}
