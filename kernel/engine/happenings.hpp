#pragma once

#include <string_view>

#include "engine/event_log.hpp"
#include "engine/rooms.hpp"

// What event sinks are told of rooms and their members.
namespace atrium {

// `by` is the user who brought it about.
[[nodiscard]] Happening roomHappening(EventType type, const RoomKey& room, const RoomDocument& document, std::string_view by);
[[nodiscard]] Happening memberHappening(EventType type, const RoomKey& room, std::string_view room_type, std::string_view user_id,
                                        const Member& member, std::string_view by);

}  // namespace atrium
