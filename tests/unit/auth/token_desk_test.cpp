#include "auth/token_desk.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "token_fixture.hpp"

namespace atrium {
namespace {

// Judges of the issuer "elsewhere", whose answers the test gives.
class Judges final : public TokenJudges {
 public:
  [[nodiscard]] bool wants(std::string_view issuer) override { return issuer == "elsewhere" || (any && issuer.empty()); }
  [[nodiscard]] std::uint64_t generation() const override { return present; }
  void judge(std::string token, std::string, Completion<JudgedToken> done) override {
    asked.emplace_back(std::move(token), std::move(done));
  }

  bool any = false;
  std::uint64_t present = 1;
  std::vector<std::pair<std::string, Completion<JudgedToken>>> asked;
};

class TokenDeskTest : public testing::Test {
 protected:
  explicit TokenDeskTest(TokenDesk::Limits limits = {}, TokenRules rules = {})
      : own(verifierFor(std::move(rules))),
        metrics(metric_table),
        now{.mono = {}, .wall = test_now},
        desk(own, judges, now, metrics, limits) {}

  static std::string foreign(std::string_view user = "zoe", std::string_view issuer = "elsewhere") {
    return signedToken(R"({"alg":"RS256"})", R"({"iss":")" + std::string(issuer) + R"(","sub":")" + std::string(user) + R"("})",
                       "their key");
  }
  static JudgedToken judged(std::string user = "zoe") {
    return {{.tenant_id = "acme", .user_id = std::move(user), .display_name = "Zoe", .roles = ATRIUM_ROLE_AGENT, .expires = test_now + 1h},
            std::chrono::seconds{60}};
  }
  std::optional<Result<Principal>> verify(const std::string& token) { return desk.verify(token, now.wall); }
  // Asks; the answers come to `answers` in their order.
  void ask(const std::string& token) {
    desk.ask(token, [this](Result<Principal> answer) { answers.push_back(std::move(answer)); });
  }
  void answer(std::size_t at, Result<JudgedToken> what) { std::exchange(judges.asked[at].second, nullptr)(std::move(what)); }
  Code refused(Result<JudgedToken> what) {
    ask(foreign());
    answer(judges.asked.size() - 1, std::move(what));
    const Result<Principal> last = answers.back();
    now.wall += 1h;  // Nothing is remembered that long.
    return last ? Code::internal : last.error().code;
  }

