#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(HouseWords, standForOthersWhereThoseAreWholeWords) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"words": {"flat": "apartment", "cheap": "good value"}})");
  testkit::RoomCalls calls;
  calls.message = R"({"content": "Flat, flatter: a cheap flat."})";
  const testkit::Verdict verdict = calls.will_post(plugin);
  EXPECT_TRUE(verdict.allowed());
  EXPECT_EQ(verdict.content, "apartment, flatter: a good value apartment.");
  EXPECT_EQ(verdict.annotations.at("house_words"), "3");
}

TEST(HouseWords, leaveAMessageAloneThatHasNothingForThem) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"words": {"flat": "apartment"}})");
  testkit::RoomCalls calls;
  for (const char* message : {R"({"content": "All is well."})", R"({"content": ""})", R"({"content": "Plattenbau, Stra\u00dfe"})"}) {
    calls.message = message;
    const testkit::Verdict verdict = calls.will_post(plugin);
    EXPECT_TRUE(verdict.allowed()) << message;
    EXPECT_FALSE(verdict.content) << message;
    EXPECT_TRUE(verdict.annotations.empty()) << message;
  }
}

TEST(HouseWords, neverMakeAMessageLongerThanItMayBe) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"words": {"a": "something much longer"}})");
  std::string content;
  for (int n = 0; n < 5000; ++n) content += "a ";
  testkit::RoomCalls calls;
  calls.message = testkit::JsonText("{\"content\": \"" + content + "\"}");
  EXPECT_FALSE(calls.will_post(plugin).content);
}

TEST(HouseWords, saysWhatIsWrongWithItsOptions) {
  testkit::FakeHost host;
  for (const char* options : {R"({"words": {"flat": 1}})", R"({"words": {"": "nothing"}})", R"({"words": {"two words": "one"}})"})
    EXPECT_THROW(testkit::Plugin(host, atrium_entry, options), std::runtime_error) << options;
}
