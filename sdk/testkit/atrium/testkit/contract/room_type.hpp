#ifndef ATRIUM_TESTKIT_CONTRACT_ROOM_TYPE_HPP
#define ATRIUM_TESTKIT_CONTRACT_ROOM_TYPE_HPP
#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class RoomTypeContract : public ContractTest {
 protected:
  [[nodiscard]] const atrium_room_type_info& info() { return *plugin().need<atrium_room_type>(ATRIUM_EXT_ROOM_TYPE).info; }
  static std::vector<JsonText> rooms() {
    std::vector<JsonText> all = {"{}", R"({"room_id":"","member_count":0})", R"({"member_count":4294967295,"max_members":1})"};
    for (const std::string& value : strange_values())
      for (const char* part : {"settings", "context"})
        for (const char* name : {"allow_file_sharing", "message_retention_days", "lead_id", "x"})
          all.emplace_back("{" + json_quoted(part) + ":{" + json_quoted(name) + ":" + value + "}}");
    return all;
  }
  static std::vector<JsonText> users() {
    return {"{}", R"({"roles":[],"display_name":""})", R"({"roles":["client"],"room_role":"none"})",
            R"({"roles":["supervisor","admin"],"room_role":"owner"})"};
  }
  // Every hook at one scene.
  void call_all(const RoomCalls& at) {
    for (const Verdict& verdict : {at.check_settings(plugin()), at.will_create(plugin()), at.will_join(plugin()), at.will_post(plugin())}) {
      EXPECT_EQ(verdict.status, ATRIUM_OK) << at.room.text();
      for (const std::string& breach : verdict.breaches) ADD_FAILURE() << breach << ", for " << at.room.text();
      if (verdict.denied) {
        EXPECT_TRUE(!verdict.reason.empty() || !verdict.denied_fields.empty()) << "a denial without a reason, for " << at.room.text();
      }
    }
    for (const atrium_status status : {at.did_create(plugin()), at.did_join(plugin()), at.did_post(plugin()), at.tick(plugin()),
                                       at.did_leave(plugin()), at.did_close(plugin())})
      EXPECT_EQ(status, ATRIUM_OK) << at.room.text();
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RoomTypeContract);

TEST_P(RoomTypeContract, hasConstantsThatMakeSense) {
  EXPECT_TRUE(is_offered_name(view(info().name))) << view(info().name);
  EXPECT_LE(info().entry, static_cast<std::uint32_t>(ATRIUM_ENTRY_INVITATION));
  EXPECT_LE(info().durability, static_cast<std::uint32_t>(ATRIUM_DURABILITY_REPLICATED));
  EXPECT_LE(info().flush_window_us, 1'000'000u);
  if (info().max_members_limit != 0) {
    EXPECT_LE(info().max_members, info().max_members_limit);
  }
  if (info().flags & ATRIUM_ROOM_TYPE_ADDON) return;
  EXPECT_EQ(info().permissions[ATRIUM_ROOM_ROLE_NONE] & ATRIUM_MAY_CLOSE, 0u) << "nobody of the room may close it";
  EXPECT_NE(info().permissions[ATRIUM_ROOM_ROLE_OWNER] & ATRIUM_MAY_READ, 0u) << "an owner cannot read";
  for (const std::uint32_t bits : info().permissions) EXPECT_EQ(bits & ~127u, 0u) << "permissions that do not exist";
}

TEST_P(RoomTypeContract, judgesRoomsOfAnyKindWithinTheBounds) {
  for (const JsonText& room : rooms()) call_all({.room = room});
}

TEST_P(RoomTypeContract, judgesAnybody) {
  for (const JsonText& user : users())
    for (const JsonText& other : users()) call_all({.user = user, .other = other});
}

TEST_P(RoomTypeContract, judgesMessagesOfAnyType) {
  for (const char* message : {R"({"message_type":"file_share","metadata":{}})", R"({"message_type":"a_type_of_tomorrow"})",
                              R"({"content":""})", R"({"message_type":"command","metadata":{"command":"/close"}})"})
    call_all({.message = JsonText(message)});
}

}  // namespace atrium::testkit
#endif
