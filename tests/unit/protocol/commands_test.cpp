#include "protocol/commands.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

Principal ana() {
  Principal who;
  who.tenant_id = "acme";
  who.user_id = "ana";
  return who;
}

// Reads a text that has to be well-formed, and keeps it for the views of the command.
template <typename Command>
class Read {
 public:
  Read(Result<Command> (*read)(const JsonView&, const Principal&), std::string_view text)
      : document_(JsonDocument::parse(text).value()), result_(read(document_.root(), ana())) {}
  explicit operator bool() const { return result_.has_value(); }
  const Command* operator->() const { return &*result_; }
  [[nodiscard]] std::string paths() const {
    std::string all;
    if (!result_)
      for (const FieldProblem& field : result_.error().fields) (all += all.empty() ? "" : " ") += field.path;
    return all;
  }
  [[nodiscard]] std::string code() const { return result_ ? "ok" : std::string(info(result_.error().code).word); }

 private:
  JsonDocument document_;
  Result<Command> result_;
};

TEST(Commands, createRoomReadsEverything) {
  const Read room(readCreateRoom, R"({"room_type":"open","name":"N\u00e4me","description":"two\nlines","max_members":7,
    "initial_members":["cleo","ana","ben","cleo"],"settings":{"a":[1]},"context":{"b":{}},"created_by":"ana","tenant_id":"acme"})");
  ASSERT_TRUE(room) << room.paths();
  EXPECT_EQ(room->room_type, "open");
  EXPECT_EQ(room->name, "N\u00e4me");
  EXPECT_EQ(room->description, "two\nlines");
  EXPECT_EQ(room->max_members, 7u);
  EXPECT_EQ(room->initial_members, std::vector<std::string>({"ben", "cleo"})) << "each once, without the creator";
  EXPECT_EQ(room->settings.text(), R"({"a":[1]})");
  EXPECT_EQ(room->context.text(), R"({"b":{}})");
}

TEST(Commands, absentAndNullMembersHaveDefaults) {
  const Read room(readCreateRoom, R"({"room_type":"open","name":"n","description":null,"settings":null,"initial_members":null})");
  ASSERT_TRUE(room);
  EXPECT_EQ(room->settings.text(), "{}");
  EXPECT_EQ(room->max_members, 0u);
  const Read message(readSendMessage, R"({"content":null,"metadata":null,"attachments":null,"sender_name":null,"priority":null})");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_type, "text");
  EXPECT_EQ(message->priority, Priority::normal);
  EXPECT_FALSE(message->content.exists());
  EXPECT_FALSE(message->has_if_seq);
  EXPECT_TRUE(Read(readTyping, "{}")->is_typing);
  EXPECT_EQ(Read(readAddMember, "{}")->user_id, "ana");
}

TEST(Commands, everyWrongFieldIsNamedAtOnce) {
  EXPECT_EQ(Read(readCreateRoom, R"({"description":1,"max_members":0,"initial_members":[""],"settings":[],"context":"x"})").paths(),
            "/room_type /name /description /max_members /initial_members /settings /context");
  EXPECT_EQ(
      Read(readChangeRoom, R"({"name":"","max_members":100001,"room_type":"x","room_id":1,"created_by":"x","is_active":true})").paths(),
      "/name /max_members /room_type /room_id /created_by /is_active");
  EXPECT_EQ(Read(readAddMember, R"({"user_id":"","display_name":7,"role":"none"})").paths(), "/user_id /display_name /role");
  EXPECT_EQ(Read(readSendMessage, R"({"content":1,"sender_name":2,"message_type":"","priority":"x","metadata":[],"client_message_id":5,
    "reply_to":"x","thread":"room_01KEKQYS00R4X8W6M9ZB2T5VNC","attachments":{},"if_seq":-1,"room_id":"\u0061"})")
                .paths(),
            "/room_id /content /sender_name /message_type /priority /metadata /client_message_id /reply_to /thread /attachments /if_seq");
  EXPECT_EQ(Read(readUpdatePresence, R"({"status_message":1,"current_room_id":2})").paths(), "/status /status_message /current_room_id");
  EXPECT_EQ(Read(readBroadcast, R"({"priority":1,"metadata":1})").paths(), "/content /priority /metadata");
  EXPECT_EQ(Read(readTyping, R"({"is_typing":"yes"})").paths(), "/is_typing");
  EXPECT_EQ(Read(readChangeRole, "{}").paths(), "/role");
  EXPECT_EQ(Read(readChangeRole, R"({"role":"king"})").paths(), "/role");
}

