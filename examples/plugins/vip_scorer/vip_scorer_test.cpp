#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(VipScorer, sendsVipLeadsToSeniorAgentsAndTheOthersToTheOthers) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  const std::vector<testkit::JsonText> agents = {R"({"skills": {"senior": 0.9}})", "{}"};
  const auto vip = testkit::score(plugin, R"({"tier": "vip"})", agents);
  EXPECT_GT(vip[0].value, vip[1].value);
  const auto plain = testkit::score(plugin, "{}", agents);
  EXPECT_LT(plain[0].value, plain[1].value);
}
