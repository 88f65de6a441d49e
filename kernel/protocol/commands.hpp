#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

// What clients ask for, read from an indexed JSON text: the same structs for REST bodies and WebSocket frames. Reading checks types,
// lengths and identity (a sender_id, user_id, created_by or tenant_id that is not the token's is identity_mismatch) and collects every
// wrong field before it refuses with validation_failed. It does no I/O and knows no room.
namespace atrium {

inline constexpr std::size_t name_max = 200;               // bytes, of a room's name
inline constexpr std::size_t description_max = 2000;       // bytes
inline constexpr std::size_t client_message_id_max = 128;  // bytes
inline constexpr std::size_t status_message_max = 200;     // bytes
inline constexpr std::size_t topic_name_max = 64;          // bytes
inline constexpr std::size_t epoch_max = 64;               // bytes, of a topic's epoch
inline constexpr std::size_t attachments_max = 16;
inline constexpr std::size_t object_max = 16 * 1024;  // bytes of JSON, of settings, context and metadata each

enum class Priority : std::uint8_t { low, normal, high, urgent, critical };
[[nodiscard]] std::string_view word(Priority priority);

enum class Status : std::uint8_t { online, away, busy, offline, in_call, do_not_disturb };
[[nodiscard]] std::string_view word(Status status);

enum class Role : std::uint8_t { none, observer, member, moderator, owner };  // As ATRIUM_ROOM_ROLE_...
[[nodiscard]] std::string_view word(Role role);

struct CreateRoom {
  std::string room_type;
  std::string name;
  std::string description;
  std::vector<std::string> initial_members;  // User ids, each once, without the creator.
  std::uint32_t max_members = 0;             // 0: the room type's.
  JsonDocument settings;                     // An object.
  JsonDocument context;                      // An object.
};

// Members that are absent stay as they are.
struct ChangeRoom {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::uint32_t> max_members;
  std::optional<JsonDocument> settings;  // Replaces the whole object.
  std::optional<JsonDocument> context;
};

struct AddMember {
  std::string user_id;  // Empty: the caller.
  std::string display_name;
  Role role = Role::none;  // none: member.
};

struct ChangeRole {
  Role role = Role::member;
};

// A message to be sent. Its texts are views into the frame or body it was read from.
struct SendMessage {
  JsonView whole;                 // What it was read from.
  std::string_view room_id;       // As sent; empty when the frame names none.
  JsonView content;               // A string, or absent.
  JsonView sender_name;           // A label for a token without a name: a string, or absent.
  std::string_view message_type;  // "text" when absent.
  Priority priority = Priority::normal;
  JsonView metadata;                   // An object, or absent.
  std::string_view client_message_id;  // Empty: none. Contains no escape.
  std::string_view reply_to;           // A message id, or empty.
  std::string_view thread;             // A message id, or empty.
  JsonView attachments;                // An array of strings, or absent.
  std::uint64_t if_seq = 0;            // The head the sender saw...
  bool has_if_seq = false;             // ...when he named one.
};

struct UpdatePresence {
  Status status = Status::online;
  bool has_status_message = false;
  std::string status_message;  // Empty: cleared.
  bool has_current_room = false;
  std::string current_room_id;  // Empty: none.
};

struct Typing {
  std::string_view room_id;
  bool is_typing = true;
};

// Which room a frame means.
struct NameRoom {
  std::string_view room_id;  // Empty: none named.
};

// Which topic a frame means, and where its reader stands in it.
struct SubscribeTopic {
  std::string_view topic;
  std::string epoch;  // Empty: nowhere.
  std::uint64_t seq = 0;
};

struct NameTopic {
  std::string_view topic;
};

struct Broadcast {
  std::string content;
  Priority priority = Priority::normal;
  JsonDocument metadata;  // An object, or empty.
};

[[nodiscard]] Result<CreateRoom> readCreateRoom(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<ChangeRoom> readChangeRoom(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<AddMember> readAddMember(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<ChangeRole> readChangeRole(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<SendMessage> readSendMessage(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<UpdatePresence> readUpdatePresence(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<Typing> readTyping(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<NameRoom> readNameRoom(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<SubscribeTopic> readSubscribeTopic(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<NameTopic> readNameTopic(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<Broadcast> readBroadcast(const JsonView& body, const Principal& caller);

// A user id as a path or body may carry it: 1 to user_id_max bytes, no control characters.
[[nodiscard]] bool validUserId(std::string_view text);

}  // namespace atrium
