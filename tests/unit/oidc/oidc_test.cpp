#include "oidc.hpp"

#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

#include "provider.hpp"

namespace {

using atrium::testkit::authenticate;
using atrium::testkit::FakeHost;
using atrium::testkit::Judged;
using atrium::testkit::Plugin;

constexpr std::uint64_t now_s = FakeHost::wall_ms_at_start / 1000;
const std::string discovery_url = "https://login.example.com/.well-known/openid-configuration";
const std::string keys_url = "https://login.example.com/keys";

std::string options(const std::string& more = "") {
  return R"({"issuer":"https://login.example.com","audiences":["atrium"],"client_ids":[],"algorithms":["RS256","ES256"],"jwks_uri":"",
    "tenant":"","tenant_claim":"tenant_id","user_claim":"sub","name_claim":"name","roles_claim":"roles","roles":{},"default_role":"agent",
    "leeway":30000,"cache":60000,"jwks_refresh":3600000,"jwks_retry":10000,"jwks_stale_max":86400000)" +
         more + "}";
}

// One provider with an RSA and an EC key, and a plugin that trusts it.
class OidcTest : public testing::Test {
 protected:
  static const SigningKey& rsa() {
    static const SigningKey key(SigningKey::Kind::rsa);
    return key;
  }
  static const SigningKey& other_rsa() {
    static const SigningKey key(SigningKey::Kind::rsa);
    return key;
  }
  static const SigningKey& ec() {
    static const SigningKey key(SigningKey::Kind::ec);
    return key;
  }

  // The next time it is asked, the provider shows these keys.
  void publish(const std::string& keys, const std::string& issuer = "https://login.example.com") {
    host.answer_http(discovery_url, 200, R"({"issuer":")" + issuer + R"(","jwks_uri":")" + keys_url + R"("})");
    host.answer_http(keys_url, 200, R"({"keys":[)" + keys + "]}");
  }
  Plugin start(const std::string& with = options()) { return Plugin::of<Oidc>(host, atrium::testkit::JsonText(with)); }
  Plugin startWithKeys(const std::string& with = options()) {
    publish(rsa().jwk("r1") + "," + ec().jwk("e1"));
    return start(with);
  }
  static std::string claims(const std::string& more = "", std::uint64_t exp = now_s + 600) {
    return R"({"iss":"https://login.example.com","aud":"atrium","sub":"ana","tenant_id":"acme","name":"Ana Lima","exp":)" +
           std::to_string(exp) + more + "}";
  }
  static std::string token(const std::string& its_claims = claims()) {
    return rsa().sign(R"({"alg":"RS256","kid":"r1","typ":"JWT"})", its_claims, "RS256");
  }
  Judged judge(const Plugin& plugin, const std::string& its_token) { return authenticate(plugin, its_token, host.wall_ms()); }
  static bool is(const Judged& judged, atrium_status status) { return judged.status == status; }

  FakeHost host;
};

TEST_F(OidcTest, acceptsWhatTheProviderSigned) {
  const Plugin plugin = startWithKeys();
  const Judged judged = judge(plugin, token(claims(R"(,"roles":["supervisor","gardener"],"nbf":1,"iat":1)")));
  ASSERT_EQ(judged.status, ATRIUM_OK) << judged.why;
  EXPECT_EQ(judged.user_id, "ana");
  EXPECT_EQ(judged.tenant_id, "acme");
  EXPECT_EQ(judged.display_name, "Ana Lima");
  EXPECT_EQ(judged.roles, ATRIUM_ROLE_SUPERVISOR);
  EXPECT_EQ(judged.expires_at_ms, (now_s + 630) * 1000);
  EXPECT_EQ(judged.cache_seconds, 60u);
  EXPECT_TRUE(is(judge(plugin, ec().sign(R"({"alg":"ES256","kid":"e1"})", claims(), "ES256")), ATRIUM_OK));
  EXPECT_EQ(host.http_sent.size(), 2u) << "the keys are fetched once";
}

TEST_F(OidcTest, psSignaturesHoldWhereTheyAreAllowed) {
  const std::string signed_by_ps = rsa().sign(R"({"alg":"PS256","kid":"r1"})", claims(), "PS256");
  EXPECT_TRUE(is(judge(startWithKeys(), signed_by_ps), ATRIUM_DENIED));
  std::string with = options();
  with.replace(with.find("\"ES256\""), 7, "\"PS256\"");
  EXPECT_TRUE(is(judge(startWithKeys(with), signed_by_ps), ATRIUM_OK));
}

