#include "protocol/json_index.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

TEST(JsonIndex, readsMembersWithoutParsingAgain) {
  const auto document = JsonDocument::parse(R"({"a": {"b": [1, -2.5, true, null, "x\ny"] , "c":"" }, "d" : "plain", "\u0065":false})");
  ASSERT_TRUE(document);
  const JsonView root = document->root();
  ASSERT_TRUE(root.isObject());
  EXPECT_EQ(root.size(), 3u);
  EXPECT_EQ(root["d"].text(), "plain");
  EXPECT_TRUE(root["d"].plain());
  EXPECT_EQ(root["a"].raw(), R"({"b": [1, -2.5, true, null, "x\ny"] , "c":"" })");
  const JsonView list = root["a"]["b"];
  EXPECT_EQ(list.size(), 5u);
  EXPECT_EQ(list.raw(), R"([1, -2.5, true, null, "x\ny"])");
  std::int64_t integer = 0;
  double number = 0;
  JsonView item = list.first();
  EXPECT_TRUE(item.integer(integer));
  EXPECT_EQ(integer, 1);
  item = item.sibling(list);
  EXPECT_FALSE(item.integer(integer));
  EXPECT_TRUE(item.number(number));
  EXPECT_EQ(number, -2.5);
  item = item.sibling(list);
  EXPECT_TRUE(item.boolean(false));
  item = item.sibling(list);
  EXPECT_TRUE(item.isNull());
  item = item.sibling(list);
  EXPECT_EQ(item.text(), "x\ny");
  EXPECT_FALSE(item.sibling(list).exists());
  EXPECT_TRUE(root["a"]["c"].isString());
  EXPECT_EQ(root["a"]["c"].text(), "");
  EXPECT_FALSE(root["e"].boolean(true));
  EXPECT_FALSE(root["nothing"].exists());
}

TEST(JsonIndex, copiesOnePartWithItsOwnIndex) {
  const auto document = JsonDocument::parse(R"({"before":1,"part":{"k":"v","l":[{"m":2}]},"after":2})");
  ASSERT_TRUE(document);
  const JsonDocument part(document->root()["part"]);
  EXPECT_EQ(part.text(), R"({"k":"v","l":[{"m":2}]})");
  EXPECT_EQ(part.root()["k"].text(), "v");
  EXPECT_EQ(part.root()["l"].first()["m"].raw(), "2");
}

class JsonRefused : public testing::TestWithParam<const char*> {};

TEST_P(JsonRefused, isMalformed) {
  const auto document = JsonDocument::parse(GetParam());
  ASSERT_FALSE(document) << GetParam();
  EXPECT_EQ(document.error().code, Code::malformed_json);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, JsonRefused,
    testing::Values(
        "", " ", "{", "}", "[", "[1,]", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "[1 2]", "{\"a\":1 \"b\":2}", "{} {}", "1 2",
        "\"\\x\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\n\"", "\"\xff\"", "\"\xc0\x80\"", "01", "1.", ".5", "+1", "1e", "nul", "truee", "NaN",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"\\x\":1}", "[\"abc]", "{\"a\":[}", "[1,,2]", "// c\n1", "'a'", "\"a\" x",
        "[1]]", "{\"a\":tru}",
        "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":11,\"l\":12,\"m\":13,\"m\":14}"));

TEST(JsonIndex, boundsDepthAndNumberOfValues) {
  EXPECT_TRUE(JsonDocument::parse(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(JsonDocument::parse(std::string(65, '[') + std::string(65, ']')));
  std::string many = "[0";
  for (std::size_t n = 1; n + 1 < JsonIndexer::fields_max; ++n) many += ",0";
  EXPECT_TRUE(JsonDocument::parse(many + "]"));
  EXPECT_FALSE(JsonDocument::parse(many + ",0]"));
}

}  // namespace
}  // namespace atrium
