// The testkit's parser beside the kernel's: what one refuses the other refuses, and what both take has one and the same index.
#include <gtest/gtest.h>

#include <cstring>

#include "atrium/testkit/json_text.hpp"
#include "protocol/json_index.hpp"

namespace atrium::test {
namespace {

std::string nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }
std::string many(int count) {
  std::string text = "[0";
  for (int n = 1; n < count; ++n) text += ",0";
  return text + "]";
}

std::vector<std::string> texts() {
  std::vector<std::string> all = {
      // Sound.
      "{}", "[]", "\"\"", "0", "-0", "1.5e-3", "-12.25E+2", "true", "false", "null", "  [1 , 2 ]  ", "{\"a\" : { \"b\" : [ ] } }\n",
      R"({"a":1,"b":[1,"two",{"three":3.5}],"c":{"d":{}},"e":null,"f":true})", R"({"k\u0065y":"v","\n":1,"":0})",
      R"(["\ud83d\ude00","\u0000","\/"])", "\"\u20ac \U0001F600 \x7f\"", "18446744073709551615", "-9223372036854775808", "1e-400",
      "[1e308]", R"([[],[[]],{},{"a":{}}])",
      R"({"a":"1","b":"2","c":"3","d":"4","e":"5","f":"6","g":"7","h":"8","i":"9","j":"10","k":"11","l":"12","m":"13","n":"14"})",
      nested(64), many(16383),
      // Not.
      "", " ", "{", "[", "\"", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:2}", "{\"a\":1 \"b\":2}", "[1}",
      "{\"a\":1]", "01", "-", "1.", ".5", "+1", "1e", "1e+", "0x1", "NaN", "Infinity", "1e400", "18446744073709551616",
      "-9223372036854775809", "tru", "truee", "nul", "nulls", "'a'", "[1] 2", "{} {}", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", R"("\ud83d")",
      R"("\ud83d\u0041")", R"("\ude00")", "\"a\nb\"", "\"a\tb\"", "\"\x80\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"",
      "\"\xE2\x82\"", "\"\xFF\"", R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})", "// no\n1", "[1]//", nested(65), many(16384),
      R"({"a":"1","b":"2","c":"3","d":"4","e":"5","f":"6","g":"7","h":"8","i":"9","j":"10","k":"11","l":"12","m":"13","a":"14"})"};
  return all;
}

TEST(TestkitJson, indexesAsTheServerDoes) {
  for (const std::string& text : texts()) {
    const std::string shown = text.substr(0, 60);
    const auto kernel = JsonDocument::parse(text);
    ASSERT_EQ(testkit::JsonText::is_sound(text), kernel.has_value()) << shown;
    if (!kernel) continue;
    const testkit::JsonText parsed(text);
    const atrium_json mine = parsed.abi(), its = kernel->root().abi();
    ASSERT_EQ(mine.field_count, its.field_count) << shown;
    // The kernel's document begins at its value, the testkit's with the spaces before it.
    const auto shift = static_cast<std::uint32_t>(text.find_first_not_of(" \n"));
    for (std::uint32_t at = 0; at < mine.field_count; ++at) {
      atrium_json_field a = mine.fields[at];
      const atrium_json_field& b = its.fields[at];
      a.value_offset -= shift;
      if (a.key_size > 0) a.key_offset -= shift;
      if (a.key_size == 0) a.key_offset = b.key_offset;  // Means nothing.
      EXPECT_EQ(std::memcmp(&a, &b, sizeof a), 0) << shown << ", entry " << at;
    }
  }
}

TEST(TestkitJson, saysWhereATextBreaks) {
  try {
    testkit::JsonText("{\"a\":tru}");
    FAIL();
  } catch (const std::invalid_argument& problem) {
    EXPECT_STREQ(problem.what(), "not JSON at byte 5");
  }
}

TEST(TestkitJson, tellsUtf8) {
  EXPECT_TRUE(testkit::is_utf8("a\n\"\u20ac"));
  EXPECT_FALSE(testkit::is_utf8("a\x80"));
}

}  // namespace
}  // namespace atrium::test
