#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, sendsVipLeadsToSeniorAgents) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  const auto scores = testkit::score(plugin, R"({"tier": "vip"})", {R"({"skills": {"senior": 0.9}})", "{}"});
  ASSERT_EQ(scores.status, ATRIUM_OK);
  EXPECT_EQ(scores[0].value, 1.0);
  EXPECT_EQ(scores[1].value, 0.2);
}