TEST(Commands, aFieldIsNotCalledMissingWhenItIsWrong) {
  const auto refused = readChangeRole(JsonDocument::parse(R"({"role":"king"})")->root(), ana());
  ASSERT_EQ(refused.error().fields.size(), 1u);
  EXPECT_EQ(refused.error().fields[0].message, "must be one of observer, member, moderator, owner");
}

TEST(Commands, somethingElseThanAnObjectIsRefused) {
  for (const char* text : {"[]", "\"x\"", "7", "null"}) EXPECT_EQ(Read(readSendMessage, text).code(), "validation_failed") << text;
}

TEST(Commands, identityComesFromTheToken) {
  EXPECT_EQ(Read(readSendMessage, R"({"content":"x","sender_id":"ana","user_id":"ana","tenant_id":"acme"})").code(), "ok");
  EXPECT_EQ(Read(readSendMessage, R"({"content":"x","sender_id":"\u0061na"})").code(), "ok");
  for (const char* text :
       {R"({"sender_id":"ben"})", R"({"user_id":"ben"})", R"({"tenant_id":"other"})", R"({"tenant_id":"ACME","content":7})"})
    EXPECT_EQ(Read(readSendMessage, text).code(), "identity_mismatch") << text;
  EXPECT_EQ(Read(readCreateRoom, R"({"room_type":"a","name":"n","created_by":"ben"})").code(), "identity_mismatch");
  EXPECT_EQ(Read(readUpdatePresence, R"({"status":"busy","user_id":"ben"})").code(), "identity_mismatch");
  EXPECT_EQ(Read(readCreateRoom, R"({"room_type":"a","name":"n","user_id":"ben"})").code(), "identity_mismatch");
  EXPECT_EQ(Read(readChangeRoom, R"({"name":"n","user_id":"ben"})").code(), "identity_mismatch");
  EXPECT_EQ(Read(readBroadcast, R"({"content":"x","user_id":"ben"})").code(), "identity_mismatch");
  EXPECT_EQ(Read(readNameRoom, R"({"room_id":"room_1","user_id":"ben"})").code(), "identity_mismatch");
  EXPECT_EQ(Read(readNameRoom, R"({"room_id":"room_1","user_id":"ana"})")->room_id, "room_1");
  EXPECT_EQ(Read(readNameRoom, R"({"room_id":1})").paths(), "/room_id");
  EXPECT_EQ(Read(readSendMessage, R"({"sender_id":7})").paths(), "/sender_id");
  EXPECT_EQ(Read(readSendMessage, R"({"sender_id":null})").code(), "ok");
}

