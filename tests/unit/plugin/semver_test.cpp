#include "plugin/semver.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

bool holds(std::string_view range, std::string_view version) {
  const auto parsed = VersionRange::parse(range);
  const auto wanted = Version::parse(version);
  EXPECT_TRUE(parsed) << range;
  EXPECT_TRUE(wanted) << version;
  return parsed && wanted && parsed->holds(*wanted);
}

TEST(Version, standsInTheOrderOfSemver) {
  const char* const in_order[] = {"0.9.9",      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
                                  "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
                                  "1.0.0",      "1.0.1",        "1.2.0",         "1.10.0"};
  for (std::size_t at = 1; at < std::size(in_order); ++at)
    EXPECT_LT(*Version::parse(in_order[at - 1]), *Version::parse(in_order[at])) << in_order[at];
  EXPECT_EQ(*Version::parse("1.2.3+build.7"), *Version::parse("1.2.3"));
}

TEST(Version, refusesWhatIsNone) {
  for (const char* text : {"", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.x", "01.2.3", "1.2.3-", "1.2.3-a..b", "1.2.3-a.", "1.2.3-01", "1.2.-3",
                           "1.2.99999999999", "1.2.3-ä", "1..3", ".1.2"})
    EXPECT_FALSE(Version::parse(text)) << text;
}

TEST(VersionRange, knowsWhatACaretAndATildeLetThrough) {
  EXPECT_TRUE(holds("^1.2", "1.2.0") && holds("^1.2", "1.9.3") && holds("^1.2.3", "1.2.3"));
  EXPECT_FALSE(holds("^1.2", "1.1.9") || holds("^1.2", "2.0.0") || holds("^1.2.3", "1.2.2"));
  EXPECT_FALSE(holds("^1.2", "2.0.0-beta")) << "what may break is no small step because it is not finished";
  EXPECT_TRUE(holds("^0.2.3", "0.2.9"));
  EXPECT_FALSE(holds("^0.2.3", "0.3.0") || holds("^0.0.3", "0.0.4"));
  EXPECT_TRUE(holds("~1.2.3", "1.2.9") && holds("~1.2", "1.2.0") && holds("~1", "1.9.0"));
  EXPECT_FALSE(holds("~1.2.3", "1.3.0") || holds("~1", "2.0.0"));
}

TEST(VersionRange, comparesAndCombines) {
  EXPECT_TRUE(holds("1.2.3", "1.2.3") && holds("=1.2", "1.2.7") && holds(">=1.2", "3.0.0") && holds("<2", "1.9.9") &&
              holds("<=1.2", "1.2.9"));
  EXPECT_FALSE(holds("1.2.3", "1.2.4") || holds("1.2.3", "1.2.3-rc.1") || holds(">1.2", "1.2.9") || holds("<2", "2.0.0-rc.1"));
  EXPECT_TRUE(holds(">=1.2  <1.4", "1.3.9"));
  EXPECT_FALSE(holds(">=1.2 <1.4", "1.4.0"));
  EXPECT_TRUE(holds(">=1.0.0-beta", "1.0.0-beta.2"));
}

TEST(VersionRange, refusesWhatIsNone) {
  for (const char* text : {"", " ", "^", "x", "^^1", "1.2 ||", "=>1", "^1.2-beta", "1.2.3.4", "latest", "*"})
    EXPECT_FALSE(VersionRange::parse(text)) << text;
}

}  // namespace
}  // namespace atrium
