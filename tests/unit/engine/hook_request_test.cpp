#include "engine/hook_request.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "protocol/json_index.hpp"

namespace atrium {
namespace {

atrium_text text(std::string_view view) { return {view.data(), view.size()}; }
std::string words(const atrium_text& part) { return part.size == 0 ? std::string() : std::string(part.data, part.size); }

// A call that shows everything a hook may be shown. Its texts stand in memory that goes before the copy is read.
struct Shown {
  JsonDocument settings = *JsonDocument::parse(R"({"depth":3,"list":[1,{"a":"b\n"},null],"":""})");
  JsonDocument frame = *JsonDocument::parse(R"({"before":[1,2],"meta\"data":{"lead_id":"l-1","tags":["x","y"]},"after":true})");
  atrium_room_view room{};
  atrium_user_view user{}, actor{};
  atrium_message_view message{};
  atrium_position position{};
  std::string bytes = "acme|room_1|agent_team|A room|ana|Ana|bob|Bob|text|Hello|msg_1|e1";

  Shown() {
    std::string_view left = bytes;
    const auto next = [&left] {
      const std::size_t end = std::min(left.find('|'), left.size());
      const std::string_view one = left.substr(0, end);
      left.remove_prefix(std::min(end + 1, left.size()));
      return text(one);
    };
    room = {.struct_size = sizeof room,
            .member_count = 2,
            .max_members = 50,
            .reserved = 0,
            .tenant_id = next(),
            .room_id = next(),
            .room_type = next(),
            .name = next(),
            .settings = settings.root().abi(),
            .context = JsonDocument::emptyObject().root().abi()};
    room.context = {};
    user = {.struct_size = sizeof user, .token_roles = 3, .room_role = 4, .reserved = 0, .user_id = next(), .display_name = next()};
    actor = {.struct_size = sizeof actor, .token_roles = 1, .room_role = 2, .reserved = 0, .user_id = next(), .display_name = next()};
    message = {.struct_size = sizeof message,
               .priority = 3,
               .message_type = next(),
               .content = next(),
               .metadata = frame.root().first().sibling(frame.root()).abi()};
    position = {
        .struct_size = sizeof position, .durability = 2, .seq = 7, .sent_at_ms = 1'700'000'000'000, .message_id = next(), .epoch = next()};
  }
  [[nodiscard]] HookCall call() const {
    return {
        .hook = Hook::did_post, .room = &room, .user = &user, .actor = &actor, .message = &message, .position = &position, .number = 99};
  }
};

TEST(HookRequest, keepsEverythingAHookIsShown) {
  auto shown = std::make_unique<Shown>();
  HookRequest made(shown->call());
  shown.reset();
  const HookRequest request = std::move(made);
  const OpenedCall opened = request.open();
  const HookCall call = opened.call();
  EXPECT_EQ(call.hook, Hook::did_post);
  EXPECT_EQ(call.number, 99u);
  EXPECT_EQ(words(call.room->tenant_id) + words(call.room->room_id) + words(call.room->room_type) + words(call.room->name),
            "acmeroom_1agent_teamA room");
  EXPECT_EQ(call.room->struct_size, sizeof(atrium_room_view));
  EXPECT_EQ(call.room->member_count, 2u);
  EXPECT_EQ(call.room->max_members, 50u);
  EXPECT_FALSE(JsonView(call.room->context).exists());
  const JsonView settings(call.room->settings);
  EXPECT_EQ(settings.raw(), R"({"depth":3,"list":[1,{"a":"b\n"},null],"":""})");
  EXPECT_EQ(settings["list"].first().sibling(settings["list"])["a"].text(), "b\n");
  EXPECT_EQ(words(call.user->user_id) + words(call.user->display_name), "anaAna");
  EXPECT_EQ(call.user->token_roles * 10 + call.user->room_role, 34u);
  EXPECT_EQ(words(call.actor->user_id) + words(call.actor->display_name), "bobBob");
  EXPECT_EQ(call.message->priority, 3u);
  EXPECT_EQ(words(call.message->message_type) + words(call.message->content), "textHello");
  const JsonView metadata(call.message->metadata);
  EXPECT_EQ(metadata.raw(), R"({"lead_id":"l-1","tags":["x","y"]})") << "cut out of the frame it came in";
  EXPECT_EQ(metadata["tags"].first().sibling(metadata["tags"]).text(), "y");
  EXPECT_EQ(call.position->seq, 7u);
  EXPECT_EQ(call.position->sent_at_ms, 1'700'000'000'000u);
  EXPECT_EQ(call.position->durability, 2u);
  EXPECT_EQ(words(call.position->message_id) + words(call.position->epoch), "msg_1e1");
}

TEST(HookRequest, leavesOutWhatAHookIsNotShown) {
  const Shown shown;
  const HookRequest request({.hook = Hook::tick, .room = &shown.room, .number = 5});
  const OpenedCall opened = request.open();
  const HookCall call = opened.call();
  EXPECT_TRUE(call.room && !call.user && !call.actor && !call.message && !call.position);
}

TEST(HookRequest, standsInBytesThatFollowOthers) {
  const Shown shown;
  std::vector<std::byte> out(64);
  encodeCall(shown.call(), out);
  EXPECT_EQ(out.size() % 8, 0u);
  const auto opened = OpenedCall::open(std::span(out).subspan(64));
  ASSERT_TRUE(opened);
  EXPECT_EQ(words(opened->call().message->content), "Hello");
}

TEST(HookRequest, refusesBytesThatAreNoWholeCall) {
  const Shown shown;
  std::vector<std::byte> whole;
  encodeCall(shown.call(), whole);
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(OpenedCall::open(std::span(whole).first(size))) << size;
  // Every four bytes of the fixed part and of the indices with the largest number: refused, or read within the bytes all the same.
  for (std::size_t at = 0; at + 4 <= whole.size(); at += 4) {
    std::vector<std::byte> changed = whole;
    std::memset(changed.data() + at, 0xFF, 4);
    const auto opened = OpenedCall::open(changed);
    if (!opened) continue;
    const auto within = [&](const atrium_text& part) {
      return part.size == 0 || (part.data >= reinterpret_cast<const char*>(changed.data()) &&
                                part.data + part.size <= reinterpret_cast<const char*>(changed.data() + changed.size()));
    };
    const HookCall call = opened->call();
    EXPECT_TRUE(!call.message || within(call.message->content)) << at;
    EXPECT_TRUE(!call.room || within(call.room->name)) << at;
  }
  EXPECT_FALSE(OpenedCall::open({}));
}

}  // namespace
}  // namespace atrium
