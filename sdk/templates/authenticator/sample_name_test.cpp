#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, believesTheWordAndNothingElse) {
  testkit::FakeHost host;
  host.secrets["word"] = "open";
  const testkit::Plugin plugin(host, atrium_entry);
  const auto ana = testkit::authenticate(plugin, "sample_name:acme:ana:open");
  ASSERT_EQ(ana.status, ATRIUM_OK);
  EXPECT_EQ(ana.tenant_id, "acme");
  EXPECT_EQ(ana.user_id, "ana");
  EXPECT_EQ(testkit::authenticate(plugin, "sample_name:acme:ana:shut").status, ATRIUM_DENIED);
  EXPECT_EQ(testkit::authenticate(plugin, "sample_name:acme").status, ATRIUM_DENIED);
  EXPECT_EQ(testkit::authenticate(plugin, "eyJhbGciOi").status, ATRIUM_UNSUPPORTED);
}

// A principal that cannot be one would be a failure of this plugin's, and enough of them open its breaker.
TEST(SampleName, deniesWhatIsNoIdBehindAGoodWord) {
  testkit::FakeHost host;
  host.secrets["word"] = "open";
  const testkit::Plugin plugin(host, atrium_entry);
  for (const std::string& user : {std::string(), std::string("a\nb"), std::string("a\x7f"), std::string("\xff"), std::string(129, 'x')}) {
    EXPECT_EQ(testkit::authenticate(plugin, "sample_name:acme:" + user + ":open").status, ATRIUM_DENIED) << user;
    EXPECT_EQ(testkit::authenticate(plugin, "sample_name:" + user + ":ana:open").status, ATRIUM_DENIED) << user;
  }
  for (const char* word : {"", "o", "opem", "openopen"})
    EXPECT_EQ(testkit::authenticate(plugin, std::string("sample_name:acme:ana:") + word).status, ATRIUM_DENIED) << word;
}

TEST(SampleName, believesNobodyWithoutAWord) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  EXPECT_EQ(testkit::authenticate(plugin, "sample_name:acme:ana:").status, ATRIUM_DENIED);
}
