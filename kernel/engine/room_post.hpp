#pragma once

#include <string>

#include "engine/posts.hpp"
#include "engine/room.hpp"

namespace atrium {

// A message that waits for a hook, or behind one that does.
struct Room::HeldPost {
  RoomPin pin;
  PrincipalPtr sender;
  JsonDocument frame;  // The views of `command` lead into it.
  SendMessage command;
  Origin origin;
  MessageType* type = nullptr;
  bool type_asked = false;
  std::size_t next_in_row = 0;
  HookOutcome gathered;  // What the hooks so far have said, but for...
  std::string audience;  // ...those who are in the audience of each of them, as stored.
  std::string content;
};

}  // namespace atrium
