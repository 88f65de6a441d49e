#ifndef ATRIUM_ROOM_HPP
#define ATRIUM_ROOM_HPP
// What a hook sees and how it answers. All of these are views, valid until the hook returns.
#include "atrium/json.hpp"
#include "atrium/room.h"

namespace atrium {
inline namespace sdk {

// Whether `text` can be a user's id: 1 to 128 bytes without control characters. A user who is named by a client may not exist.
[[nodiscard]] inline bool is_user_id(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  return true;
}

class Room {
 public:
  explicit Room(const atrium_room_view& room) : room_(&room) {}
  [[nodiscard]] std::string_view tenant_id() const { return view(room_->tenant_id); }
  [[nodiscard]] std::string_view room_id() const { return view(room_->room_id); }  // Empty while the room is being created.
  [[nodiscard]] std::string_view room_type() const { return view(room_->room_type); }
  [[nodiscard]] std::string_view name() const { return view(room_->name); }
  [[nodiscard]] Json settings() const { return Json(room_->settings); }
  [[nodiscard]] Json context() const { return Json(room_->context); }
  [[nodiscard]] std::uint32_t member_count() const { return room_->member_count; }
  [[nodiscard]] std::uint32_t max_members() const { return room_->max_members; }

 private:
  const atrium_room_view* room_;
};

class User {
 public:
  explicit User(const atrium_user_view& user) : user_(&user) {}
  [[nodiscard]] std::string_view user_id() const { return view(user_->user_id); }
  [[nodiscard]] std::string_view display_name() const { return view(user_->display_name); }
  // Whether the token gives any of these ATRIUM_ROLE_... bits.
  [[nodiscard]] bool has(std::uint32_t token_roles) const { return (user_->token_roles & token_roles) != 0; }
  // Acts for no one of the house: a client and nothing else.
  [[nodiscard]] bool is_client() const { return user_->token_roles == ATRIUM_ROLE_CLIENT; }
  [[nodiscard]] std::uint32_t room_role() const { return user_->room_role; }  // ATRIUM_ROOM_ROLE_...

 private:
  const atrium_user_view* user_;
};

class Message {
 public:
  explicit Message(const atrium_message_view& message) : message_(&message) {}
  [[nodiscard]] std::string_view message_type() const { return view(message_->message_type); }
  [[nodiscard]] std::string_view content() const { return view(message_->content); }
  [[nodiscard]] Json metadata() const { return Json(message_->metadata); }
  [[nodiscard]] std::uint32_t priority() const { return message_->priority; }  // ATRIUM_PRIORITY_...

 private:
  const atrium_message_view* message_;
};

// Where a stored message stands.
class Position {
 public:
  explicit Position(const atrium_position& position) : position_(&position) {}
  [[nodiscard]] std::string_view message_id() const { return view(position_->message_id); }
  [[nodiscard]] std::string_view epoch() const { return view(position_->epoch); }
  [[nodiscard]] std::uint64_t seq() const { return position_->seq; }
  [[nodiscard]] std::uint64_t sent_at_ms() const { return position_->sent_at_ms; }
  [[nodiscard]] std::uint32_t durability() const { return position_->durability; }  // ATRIUM_DURABILITY_... that was reached.

 private:
  const atrium_position* position_;
};

// The hook's answer. Saying nothing allows. What the host does not offer to a hook is passed over.
class Reply {
 public:
  explicit Reply(const atrium_reply& reply) : reply_(&reply) {}

  // Refuses; `reason` is one sentence for the person who asked.
  void deny(std::string_view reason) {
    denied_ = true;
    if (reply_->deny) reply_->deny(reply_->context, text_of(reason));
  }
  // Refuses one field, named by a JSON pointer: deny_field("/settings/depth", "must be a number").
  void deny_field(std::string_view path, std::string_view reason) {
    denied_ = true;
    if (reply_->deny_field) reply_->deny_field(reply_->context, text_of(path), text_of(reason));
  }
  // Adds one member to the message's metadata; `json` is one well-formed value.
  void annotate(std::string_view key, std::string_view json) {
    if (reply_->annotate) reply_->annotate(reply_->context, text_of(key), text_of(json));
  }
  void annotate_text(std::string_view key, std::string_view text) { annotate(key, json_quoted(text)); }
  void set_content(std::string_view content) {
    if (reply_->set_content) reply_->set_content(reply_->context, text_of(content));
  }
  // Puts `json`, one well-formed value, where the JSON pointer leads ("/metadata" or below), making objects on the way; the empty text
  // takes away what is there. After the annotations of the same call.
  void patch(std::string_view path, std::string_view json) {
    if (reply_->patch) reply_->patch(reply_->context, text_of(path), text_of(json));
  }
  void patch_text(std::string_view path, std::string_view text) { patch(path, json_quoted(text)); }
  void remove(std::string_view path) { patch(path, {}); }
  // Only the classes named see the message: "sender", "role:<token role>", "user:<user id>".
  void add_audience(std::string_view audience_class) {
    if (reply_->add_audience) reply_->add_audience(reply_->context, text_of(audience_class));
  }
  // Whether this hook has refused so far.
  [[nodiscard]] bool denied() const { return denied_; }

 private:
  const atrium_reply* reply_;
  bool denied_ = false;
};

}  // namespace sdk
}  // namespace atrium
#endif