  TokenVerifier own;
  Judges judges;
  MetricSet metrics;
  Now now;
  TokenDesk desk;
  std::vector<Result<Principal>> answers;
};

TEST_F(TokenDeskTest, whatOurKeySignedIsSettledByUs) {
  EXPECT_EQ((*verify(signedToken(plain_header, plain_claims)))->user_id, "ana");
  const auto expired = verify(signedToken(plain_header, R"({"sub":"ana","tenant_id":"acme","exp":1,"iss":"elsewhere"})"));
  ASSERT_TRUE(expired);
  EXPECT_EQ(expired->error().code, Code::token_expired);
}

TEST_F(TokenDeskTest, whatNoJudgeWantsIsRefusedAtOnce) {
  for (const std::string& token :
       {foreign("zoe", "nowhere"), std::string("opaque"), std::string("a.b.c"), std::string(), std::string("..")}) {
    const auto known = verify(token);
    ASSERT_TRUE(known) << token;
    EXPECT_EQ(known->error().code, Code::unauthorized) << token;
  }
}

TEST_F(TokenDeskTest, aJudgeOfAnythingIsAskedAboutTokensThatAreNoJwt) {
  judges.any = true;
  EXPECT_FALSE(verify("opaque"));
  EXPECT_FALSE(verify(std::string(16'384, 'x')));
  EXPECT_TRUE(verify(std::string(16'385, 'x')));
  EXPECT_TRUE(verify(""));
}

TEST_F(TokenDeskTest, anAnswerIsRememberedAsLongAsTheJudgeSays) {
  ASSERT_FALSE(verify(foreign()));
  ask(foreign());
  answer(0, judged());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0]->display_name, "Zoe");
  EXPECT_TRUE(answers[0]->name_verified);
  now.wall += 59s;
  EXPECT_EQ((*verify(foreign()))->user_id, "zoe");
  now.wall += 1s;
  EXPECT_FALSE(verify(foreign()));
}

TEST_F(TokenDeskTest, anAnswerIsNotRememberedPastTheTokensEnd) {
  ask(foreign());
  JudgedToken short_lived = judged();
  short_lived.principal.expires = now.wall + 5s;
  answer(0, short_lived);
  now.wall += 4s;
  EXPECT_TRUE(verify(foreign()));
  now.wall += 1s;
  EXPECT_FALSE(verify(foreign()));
}

TEST_F(TokenDeskTest, anAnswerThatMayNotBeRememberedIsNot) {
  ask(foreign());
  JudgedToken once = judged();
  once.cache = std::chrono::seconds{0};
  answer(0, once);
  EXPECT_TRUE(answers.at(0));
  EXPECT_FALSE(verify(foreign()));
}

TEST_F(TokenDeskTest, aRefusalIsRememberedBriefly) {
  ask(foreign());
  answer(0, fail(Code::unauthorized));
  ASSERT_TRUE(verify(foreign()));
  EXPECT_EQ(verify(foreign())->error().code, Code::unauthorized);
  now.wall += 5s;
  EXPECT_FALSE(verify(foreign()));
}

TEST_F(TokenDeskTest, aJudgeThatCouldNotTellIsAskedAgainASecondLater) {
  ask(foreign());
  answer(0, fail(Code::plugin_failed));
  EXPECT_EQ(answers.at(0).error().code, Code::plugin_failed);
  EXPECT_EQ(verify(foreign())->error().code, Code::plugin_failed);
  now.wall += 1s;
  EXPECT_FALSE(verify(foreign()));
}

TEST_F(TokenDeskTest, theSameTokenIsJudgedOnceForAllWhoBringIt) {
  for (int n = 0; n < 3; ++n) ask(foreign());
  ask(foreign("yan"));
  EXPECT_EQ(judges.asked.size(), 2u);
  EXPECT_EQ(metrics.read(Metric::authenticator_waiting), 4);
  answer(0, judged());
  EXPECT_EQ(answers.size(), 3u);
  answer(1, judged("yan"));
  EXPECT_EQ(answers.back()->user_id, "yan");
  EXPECT_EQ(metrics.read(Metric::authenticator_waiting), 0);
}

TEST_F(TokenDeskTest, anotherJudgesAnswersAreForgotten) {
  ask(foreign());
  answer(0, judged());
  ask(foreign("yan"));
  ++judges.present;
  EXPECT_FALSE(verify(foreign()));
  answer(1, judged("yan"));  // By one who is gone.
  EXPECT_TRUE(answers.at(1));
  EXPECT_FALSE(verify(foreign("yan")));
}

TEST_F(TokenDeskTest, whoComesToOtherJudgesDoesNotJoinWhatTheFormerOnesWereAsked) {
  ask(foreign());
  ++judges.present;
  ask(foreign());
  ASSERT_EQ(judges.asked.size(), 2u) << "the new ones are asked";
  answer(0, judged());
  ASSERT_EQ(answers.size(), 1u) << "the former ones answer whom they were asked by";
  EXPECT_TRUE(answers[0]);
  EXPECT_FALSE(verify(foreign()));
  answer(1, fail(Code::unauthorized, "not here"));
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_FALSE(answers[1]);
  EXPECT_FALSE(*verify(foreign())) << "what the present ones said is remembered";
  EXPECT_EQ(metrics.read(Metric::authenticator_waiting), 0);
}

TEST_F(TokenDeskTest, aPrincipalIsHeldToTheBoundsOfOurOwn) {
  const auto with = [](auto change) {
    JudgedToken made = judged();
    change(made.principal);
    return made;
  };
  EXPECT_EQ(refused(with([](Principal& who) { who.tenant_id = ""; })), Code::plugin_failed);
  EXPECT_EQ(refused(with([](Principal& who) { who.user_id = ""; })), Code::plugin_failed);
  EXPECT_EQ(refused(with([](Principal& who) { who.user_id = std::string(129, 'x'); })), Code::plugin_failed);
  EXPECT_EQ(refused(with([](Principal& who) { who.user_id = "a\nb"; })), Code::plugin_failed);
  EXPECT_EQ(refused(with([](Principal& who) { who.user_id = "\xFF"; })), Code::plugin_failed);
  EXPECT_EQ(refused(with([](Principal& who) { who.display_name = std::string(257, 'x'); })), Code::plugin_failed);
  EXPECT_EQ(refused(with([](Principal& who) { who.roles = 0; })), Code::plugin_failed);
  EXPECT_EQ(refused(with([](Principal& who) { who.roles = 1U << 31; })), Code::plugin_failed);
  EXPECT_EQ(refused(with([](Principal& who) { who.expires = test_now; })), Code::token_expired);
}

class TokenDeskOfTenants : public TokenDeskTest {
 protected:
  TokenDeskOfTenants() : TokenDeskTest({}, {.tenants = {"globex"}}) {}
};

TEST_F(TokenDeskOfTenants, theListOfTenantsHoldsForAll) { EXPECT_EQ(refused(judged()), Code::forbidden); }

class SmallTokenDesk : public TokenDeskTest {
 protected:
  SmallTokenDesk() : TokenDeskTest({.asking_max = 2, .waiting_max = 3}) {}
};

TEST_F(SmallTokenDesk, refusesWhatItCannotHold) {
  ask(foreign("a"));
  ask(foreign("b"));
  ask(foreign("c"));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error().code, Code::overloaded);
  ask(foreign("a"));
  ask(foreign("a"));
  EXPECT_EQ(answers.size(), 2u);
  EXPECT_EQ(judges.asked.size(), 2u);
}

}  // namespace
}  // namespace atrium
