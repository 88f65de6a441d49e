#pragma once

#include <cstdint>
#include <utility>

#include "engine/commands.hpp"

namespace atrium::test {

// Ana of tenant_a.
inline Principal anaOf(std::uint32_t roles = ATRIUM_ROLE_AGENT) {
  return {.tenant_id = "tenant_a", .user_id = "ana", .display_name = "Ana", .name_verified = true, .roles = roles, .expires = {}};
}

// A command that `caller` gives in a room.
inline CommandScene commandScene(Principal caller) {
  return {.caller = std::move(caller),
          .room_role = Role::member,
          .room_id = "room_x",
          .room_type = "agent_team",
          .room_name = "A room",
          .member_count = 1,
          .max_members = 2,
          .settings = JsonDocument::emptyObject(),
          .context = JsonDocument::emptyObject()};
}

}  // namespace atrium::test
