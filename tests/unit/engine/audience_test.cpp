#include "engine/audience.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

Principal who(std::string user_id, std::uint32_t roles) {
  Principal principal;
  principal.tenant_id = "acme";
  principal.user_id = std::move(user_id);
  principal.roles = roles;
  return principal;
}

TEST(Audience, isEveryoneWhenNoClassIsNamed) {
  const Audience audience("");
  EXPECT_TRUE(audience.includes(who("ana", 0)));
}

TEST(Audience, includesThoseNamedByRoleOrId) {
  const auto stored = Audience::encode({"sender", "role:supervisor", "role:service", "user:ben:1"}, "ana");
  ASSERT_TRUE(stored);
  const Audience audience(*stored);
  EXPECT_TRUE(audience.includes(who("ana", ATRIUM_ROLE_AGENT)));
  EXPECT_TRUE(audience.includes(who("ben:1", ATRIUM_ROLE_CLIENT)));
  EXPECT_TRUE(audience.includes(who("cleo", ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_AGENT)));
  EXPECT_TRUE(audience.includes(who("bot", ATRIUM_ROLE_SERVICE)));
  EXPECT_FALSE(audience.includes(who("ben", ATRIUM_ROLE_AGENT)));
  EXPECT_FALSE(audience.includes(who("dan", ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_CLIENT)));
  EXPECT_FALSE(audience.includes(who("supervisor", 0)));
}

TEST(Audience, namesEveryTokenRole) {
  EXPECT_EQ(tokenRoleBit("agent"), ATRIUM_ROLE_AGENT);
  EXPECT_EQ(tokenRoleBit("supervisor"), ATRIUM_ROLE_SUPERVISOR);
  EXPECT_EQ(tokenRoleBit("admin"), ATRIUM_ROLE_ADMIN);
  EXPECT_EQ(tokenRoleBit("client"), ATRIUM_ROLE_CLIENT);
  EXPECT_EQ(tokenRoleBit("service"), ATRIUM_ROLE_SERVICE);
  EXPECT_EQ(tokenRoleBit("Agent"), 0u);
  EXPECT_EQ(tokenRoleBit(""), 0u);
}

class AudienceRefused : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(AudienceRefused, asAPluginsFault) {
  const auto stored = Audience::encode(GetParam(), "ana");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Code::plugin_failed);
}

INSTANTIATE_TEST_SUITE_P(Classes, AudienceRefused,
                         testing::Values(std::vector<std::string>{"role:king"}, std::vector<std::string>{"role:"},
                                         std::vector<std::string>{"user:"}, std::vector<std::string>{"user:" + std::string(129, 'x')},
                                         std::vector<std::string>{"user:a\nrole:agent"}, std::vector<std::string>{"everyone"},
                                         std::vector<std::string>{""}, std::vector<std::string>{"sender", "moderator"},
                                         std::vector<std::string>{"role:agent", "role:admin", "role:client", "user:a", "user:b"}));

TEST(Audience, ofTwoHooksIsWhoIsInBoth) {
  const auto first = Audience::encode({"sender", "role:supervisor", "user:ben"}, "ana");
  const auto second = Audience::encode({"role:agent", "user:eve"}, "ana");
  const auto stored = Audience::both(*first, *second);
  ASSERT_TRUE(stored);
  const Audience audience(*stored);
  EXPECT_TRUE(audience.includes(who("ana", ATRIUM_ROLE_AGENT)));
  EXPECT_TRUE(audience.includes(who("eve", ATRIUM_ROLE_SUPERVISOR)));
  EXPECT_FALSE(audience.includes(who("ana", ATRIUM_ROLE_CLIENT)));
  EXPECT_FALSE(audience.includes(who("eve", ATRIUM_ROLE_ADMIN)));
  EXPECT_FALSE(audience.includes(who("cleo", ATRIUM_ROLE_AGENT)));
  EXPECT_FALSE(audience.includes(who("cleo", ATRIUM_ROLE_SUPERVISOR)));
  EXPECT_EQ(*Audience::both(*first, ""), *first);
  EXPECT_EQ(*Audience::both("", *second), *second);
}

TEST(Audience, ofTwoHooksWithAllTheyMayNameFits) {
  std::vector<std::string> users;
  for (const char letter : {'a', 'b', 'c', 'd'}) users.push_back("user:" + std::string(user_id_max, letter));
  const auto named = Audience::encode(users, "ana");
  const auto stored = Audience::both(*named, *named);
  ASSERT_TRUE(stored);
  EXPECT_FALSE(Audience::both(*stored, *named));
}

TEST(Audience, isRefusedWhenItDoesNotFitIntoTheStore) {
  const auto stored = Audience::encode({"sender"}, std::string(1200, 'x'));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Code::plugin_failed);
}

TEST(Audience, thatTheStoreSpoiltIncludesNobody) {
  EXPECT_FALSE(Audience("x").includes(who("x", ATRIUM_ROLE_AGENT)));
  EXPECT_FALSE(Audience("role:king\n\nuse").includes(who("", ATRIUM_ROLE_AGENT)));
}

}  // namespace
}  // namespace atrium
