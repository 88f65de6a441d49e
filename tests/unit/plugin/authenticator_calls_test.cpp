#include "plugin/authenticator_calls.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "edge_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

class AuthenticatorCallsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(edge.started) << edge.started.error().detail; }
  void ask(const std::string& token) {
    answer.reset();
    judges.judge(token, "https://one.example.com", [this](Result<JudgedToken> came) { answer = std::move(came); });
  }
  Result<JudgedToken> judged(const std::string& token) {
    ask(token);
    edge.shards.turn();
    return answer ? *answer : Result<JudgedToken>(fail(Code::internal, "not answered"));
  }
  [[nodiscard]] std::uint64_t failures() {
    std::uint64_t count = 0;
    edge.world.host().find("test.edge")->forEachGuard([&](const HookGuard& guard) { count += guard.failures(); });
    return count;
  }

  EdgeWorld edge;
  AuthenticatorCalls judges{edge.registry(), edge.calls, edge.now, edge.world.log};
  std::optional<Result<JudgedToken>> answer;
};

TEST_F(AuthenticatorCallsTest, knowsWhoseTokensAreWanted) {
  EXPECT_TRUE(judges.wants("https://one.example.com"));
  EXPECT_TRUE(judges.wants("https://two.example.com"));
  for (const char* issuer : {"", "https://one.example.com ", "https://one.example.co", "https://three.example.com"})
    EXPECT_FALSE(judges.wants(issuer)) << issuer;
}

TEST_F(AuthenticatorCallsTest, bringsWhomTheAuthenticatorAccepts) {
  const auto zoe = judged("good");
  ASSERT_TRUE(zoe);
  EXPECT_EQ(zoe->principal.user_id, "zoe");
  EXPECT_EQ(zoe->principal.tenant_id, "acme");
  EXPECT_EQ(zoe->principal.display_name, "Zoe");
  EXPECT_EQ(zoe->principal.roles, ATRIUM_ROLE_SUPERVISOR);
  EXPECT_EQ(zoe->principal.expires, edge.now.wall + 60s);
  EXPECT_EQ(zoe->cache, std::chrono::seconds{30});
}

TEST_F(AuthenticatorCallsTest, aNoAndAStrangersTokenAreNoFailures) {
  EXPECT_EQ(judged("bad").error().code, Code::unauthorized);
  EXPECT_EQ(judged("foreign").error().code, Code::unauthorized);
  EXPECT_EQ(failures(), 0u);
}

TEST_F(AuthenticatorCallsTest, whoBreaksTheContractCouldNotTell) {
  std::uint64_t count = 0;
  for (const char* token : {"broken", "silent", "twice"}) {
    EXPECT_EQ(judged(token).error().code, Code::plugin_failed) << token;
    EXPECT_EQ(failures(), ++count) << token;
  }
}

TEST_F(AuthenticatorCallsTest, anAnswerThatDoesNotComeInTimeIsNone) {
  ask("good");
  edge.now.mono += AuthenticatorKind::deadline_max;
  edge.timers.advance(edge.now.mono);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code, Code::plugin_failed);
  edge.workers.stop();
  while (!edge.shards.empty()) edge.shards.turn();  // Too late: nobody is called again.
  EXPECT_EQ(answer->error().code, Code::plugin_failed);
}

TEST_F(AuthenticatorCallsTest, whenAnAuthenticatorLeavesItsTokensAreWantedNoMore) {
  EXPECT_TRUE(judges.wants("https://one.example.com"));
  const std::uint64_t before = judges.generation();
  edge.registry().withdraw(*edge.world.host().find("test.edge"));
  EXPECT_NE(judges.generation(), before);
  EXPECT_FALSE(judges.wants("https://one.example.com"));
  ask("good");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code, Code::unauthorized);
}

}  // namespace
}  // namespace atrium::test
