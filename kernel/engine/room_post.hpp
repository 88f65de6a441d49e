#pragma once

#include <string>

#include "engine/posts.hpp"
#include "engine/room.hpp"
#include "engine/trace.hpp"

namespace atrium {

// A message that waits for a hook, or behind one that does.
struct Room::HeldPost {
  RoomPin pin;
  PrincipalPtr sender;
  JsonDocument frame;  // The views of `command` lead into it.
  SendMessage command;
  Origin origin;
  MessageType* type = nullptr;
  TraceKey key;  // With the id the message will have.
  bool type_asked = false;
  std::size_t next_in_row = 0;
  atrium_user_view sender_view{};  // As hooks see him.
  Hook hook{};                     // Which is being asked.
  std::string audience;            // Those who are in the audience of each hook so far, as stored.
  std::string content;             // Decoded, and as the hooks so far want it.
  bool content_changed = false;
  JsonDocument metadata;  // When a hook has changed it.

  [[nodiscard]] JsonView metadataNow() const { return metadata.empty() ? command.metadata : metadata.root(); }
};

}  // namespace atrium