TEST_F(OidcTest, refusesEveryKnownWayToForgeAToken) {
  const Plugin plugin = startWithKeys();
  const std::string good = token();
  const std::string head = base64url(R"({"alg":"none"})") + "." + base64url(claims()) + ".";
  const std::vector<std::pair<const char*, std::string>> forged = {
      {"alg none", head},
      {"alg none in other letters", base64url(R"({"alg":"None"})") + "." + base64url(claims()) + "." + base64url("x")},
      {"no alg", rsa().sign(R"({"kid":"r1"})", claims(), "RS256")},
      {"the public key as a secret", hmac_signed(R"({"alg":"HS256","kid":"r1"})", claims(), rsa().pem())},
      {"the modulus as a secret", hmac_signed(R"({"alg":"RS256","kid":"r1"})", claims(), rsa().jwk("r1"))},
      {"another's key", other_rsa().sign(R"({"alg":"RS256","kid":"r1"})", claims(), "RS256")},
      {"an RSA signature as ES256", rsa().sign(R"({"alg":"ES256","kid":"r1"})", claims(), "RS256")},
      {"an EC signature as RS256", ec().sign(R"({"alg":"RS256","kid":"e1"})", claims(), "ES256")},
      {"a key it brings along", other_rsa().sign(R"({"alg":"RS256","jwk":)" + other_rsa().jwk("r1") + "}", claims(), "RS256")},
      {"the address of a key", other_rsa().sign(R"({"alg":"RS256","kid":"r1","jku":"https://evil.example.com"})", claims(), "RS256")},
      {"a certificate", other_rsa().sign(R"({"alg":"RS256","x5c":["x"]})", claims(), "RS256")},
      {"an extension", rsa().sign(R"({"alg":"RS256","kid":"r1","crit":["b64"],"b64":false})", claims(), "RS256")},
      {"a kid that is a path", other_rsa().sign(R"({"alg":"RS256","kid":"../../dev/null"})", claims(), "RS256")},
      {"a kid that is SQL", other_rsa().sign(R"({"alg":"RS256","kid":"' or 1=1 --"})", claims(), "RS256")},
      {"a kid that is no text", rsa().sign(R"({"alg":"RS256","kid":["r1"]})", claims(), "RS256")},
      {"an empty kid", rsa().sign(R"({"alg":"RS256","kid":""})", claims(), "RS256")},
      {"two algs", rsa().sign(R"({"alg":"RS256","alg":"none","kid":"r1"})", claims(), "RS256")},
      {"other claims", good.substr(0, good.find('.') + 1) + base64url(claims(R"(,"roles":["admin"])")) + good.substr(good.rfind('.'))},
      {"no signature", good.substr(0, good.rfind('.') + 1)},
      {"another type", rsa().sign(R"({"alg":"RS256","kid":"r1","typ":"logout+jwt"})", claims(), "RS256")},
      {"nested", rsa().sign(R"({"alg":"RS256","kid":"r1","cty":"JWT"})", claims(), "RS256")},
      {"zeros as an EC signature",
       base64url(R"({"alg":"ES256","kid":"e1"})") + "." + base64url(claims()) + "." + base64url(std::string(64, '\0'))},
  };
  for (const auto& [what, forged_token] : forged) EXPECT_TRUE(is(judge(plugin, forged_token), ATRIUM_DENIED)) << what;
  EXPECT_TRUE(is(judge(plugin, good), ATRIUM_OK));
}

TEST_F(OidcTest, leavesToOthersWhatIsNoJwt) {
  const Plugin plugin = startWithKeys();
  for (const char* not_a_jwt : {"opaque", "a.b", "a.b.c.d", "!.!.!", "e30=.e30=.e30="})
    EXPECT_TRUE(is(judge(plugin, not_a_jwt), ATRIUM_UNSUPPORTED)) << not_a_jwt;
}

TEST_F(OidcTest, checksEveryClaim) {
  const Plugin plugin = startWithKeys();
  const std::string base = R"({"iss":"https://login.example.com","aud":"atrium","sub":"ana","tenant_id":"acme")";
  const std::string exp = R"(,"exp":)" + std::to_string(now_s + 600);
  const auto with = [&](const char* from, const char* to) {
    std::string changed = base + exp + "}";
    changed.replace(changed.find(from), std::string(from).size(), to);
    return token(changed);
  };
  EXPECT_TRUE(is(judge(plugin, token(base + exp + "}")), ATRIUM_OK));
  const std::vector<std::pair<const char*, std::string>> wrong = {
      {"another issuer", with("login.example.com\"", "evil.example.com\"")},
      {"an issuer with a slash more", with("login.example.com\"", "login.example.com/\"")},
      {"another audience", with("\"atrium\"", "\"other\"")},
      {"no audience of ours", with("\"atrium\"", "[\"other\",\"atriums\"]")},
      {"no exp", token(base + "}")},
      {"an exp that is a text", token(base + R"(,"exp":"9999999999"})")},
      {"an endless exp", token(base + R"(,"exp":1e300})")},
      {"expired", token(claims("", now_s - 30))},
      {"not yet", token(base + exp + R"(,"nbf":)" + std::to_string(now_s + 31) + "}")},
      {"from the future", token(base + exp + R"(,"iat":)" + std::to_string(now_s + 31) + "}")},
      {"no user", with("\"sub\"", "\"subject\"")},
      {"a user that is a number", with("\"ana\"", "7")},
      {"no tenant", with("\"tenant_id\"", "\"tid\"")},
      {"claims that are an array", token("[]")},
      {"claims that are no JSON", token("{")},
  };
  for (const auto& [what, its_token] : wrong) EXPECT_TRUE(is(judge(plugin, its_token), ATRIUM_DENIED)) << what;
  EXPECT_TRUE(is(judge(plugin, with("\"atrium\"", "[\"other\",\"atrium\"]")), ATRIUM_OK));
  EXPECT_TRUE(is(judge(plugin, token(claims("", now_s - 29))), ATRIUM_OK)) << "within the leeway";
}

TEST_F(OidcTest, aTokenOfAnotherClientIsRefused) {
  std::string with = options();
  with.replace(with.find("\"client_ids\":[]"), 15, "\"client_ids\":[\"crm\"]");
  const Plugin plugin = startWithKeys(with);
  EXPECT_TRUE(is(judge(plugin, token(claims(R"(,"azp":"crm")"))), ATRIUM_OK));
  EXPECT_TRUE(is(judge(plugin, token(claims(R"(,"client_id":"crm")"))), ATRIUM_OK));
  EXPECT_TRUE(is(judge(plugin, token(claims(R"(,"azp":"shop","client_id":"crm")"))), ATRIUM_DENIED));
  EXPECT_TRUE(is(judge(plugin, token(claims(R"(,"azp":["crm"])"))), ATRIUM_DENIED));
  EXPECT_TRUE(is(judge(plugin, token()), ATRIUM_DENIED));
}

TEST_F(OidcTest, mapsTheProvidersWordsToOurs) {
  std::string with = options();
  with.replace(with.find("\"roles\":{}"), 10, R"("roles":{"crm-leads":"supervisor","crm-ops":"admin"})");
  with.replace(with.find("\"roles_claim\":\"roles\""), 21, R"("roles_claim":"realm_access.roles")");
  with.replace(with.find("\"tenant\":\"\""), 11, R"("tenant":"globex")");
  with.replace(with.find("\"default_role\":\"agent\""), 22, R"("default_role":"none")");
  const Plugin plugin = startWithKeys(with);
  const Judged judged = judge(plugin, token(claims(R"(,"realm_access":{"roles":["crm-leads","admin","crm-ops"]})")));
  EXPECT_EQ(judged.roles, ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN);
  EXPECT_EQ(judged.tenant_id, "globex");
  EXPECT_TRUE(is(judge(plugin, token(claims(R"(,"realm_access":{"roles":["admin"]})"))), ATRIUM_DENIED)) << "its admin is not ours";
}

TEST_F(OidcTest, findsANewKeyAndAsksForItOnlySoOften) {
  const Plugin plugin = startWithKeys();
  const std::string rotated = other_rsa().sign(R"({"alg":"RS256","kid":"r2"})", claims(), "RS256");
  EXPECT_TRUE(is(judge(plugin, rotated), ATRIUM_DENIED));
  EXPECT_EQ(host.http_sent.size(), 2u) << "it was asked a moment ago";
  host.advance_ms(10'000);
  publish(rsa().jwk("r1") + "," + other_rsa().jwk("r2"));
  EXPECT_TRUE(is(judge(plugin, rotated), ATRIUM_OK));
  EXPECT_TRUE(is(judge(plugin, token()), ATRIUM_OK));
  EXPECT_EQ(host.http_sent.size(), 4u);
  for (int n = 0; n < 50; ++n)
    EXPECT_TRUE(is(judge(plugin, other_rsa().sign(R"({"alg":"RS256","kid":"made-up-)" + std::to_string(n) + "\"}", claims(), "RS256")),
                   ATRIUM_DENIED));
  EXPECT_EQ(host.http_sent.size(), 4u);
}

TEST_F(OidcTest, aKeyThatIsGoneIsNotBelievedAnyMore) {
  const Plugin plugin = startWithKeys();
  host.advance_ms(3'600'000);
  publish(other_rsa().jwk("r2"));
  EXPECT_TRUE(is(judge(plugin, token(claims("", now_s + 7200))), ATRIUM_DENIED));
}

TEST_F(OidcTest, oldKeysServeWhileTheProviderIsDownAndNotForEver) {
  const Plugin plugin = startWithKeys();
  const std::string lasting = token(claims("", now_s + 1'000'000));
  host.advance_ms(3'600'000);
  host.fail_http(discovery_url, ATRIUM_TIMED_OUT);
  EXPECT_TRUE(is(judge(plugin, lasting), ATRIUM_OK));
  EXPECT_TRUE(host.logged("keys_not_fetched"));
  host.advance_ms(86'400'000);
  host.answer_http(discovery_url, 500);
  EXPECT_TRUE(is(judge(plugin, lasting), ATRIUM_FAILED));
}

TEST_F(OidcTest, cannotTellWhileThereAreNoKeys) {
  host.fail_http(discovery_url, ATRIUM_FAILED);
  const Plugin plugin = start();
  EXPECT_TRUE(is(judge(plugin, token()), ATRIUM_FAILED));
  host.advance_ms(10'000);
  publish(rsa().jwk("r1"));
  EXPECT_TRUE(is(judge(plugin, token()), ATRIUM_OK));
}

TEST_F(OidcTest, aProviderSpeaksForItselfAlone) {
  publish(rsa().jwk("r1"), "https://evil.example.com");
  EXPECT_TRUE(is(judge(start(), token()), ATRIUM_FAILED));
  host.answer_http(discovery_url, 200, R"({"issuer":"https://login.example.com","jwks_uri":"http://login.example.com/keys"})");
  EXPECT_TRUE(is(judge(start(), token()), ATRIUM_FAILED)) << "keys without TLS";
}

TEST_F(OidcTest, keysAreUsedForWhatTheyAreFor) {
  const std::vector<std::pair<const char*, std::string>> sets = {
      {"for encryption", rsa().jwk("r1", R"(,"use":"enc")")},
      {"for signing only", rsa().jwk("r1", R"(,"key_ops":["sign"])")},
      {"for another algorithm", rsa().jwk("r1", R"(,"alg":"PS256")")},
      {"a secret", R"({"kid":"r1","kty":"oct","k":"c2VjcmV0","alg":"RS256"})"},
      {"too small", SigningKey(SigningKey::Kind::small_rsa).jwk("r1")},
      {"an exponent of one", R"({"kid":"r1","kty":"RSA","n":")" + base64url(std::string(256, '\xff')) + R"(","e":"AQ"})"},
      {"a point beside the curve", R"({"kid":"r1","kty":"EC","crv":"P-256","x":")" + base64url(std::string(32, '\1')) + R"(","y":")" +
                                       base64url(std::string(32, '\1')) + R"("})"},
      {"two of one name", rsa().jwk("r1") + "," + other_rsa().jwk("r1")},
  };
  for (const auto& [what, keys] : sets) {
    publish(keys);
    EXPECT_NE(judge(start(), token()).status, ATRIUM_OK) << what;
  }
  publish(rsa().jwk("r1", R"(,"use":"sig","alg":"RS256","key_ops":["verify"])"));
  EXPECT_TRUE(is(judge(start(), token()), ATRIUM_OK));
}

TEST_F(OidcTest, aTokenWithoutAKeysNameIsTheOnlyKeys) {
  const std::string nameless = rsa().sign(R"({"alg":"RS256"})", claims(), "RS256");
  EXPECT_TRUE(is(judge(startWithKeys(), nameless), ATRIUM_OK));
  publish(rsa().jwk("r1") + "," + other_rsa().jwk("r2"));
  EXPECT_TRUE(is(judge(start(), nameless), ATRIUM_DENIED));
}

TEST_F(OidcTest, noReasonRepeatsTheToken) {
  const Plugin plugin = startWithKeys();
  for (const std::string& its_token : {token(claims(R"(,"roles":7)", 1)), std::string("a.b.canary"), base64url("{\"canary") + ".YQ.YQ"})
    EXPECT_EQ(judge(plugin, its_token).why.find("canary"), std::string::npos);
}

TEST_F(OidcTest, refusesOptionsThatCannotWork) {
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"https://login.example.com", "http://login.example.com"},
                                                        {"https://login.example.com", "login.example.com"},
                                                        {"https://login.example.com", "https://a b"},
                                                        {"https://login.example.com", "https://login.example.com?x"},
                                                        {"[\"atrium\"]", "[]"},
                                                        {"[\"atrium\"]", "[7]"},
                                                        {"\"RS256\"", "\"HS256\""},
                                                        {"\"RS256\"", "\"none\""},
                                                        {"\"roles\":{}", "\"roles\":{\"a\":\"king\"}"}}) {
    std::string wrong = options();
    wrong.replace(wrong.find(from), from.size(), to);
    EXPECT_THROW(static_cast<void>(start(wrong)), std::runtime_error) << to;
  }
  host.refuse("http");
  EXPECT_THROW(static_cast<void>(start()), std::runtime_error);
}

}  // namespace
