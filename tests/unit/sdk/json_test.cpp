// The SDK's Json over indexes that the kernel made, as it is in a server.
#include "atrium/json.hpp"

#include <gtest/gtest.h>

#include "atrium/room.hpp"
#include "atrium/summary.hpp"
#include "protocol/json_index.hpp"

namespace atrium {
namespace {

// A parsed text and the SDK's view of it.
struct Parsed {
  explicit Parsed(std::string_view text) : document(JsonDocument::parse(text).value()), json(document.root().abi()) {}
  JsonDocument document;
  sdk::Json json;
};

TEST(SdkJson, readsMembersByName) {
  const Parsed parsed(R"({"tier":"vip","score":7,"ok":true,"none":null,"list":[1,"two",{"three":3}],"k\u0065y":"v"})");
  const Json& json = parsed.json;
  EXPECT_TRUE(json["tier"] == "vip");
  EXPECT_FALSE(json["tier"] == "VIP");
  EXPECT_TRUE(json["score"] == 7);
  EXPECT_FALSE(json["score"] == "7");
  EXPECT_TRUE(json["ok"] == true);
  EXPECT_FALSE(json["score"] == true);
  EXPECT_TRUE(json["none"].is_null());
  EXPECT_TRUE(json["key"] == "v") << "keys are compared decoded";
  EXPECT_EQ(json["list"].size(), 3u);
  EXPECT_EQ(json["list"].raw(), R"([1,"two",{"three":3}])");
}

TEST(SdkJson, chainsThroughWhatIsNotThere) {
  const Parsed parsed(R"({"a":[]})");
  const Json missing = parsed.json["x"]["y"]["z"];
  EXPECT_FALSE(missing.exists());
  EXPECT_FALSE(missing == "" || missing == 0 || missing == false || missing.is_null());
  EXPECT_FALSE(missing.as_text() || missing.as_int() || missing.as_number() || missing.as_bool());
  EXPECT_EQ(missing.raw(), "");
  EXPECT_EQ(missing.key(), "");
  for (const Json child : missing) ADD_FAILURE() << child.raw();
  for (const Json child : parsed.json["a"]) ADD_FAILURE() << child.raw();
  EXPECT_FALSE(Json().exists());
}

TEST(SdkJson, comparesWithWhatJsonKnows) {
  const Parsed parsed(R"({"none":null,"half":0.5,"five":5,"minus":-1,"text":"5","big":9223372036854775807})");
  const Json& json = parsed.json;
  EXPECT_TRUE(json["none"] == nullptr);
  EXPECT_TRUE(json["text"] != nullptr);
  EXPECT_FALSE(json["missing"] == nullptr) << "what is not there equals nothing";
  const char* no_text = nullptr;
  EXPECT_FALSE(json["none"] == no_text || json["text"] == no_text);
  EXPECT_TRUE(json["half"] == 0.5 && json["half"] == 0.5f && json["five"] == 5.0);
  EXPECT_TRUE(json["five"] == 5u && json["five"] == 5L && json["five"] == std::uint64_t{5} && json["five"] == std::uint8_t{5});
  EXPECT_TRUE(json["minus"] == -1 && json["big"] == INT64_MAX);
  EXPECT_FALSE(json["minus"] == UINT64_MAX || json["minus"] == UINT32_MAX) << "by value, not by bits";
  EXPECT_FALSE(json["half"] == 0 || json["text"] == 5 || json["text"] == 5.0 || json["five"] == true);
}

TEST(SdkJson, walksChildrenInOrder) {
  const Parsed parsed(R"({"a":{"deep":[1,[2]]},"b":2,"c":[true]})");
  std::string seen;
  for (const Json child : parsed.json) seen += child.key() + "=" + std::string(child.raw()) + ";";
  EXPECT_EQ(seen, R"(a={"deep":[1,[2]]};b=2;c=[true];)");
  seen.clear();
  for (const Json child : parsed.json["a"]["deep"]) seen += std::string(child.raw()) + ";";
  EXPECT_EQ(seen, "1;[2];");
}

TEST(SdkJson, readsNumbersExactlyOrNotAtAll) {
  const Parsed parsed(R"([9223372036854775807,-9223372036854775808,1.5,1e2,-0])");
  std::vector<std::optional<std::int64_t>> whole;
  for (const Json number : parsed.json) whole.push_back(number.as_int());
  EXPECT_EQ(whole, (std::vector<std::optional<std::int64_t>>{INT64_MAX, INT64_MIN, std::nullopt, std::nullopt, 0}));
  EXPECT_EQ(Parsed("1e2").json.as_number(), 100.0);
}

TEST(SdkJson, decodesTextAsTheKernelDoes) {
  for (const char* text :
       {R"("plain")", R"("")", R"("a\nb\t\"\\\/\b\f\r")", R"("\u0041\u00e9\u20ac")", R"("\ud83d\ude00!")", R"("\u0000")"}) {
    const Parsed parsed(text);
    EXPECT_EQ(parsed.json.as_text(), parsed.document.root().text()) << text;
    EXPECT_TRUE(parsed.json == std::string_view(parsed.document.root().text()));
    EXPECT_EQ(Parsed(json_quoted(*parsed.json.as_text())).json.as_text(), parsed.json.as_text()) << "and back";
  }
}

TEST(SdkText, knowsWhatCanBeAUserId) {
  EXPECT_TRUE(is_user_id("ana"));
  EXPECT_TRUE(is_user_id(std::string(128, 'x')));
  EXPECT_FALSE(is_user_id(""));
  EXPECT_FALSE(is_user_id(std::string(129, 'x')));
  EXPECT_FALSE(is_user_id("a\nb"));
  EXPECT_FALSE(is_user_id("a\x7f"));
}

TEST(SdkText, shortensBetweenCharacters) {
  EXPECT_EQ(shortened("short"), "short");
  EXPECT_EQ(shortened("two\nlines"), "two lines");
  EXPECT_EQ(shortened("", 10), "");
  EXPECT_EQ(shortened("1234567890", 10), "1234567890");
  EXPECT_EQ(shortened("12345678901", 10), "1234567\u2026");
  EXPECT_EQ(shortened("\u20ac\u20ac\u20ac\u20ac", 11), "\u20ac\u20ac\u2026") << "8 bytes fit, 6 of whole characters";
}

}  // namespace
}  // namespace atrium
