#ifndef ATRIUM_ROOM_RULES_HPP
#define ATRIUM_ROOM_RULES_HPP
// Rules that most room types share: the standard settings and context, files on or off, rooms without clients. Each is one call from a
// hook, so that a room type reads as the list of its rules.
#include <initializer_list>

#include "atrium/room.hpp"
#include "atrium/room_type.hpp"

namespace atrium {
inline namespace sdk {
namespace rules {

inline constexpr std::int64_t retention_days_max = 3650;

// `allow_file_sharing` is true or false, `message_retention_days` 1 to 3650. Other settings are kept as they are.
inline void check_standard_settings(const Room& room, Reply& reply) {
  const Json sharing = room.settings()["allow_file_sharing"];
  if (sharing.exists() && !sharing.is_bool()) reply.deny_field("/settings/allow_file_sharing", "must be true or false");
  const Json retention = room.settings()["message_retention_days"];
  const auto days = retention.as_int();
  if (retention.exists() && (!days || *days < 1 || *days > retention_days_max))
    reply.deny_field("/settings/message_retention_days", "must be a whole number from 1 to 3650");
}

// As long as an id in a room's context may be, in bytes of JSON.
inline constexpr std::size_t context_id_max = 256;

// Those members of the context that are there hold an id: a text of 1 to context_id_max bytes.
inline void check_context_ids(const Room& room, std::initializer_list<std::string_view> names, Reply& reply) {
  for (const std::string_view name : names) {
    const Json id = room.context()[name];
    if (id.exists() && (!id.is_text() || id == "" || id.raw().size() > context_id_max))
      reply.deny_field("/context/" + std::string(name), "must be a text that is neither empty nor long");
  }
}

// Refuses shared files and documents where the room's settings switch them off.
inline void respect_file_sharing(const Room& room, const Message& message, Reply& reply) {
  const std::string_view type = message.message_type();
  if ((type == "file_share" || type == "document_share") && room.settings()["allow_file_sharing"] == false)
    reply.deny("File sharing is switched off in this room.");
}

// For rooms of the house: a client neither joins nor posts, whoever let him in.
inline void refuse_client(const User& user, Reply& reply) {
  if (user.is_client()) reply.deny("This kind of room is not open to clients.");
}

// Applies the operator's options of every room type that comes with the platform.
inline RoomTypeInfo with_options(RoomTypeInfo info, const Json& options) {
  const auto override_by = [&](const char* name, std::uint32_t& value) {
    if (const auto number = options[name].as_int(); number && *number > 0) value = static_cast<std::uint32_t>(*number);
  };
  override_by("max_members", info.max_members);
  override_by("retention_days", info.retention_days);
  return info;
}

}  // namespace rules
}  // namespace sdk
}  // namespace atrium
#endif
