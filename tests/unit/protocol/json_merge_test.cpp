#include "protocol/json_merge.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

std::string merged(std::string_view under, std::string_view over) {
  return mergedObject(JsonDocument::parse(under)->root(), JsonDocument::parse(over)->root());
}

TEST(JsonMerge, hasTheMembersOfBothAndThoseOnTopWin) {
  EXPECT_EQ(merged(R"({"a":1,"b":[1,{"c":2}]})", R"({"a":null,"d":"x"})"), R"({"b":[1,{"c":2}],"a":null,"d":"x"})");
  EXPECT_EQ(merged("{}", R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(merged(R"({"a":{"x":1}})", R"({"a":{"y":2}})"), R"({"a":{"y":2}})") << "a member is one thing";
}

TEST(JsonMerge, knowsAMemberHoweverItsNameIsWritten) {
  EXPECT_EQ(merged(R"({"say \"hi\"":1,"\u00e9":2})", R"({"é":3})"), R"({"say \"hi\"":1,"é":3})");
}

TEST(JsonMerge, takesWhatIsAbsentForAnEmptyOne) {
  EXPECT_EQ(mergedObject({}, {}), "{}");
  EXPECT_EQ(mergedObject({}, JsonDocument::parse(R"({"a":1})")->root()), R"({"a":1})");
}

}  // namespace
}  // namespace atrium
