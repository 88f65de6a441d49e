#include "auth/token_verifier.hpp"

#include <gtest/gtest.h>

#include "auth/mint.hpp"
#include "protocol/errors.hpp"
#include "token_fixture.hpp"

namespace atrium {
namespace {

std::string claims(std::string_view more = {}) { return R"({"sub":"ana","tenant_id":"acme","exp":1768000600)" + std::string(more) + "}"; }

Result<Principal> verify(std::string_view more, TokenRules rules = {}, Wall now = test_now) {
  return verifierFor(std::move(rules)).verify(signedToken(plain_header, claims(more)), now);
}

std::uint32_t rolesOf(std::string_view more) {
  const auto principal = verify(more);
  EXPECT_TRUE(principal) << more;
  return principal ? principal->roles : 0;
}

TEST(TokenVerifier, tellsWhoItIs) {
  const auto principal = verify(R"(,"name":"Ana Lima","roles":["supervisor","admin"],"nbf":1768000000,"iat":1768000000)");
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->tenant_id, "acme");
  EXPECT_EQ(principal->user_id, "ana");
  EXPECT_EQ(principal->display_name, "Ana Lima");
  EXPECT_TRUE(principal->name_verified);
  EXPECT_EQ(principal->roles, std::uint32_t{ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN});
  EXPECT_EQ(principal->expires, fromMillis(1'768'000'600'000) + TokenRules{}.leeway);
}

TEST(TokenVerifier, aUserWithoutANameIsCalledByTheId) {
  for (const auto* more : {"", R"(,"name":null)"}) {
    const auto principal = verify(more);
    ASSERT_TRUE(principal) << more;
    EXPECT_EQ(principal->display_name, "ana");
    EXPECT_FALSE(principal->name_verified);
  }
}

TEST(TokenVerifier, readsRolesAndMakesAnAgentOfNobody) {
  EXPECT_EQ(rolesOf(""), std::uint32_t{ATRIUM_ROLE_AGENT});
  EXPECT_EQ(rolesOf(R"(,"roles":null)"), std::uint32_t{ATRIUM_ROLE_AGENT});
  EXPECT_EQ(rolesOf(R"(,"roles":[])"), std::uint32_t{ATRIUM_ROLE_AGENT});
  EXPECT_EQ(rolesOf(R"(,"roles":["billing","Admin"])"), std::uint32_t{ATRIUM_ROLE_AGENT});
  EXPECT_EQ(rolesOf(R"(,"roles":"client")"), std::uint32_t{ATRIUM_ROLE_CLIENT});
  EXPECT_EQ(rolesOf(R"(,"roles":["service","billing"])"), std::uint32_t{ATRIUM_ROLE_SERVICE});
}

TEST(TokenVerifier, acceptsTheUsualHeaders) {
  for (const auto* header : {R"({"alg":"HS256"})", R"({"typ":"at+jwt","alg":"HS256"})", R"({"alg":"HS256","kid":"2026-01:a_b.c"})",
                             R"({ "typ" : "jwt", "alg" : "HS256" })"})
    EXPECT_TRUE(verifierFor({}).verify(signedToken(header, plain_claims), test_now)) << header;
}

TEST(TokenVerifier, expiresAfterTheLeewayToTheMillisecond) {
  TokenVerifier verifier = verifierFor({.leeway = std::chrono::seconds{30}});
  const std::string token = signedToken(plain_header, claims());
  const Wall end = fromMillis(1'768'000'630'000);
  EXPECT_TRUE(verifier.verify(token, end - std::chrono::milliseconds{1}));
  for (int attempt = 0; attempt < 2; ++attempt) {  // From memory, then anew.
    const auto late = verifier.verify(token, end);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Code::token_expired);
  }
}

TEST(TokenVerifier, givesTheLeewayToTokensFromTheFuture) {
  EXPECT_TRUE(verify(R"(,"nbf":1768000030,"iat":1768000030)"));
  EXPECT_FALSE(verify(R"(,"nbf":1768000031)"));
  EXPECT_TRUE(verify(R"(,"nbf":1768000031)", {}, test_now + std::chrono::seconds{1}));
  EXPECT_TRUE(verify(R"(,"nbf":1767999999.5)"));
}