TEST(Commands, boundsAreInclusive) {
  const auto named = [](std::size_t size) { return R"({"room_type":"t","name":")" + std::string(size, 'n') + R"("})"; };
  EXPECT_TRUE(Read(readCreateRoom, named(name_max)));
  EXPECT_EQ(Read(readCreateRoom, named(name_max + 1)).paths(), "/name");
  const auto keyed = [](std::size_t size) { return R"({"client_message_id":")" + std::string(size, 'c') + R"("})"; };
  EXPECT_TRUE(Read(readSendMessage, keyed(client_message_id_max)));
  EXPECT_EQ(Read(readSendMessage, keyed(client_message_id_max + 1)).paths(), "/client_message_id");
  const auto weighty = [](std::size_t size) { return R"({"metadata":{"k":")" + std::string(size - 8, 'x') + R"("}})"; };
  EXPECT_TRUE(Read(readSendMessage, weighty(object_max)));
  EXPECT_EQ(Read(readSendMessage, weighty(object_max + 1)).paths(), "/metadata");
  const auto attached = [](std::size_t files) {
    std::string text = R"({"attachments":[)";
    for (std::size_t n = 0; n < files; ++n) text += n ? ",\"f\"" : "\"f\"";
    return text + "]}";
  };
  EXPECT_TRUE(Read(readSendMessage, attached(attachments_max)));
  EXPECT_EQ(Read(readSendMessage, attached(attachments_max + 1)).paths(), "/attachments");
  EXPECT_EQ(Read(readSendMessage, R"({"attachments":[7]})").paths(), "/attachments");
  EXPECT_EQ(Read(readSendMessage, R"({"if_seq":9007199254740991})")->if_seq, 9007199254740991u);
  EXPECT_EQ(Read(readSendMessage, R"({"if_seq":9007199254740992})").paths(), "/if_seq");
  EXPECT_EQ(Read(readSendMessage, R"({"if_seq":1.0})").paths(), "/if_seq");
}

TEST(Commands, controlCharactersStayOut) {
  EXPECT_EQ(Read(readCreateRoom, R"({"room_type":"t","name":"a\u0000b"})").paths(), "/name");
  EXPECT_EQ(Read(readCreateRoom, R"({"room_type":"t","name":"a\nb"})").paths(), "/name");
  EXPECT_EQ(Read(readCreateRoom, R"({"room_type":"t","name":"n","description":"a\r\n\tb"})").code(), "ok");
  EXPECT_EQ(Read(readCreateRoom, R"({"room_type":"t","name":"n","description":"a\u001bb"})").paths(), "/description");
  EXPECT_EQ(Read(readCreateRoom, R"({"room_type":"t","name":"n","initial_members":["a\u007f"]})").paths(), "/initial_members");
  EXPECT_TRUE(validUserId(std::string(user_id_max, 'u')));
  EXPECT_FALSE(validUserId(std::string(user_id_max + 1, 'u')));
  EXPECT_FALSE(validUserId(""));
}

TEST(Commands, changesKnowWhatWasNotSaid) {
  const Read nothing(readChangeRoom, "{}");
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(nothing->name || nothing->description || nothing->max_members || nothing->settings || nothing->context);
  const Read all(readChangeRoom, R"({"name":"n","description":"","max_members":2,"settings":{},"context":{"a":1}})");
  EXPECT_TRUE(all->name && all->description && all->max_members && all->settings && all->context);
  EXPECT_FALSE(Read(readUpdatePresence, R"({"status":"away"})")->has_status_message);
  const Read cleared(readUpdatePresence, R"({"status":"do_not_disturb","status_message":null,"current_room_id":null})");
  EXPECT_TRUE(cleared->has_status_message && cleared->has_current_room);
  EXPECT_EQ(cleared->status, Status::do_not_disturb);
}

TEST(Commands, aMessageKnowsWhatItWasReadFrom) {
  constexpr std::string_view text = R"({"attachments":["f"],"priority":"critical"})";
  const Read message(readSendMessage, text);
  EXPECT_EQ(message->whole.raw(), text);
  EXPECT_EQ(word(message->priority), "critical");
}

TEST(Commands, aBroadcastReadsItsMetadata) {
  const Read broadcast(readBroadcast, R"({"content":"a\nb","priority":"low","metadata":{"a":1}})");
  EXPECT_EQ(broadcast->content, "a\nb");
  EXPECT_EQ(broadcast->metadata.text(), R"({"a":1})");
}

}  // namespace
}  // namespace atrium
