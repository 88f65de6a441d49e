#ifndef ATRIUM_TESTKIT_CONTRACT_AUTHENTICATOR_HPP
#define ATRIUM_TESTKIT_CONTRACT_AUTHENTICATOR_HPP
#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class AuthenticatorContract : public ContractTest {
 protected:
  static std::vector<std::string> foreign_tokens() {
    return {"x",
            std::string(ATRIUM_TOKEN_MAX, 'a'),
            std::string("\0\xFF\x80", 3),
            "..",
            "a.b.c",
            "eyJhbGciOiJub25lIn0.e30.",
            "Bearer x",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEiLCJ0ZW5hbnRfaWQiOiJhIiwicm9sZXMiOlsiYWRtaW4iXX0.AAAA",
            "' or 1=1 --",
            "../../etc/passwd"};
  }
  void expect_no_trace(const std::string& token, const Judged& judged) {
    if (token.size() < 8) return;
    EXPECT_EQ(judged.why.find(token), std::string::npos) << "the reason repeats the token";
    for (const LogLine& line : host.log)
      EXPECT_EQ((line.event + line.message).find(token), std::string::npos) << "the log repeats the token";
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AuthenticatorContract);

TEST_P(AuthenticatorContract, saysWhatItIsCalled) {
  const auto& table = plugin().need<atrium_authenticator>(ATRIUM_EXT_AUTHENTICATOR);
  ASSERT_NE(table.authenticate, nullptr);
  EXPECT_TRUE(is_offered_name(view(table.info->name))) << view(table.info->name);
  EXPECT_TRUE(is_utf8(view(table.info->issuers)));
}

TEST_P(AuthenticatorContract, letsNobodyInWithATokenOfNobody) {
  for (const std::string& token : foreign_tokens()) {
    const Judged judged = authenticate(plugin(), token);
    EXPECT_NE(judged.status, ATRIUM_OK) << token.substr(0, 60);
    EXPECT_EQ(judged.accepted, 0) << "accept() was called for " << token.substr(0, 60);
    EXPECT_TRUE(is_utf8(judged.why));
    expect_no_trace(token, judged);
  }
}

TEST_P(AuthenticatorContract, namesWhoStandsBehindAGoodToken) {
  for (const std::string& token : GetParam().samples) {
    const Judged judged = authenticate(plugin(), token);
    ASSERT_EQ(judged.status, ATRIUM_OK) << judged.why;
    EXPECT_EQ(judged.accepted, 1) << "accept() is called exactly once";
    EXPECT_TRUE(!judged.tenant_id.empty() && judged.tenant_id.size() <= 128 && is_utf8(judged.tenant_id));
    EXPECT_TRUE(is_user_id(judged.user_id) && is_utf8(judged.user_id)) << judged.user_id;
    EXPECT_TRUE(is_utf8(judged.display_name));
    EXPECT_NE(judged.roles, 0u);
    EXPECT_EQ(judged.roles & ~31u, 0u) << "roles that do not exist";
    EXPECT_GT(judged.expires_at_ms, FakeHost::wall_ms_at_start) << "it has expired already";
    EXPECT_LE(judged.cache_seconds, 3600u);
    expect_no_trace(token, judged);
    // Whether it is refused at a later time is not asked: the end may be this session's, given anew each time. Nor is its last character
    // changed, of which base64 may use two bits.
    for (const std::size_t at : {std::size_t{0}, token.size() / 3, token.size() / 2}) {
      std::string forged = token;
      forged[at] = forged[at] == 'A' ? 'B' : 'A';
      EXPECT_NE(authenticate(plugin(), forged).status, ATRIUM_OK) << "one character was changed, at " << at;
    }
    EXPECT_NE(authenticate(plugin(), std::string_view(token).substr(0, token.size() / 2)).status, ATRIUM_OK) << "half of a token";
  }
}

}  // namespace atrium::testkit
#endif