TEST(TokenVerifier, checksIssuerAndAudienceWhenTheyAreConfigured) {
  const TokenRules rules{.issuer = "https://id.example", .audience = "atrium"};
  EXPECT_TRUE(verify(R"(,"iss":"https://id.example","aud":"atrium")", rules));
  EXPECT_TRUE(verify(R"(,"iss":"https://id.example","aud":["other","atrium"])", rules));
  for (const auto* wrong : {"", R"(,"iss":"https://id.example")", R"(,"aud":"atrium")", R"(,"iss":"https://id.example/","aud":"atrium")",
                            R"(,"iss":["https://id.example"],"aud":"atrium")", R"(,"iss":"https://id.example","aud":"atrium2")",
                            R"(,"iss":"https://id.example","aud":[])", R"(,"iss":"https://id.example","aud":["atrium",1])"})
    EXPECT_FALSE(verify(wrong, rules)) << wrong;
  EXPECT_TRUE(verify(R"(,"iss":"anyone","aud":"anything")"));
}

TEST(TokenVerifier, letsInOnlyTheTenantsThatMayCome) {
  EXPECT_TRUE(verify("", {.tenants = {"other", "acme"}}));
  const auto refused = verify("", {.tenants = {"other"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::forbidden);
}

TEST(TokenVerifier, remembersABoundedNumberAndVerifiesTheRestAnew) {
  TokenVerifier verifier = verifierFor({}, 2);
  std::vector<std::string> tokens;
  for (int i = 0; i < 50; ++i)
    tokens.push_back(signedToken(plain_header, R"({"sub":"user)" + std::to_string(i) + R"(","tenant_id":"acme","exp":1768000600})"));
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const auto principal = verifier.verify(tokens[i], test_now);
      ASSERT_TRUE(principal);
      EXPECT_EQ(principal->user_id, "user" + std::to_string(i));
      EXPECT_EQ(verifier.verify(tokens[i], test_now)->user_id, "user" + std::to_string(i));
      EXPECT_EQ(verifier.verify(tokens[0], test_now)->user_id, "user0");
    }
}

TEST(TokenVerifier, acceptsATokenOfTheLargestSizeOnly) {
  const auto sized = [](std::size_t padding) { return signedToken(plain_header, claims(R"(,"x":")" + std::string(padding, 'x') + "\"")); };
  std::size_t padding = 5900;
  while (sized(padding + 1).size() <= token_size_max) ++padding;
  EXPECT_TRUE(verifierFor({}).verify(sized(padding), test_now));
  EXPECT_FALSE(verifierFor({}).verify(sized(padding + 1), test_now));
}

TEST(TokenVerifier, needsASecretAndWarnsOfAShortOne) {
  const auto without = TokenVerifier::make({});
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().find("JWT_SECRET_KEY"), std::string::npos);
  auto with_short = TokenVerifier::make({.secret = "short"});
  ASSERT_TRUE(with_short);
  EXPECT_TRUE(with_short->verify(signedToken(plain_header, plain_claims, "short"), test_now));
  EXPECT_NE(weaknessOf("short").find("5 bytes"), std::string::npos);
  EXPECT_EQ(weaknessOf(test_secret), "");
}

// A token made by another implementation: the example of RFC 7515, appendix A.1, whose key and signature are printed there.
TEST(TokenVerifier, knowsTheSignatureOfTheStandardsExample) {
  std::string key;
  ASSERT_TRUE(decodeBase64Url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow", key));
  auto verifier = TokenVerifier::make({.secret = key});
  ASSERT_TRUE(verifier);
  const auto principal = verifier->verify(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      fromMillis(1'300'819'000'000));
  ASSERT_FALSE(principal);
  EXPECT_EQ(principal.error().detail, "the token has no \"sub\", or it is not a string") << "everything before that is right";
}

TEST(MintToken, makesWhatTheVerifierBelieves) {
  const TokenClaims wanted{.tenant_id = "acme",
                           .user_id = "ana \"q\"",
                           .name = "Ana Lüne",
                           .roles = {"admin", "client"},
                           .issuer = "me",
                           .audience = "atrium",
                           .lifetime = std::chrono::minutes{5}};
  const std::string token = mintToken(wanted, test_secret, test_now);
  const auto principal = verifierFor({.leeway = {}, .issuer = "me", .audience = "atrium"}).verify(token, test_now);
  ASSERT_TRUE(principal) << principal.error().detail;
  EXPECT_EQ(principal->user_id, wanted.user_id);
  EXPECT_EQ(principal->display_name, wanted.name);
  EXPECT_EQ(principal->roles, std::uint32_t{ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_CLIENT});
  EXPECT_EQ(principal->expires, test_now + std::chrono::minutes{5});
  EXPECT_TRUE(verifierFor({}).verify(mintToken({.tenant_id = "t", .user_id = "u"}, test_secret, test_now), test_now));
}

}  // namespace
}  // namespace atrium
