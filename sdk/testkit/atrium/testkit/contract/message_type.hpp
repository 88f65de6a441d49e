#ifndef ATRIUM_TESTKIT_CONTRACT_MESSAGE_TYPE_HPP
#define ATRIUM_TESTKIT_CONTRACT_MESSAGE_TYPE_HPP
#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class MessageTypeContract : public ContractTest {
 protected:
  [[nodiscard]] const atrium_message_type& table() { return plugin().need<atrium_message_type>(ATRIUM_EXT_MESSAGE_TYPE); }
  // Messages of any kind, whatever the schema of the manifest would have stopped.
  static std::vector<JsonText> messages() {
    std::vector<JsonText> all = {"{}", R"({"content":""})", R"({"metadata":{}})", R"({"priority":"critical"})"};
    for (const std::string& value : strange_values()) {
      if (value.front() == '"') all.emplace_back("{\"content\":" + value + "}");
      for (const char* name : {"file_id", "url", "lead_id", "agent_id", "topic", "severity", "x"})
        all.emplace_back("{\"metadata\":{" + json_quoted(name) + ":" + value + "}}");
    }
    return all;
  }
  static std::vector<JsonText> users() {
    return {"{}", R"({"roles":["client"],"room_role":"observer"})", R"({"roles":["supervisor"],"room_role":"owner"})"};
  }
  static void expect_sound(const Verdict& verdict, const JsonText& message) {
    EXPECT_EQ(verdict.status, ATRIUM_OK) << message.text();
    for (const std::string& breach : verdict.breaches) ADD_FAILURE() << breach << ", for " << message.text();
    if (verdict.denied) {
      EXPECT_TRUE(!verdict.reason.empty() || !verdict.denied_fields.empty()) << "a denial without a reason, for " << message.text();
    }
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MessageTypeContract);

TEST_P(MessageTypeContract, hasConstantsThatMakeSense) {
  const atrium_message_type_info& info = *table().info;
  EXPECT_TRUE(is_offered_name(view(info.name))) << view(info.name);
  EXPECT_EQ(info.sender_roles & ~31u, 0u) << "roles that do not exist";
  EXPECT_LE(info.delivery_class, static_cast<std::uint32_t>(ATRIUM_DELIVER_SHEDDABLE));
  if (info.content_max != 0) {
    EXPECT_LE(info.content_min, info.content_max);
  }
}

TEST_P(MessageTypeContract, acceptsItsOwnMessages) {
  for (const std::string& sample : GetParam().samples) {
    const RoomCalls at{.message = JsonText(sample)};
    const Verdict verdict = at.check(plugin());
    EXPECT_TRUE(verdict.allowed()) << sample << ": " << verdict.reason;
  }
}

TEST_P(MessageTypeContract, judgesMessagesOfAnyKindWithinTheBounds) {
  for (const JsonText& message : messages())
    for (const JsonText& user : users()) expect_sound(RoomCalls{.user = user, .message = message}.check(plugin()), message);
}

TEST_P(MessageTypeContract, summarisesOnOneShortLine) {
  if (!table().summarise) return;
  for (const JsonText& message : messages()) {
    const std::string line = RoomCalls{.message = message}.summarise(plugin());
    EXPECT_LE(line.size(), 200u) << message.text();
    EXPECT_TRUE(is_utf8(line)) << "a character was cut in two: " << message.text();
    EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos) << message.text();
  }
}

TEST_P(MessageTypeContract, hearsOfWhatWasDelivered) {
  for (const JsonText& message : messages())
    EXPECT_EQ((RoomCalls{.message = message}.did_deliver(plugin(), 3)), ATRIUM_OK) << message.text();
}

}  // namespace atrium::testkit
#endif
