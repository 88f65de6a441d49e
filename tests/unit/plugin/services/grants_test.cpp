#include "plugin/services/grants.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

using Names = std::vector<std::string>;

TEST(Grants, areWhatTheManifestWantsUnlessTheOperatorSaysLess) {
  const Names wanted{"log", "kv", "http:api.acme.com"};
  const Grants all(wanted, std::nullopt);
  EXPECT_TRUE(all.has("log"));
  EXPECT_TRUE(all.has("kv"));
  EXPECT_TRUE(all.has("http"));
  EXPECT_FALSE(all.has("publish")) << "it does not want it";
  const Grants less(wanted, Names{"log"});
  EXPECT_TRUE(less.has("log"));
  EXPECT_FALSE(less.has("kv"));
  EXPECT_FALSE(less.has("http"));
  EXPECT_TRUE(Grants(wanted, Names{}).list().empty());
}

TEST(Grants, anyAddressAndTheNetworkMustBeNamedByTheOperator) {
  const Names wanted{"http:*", "network", "log"};
  EXPECT_EQ(Grants(wanted, std::nullopt).list(), Names{"log"});
  const Grants named(wanted, Names{"http:hooks.acme.com:8443", "network"});
  EXPECT_TRUE(named.has("network"));
  EXPECT_TRUE(named.mayReach("hooks.acme.com", 8443, true));
  EXPECT_FALSE(named.mayReach("hooks.acme.com", 443, true));
  EXPECT_TRUE(Grants(wanted, Names{"http:*"}).mayReach("anything.example", 1, false));
}

TEST(Grants, anAddressWithoutAPortMeansTheSchemesOwn) {
  const Names wanted{"http:api.acme.com"};
  const Grants grants(wanted, std::nullopt);
  EXPECT_TRUE(grants.mayReach("api.acme.com", 80, false));
  EXPECT_TRUE(grants.mayReach("api.acme.com", 443, true));
  EXPECT_FALSE(grants.mayReach("api.acme.com", 443, false));
  EXPECT_FALSE(grants.mayReach("api.acme.com.evil.example", 443, true));
  EXPECT_FALSE(grants.mayReach("evil.api.acme.com", 443, true));
}

TEST(Grants, anAddressOfIPv6StandsInBrackets) {
  const Names wanted{"http:[::1]"};
  EXPECT_TRUE(Grants(wanted, std::nullopt).mayReach("::1", 80, false)) << "as requests have it";
  EXPECT_TRUE(Grants(wanted, Names{"http:[::1]:8080"}).mayReach("::1", 8080, false));
  EXPECT_FALSE(Grants(wanted, Names{"http:[::1]:8080"}).mayReach("::1", 80, false));
}

TEST(Grants, theOperatorMayNarrowAndNotWiden) {
  const Names wanted{"http:api.acme.com", "log"};
  EXPECT_TRUE(Grants::covers(wanted, "http:api.acme.com:8080"));
  EXPECT_FALSE(Grants::covers(wanted, "http:other.acme.com"));
  EXPECT_FALSE(Grants::covers(wanted, "http:*"));
  EXPECT_FALSE(Grants::covers(wanted, "kv"));
  EXPECT_FALSE(Grants::covers(wanted, "lgo"));
}

TEST(Grants, knowsTheNamesThereAre) {
  for (const std::string_view known : {"log", "kv", "http:*", "http:a.b", "http:[::1]:80", "http:127.0.0.1:9", "network", "secrets"})
    EXPECT_TRUE(Grants::known(known)) << known;
  for (const std::string_view unknown :
       {"", "http", "http:", "http:A.b", "http:a:0", "http:a:70000", "http:a:x", "http:a/b", "http:::1:80", "files"})
    EXPECT_FALSE(Grants::known(unknown)) << unknown;
}

}  // namespace
}  // namespace atrium
