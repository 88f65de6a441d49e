#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

// Signed elsewhere, so that both sides of the format are checked: HMAC-SHA-256 under 0123456789abcdef0123456789abcdef.
constexpr const char* good =
    "key_acme.billing.1767229200.a61a082df932e7dc9f7bab669976cf76"
    "53aec0500b93e326f7cbbc885290507b";
constexpr const char* expired =
    "key_acme.billing.1767225600.728e43b5666fbf0f86e62c112112de90"
    "eb5512fafa1eb4bda073299e0161031b";
constexpr const char* nameless =
    "key_acme..1767229200.7b0066a93cb29010273c57a0cd63bcb92a6d1b0"
    "db00fbe22937b78f9891b4561";

struct ApiKeys : testing::Test {
  ApiKeys() { host.secrets["signing"] = "0123456789abcdef0123456789abcdef"; }
  testkit::FakeHost host;
};

}  // namespace

TEST_F(ApiKeys, letsASignedKeyIn) {
  const testkit::Plugin plugin(host, atrium_entry);
  const auto judged = testkit::authenticate(plugin, good);
  ASSERT_EQ(judged.status, ATRIUM_OK) << judged.why;
  EXPECT_EQ(judged.tenant_id, "acme");
  EXPECT_EQ(judged.user_id, "billing");
  EXPECT_EQ(judged.roles, ATRIUM_ROLE_SERVICE);
  EXPECT_EQ(judged.expires_at_ms, 1767229200000u);
}

TEST_F(ApiKeys, refusesEveryOther) {
  const testkit::Plugin plugin(host, atrium_entry);
  EXPECT_EQ(testkit::authenticate(plugin, expired).why, "it has expired");
  EXPECT_EQ(testkit::authenticate(plugin, nameless).why, "it is not a whole key");
  EXPECT_EQ(testkit::authenticate(plugin, "key_acme.billing.1767229200.00").why, "its signature is not ours");
  for (std::size_t at = 4; good[at] != '\0'; ++at) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_EQ(testkit::authenticate(plugin, changed).status, ATRIUM_DENIED) << changed;
  }
  EXPECT_EQ(testkit::authenticate(plugin, "eyJhbGciOi").status, ATRIUM_UNSUPPORTED);
}

TEST_F(ApiKeys, doesNotStartWithoutASecret) {
  host.secrets["signing"] = "short";
  EXPECT_THROW(testkit::Plugin(host, atrium_entry), std::runtime_error);
}
