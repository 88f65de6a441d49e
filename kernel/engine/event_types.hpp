#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace atrium {

// What event sinks can be told of; docs/plugins/event-sink.md has the table of what each carries.
enum class EventType : std::uint8_t { message_posted, room_created, room_changed, room_closed, member_joined, member_left, member_changed };

inline constexpr std::array<std::string_view, 7> event_type_words{"message.posted", "room.created", "room.changed",  "room.closed",
                                                                  "member.joined",  "member.left",  "member.changed"};

[[nodiscard]] constexpr std::string_view word(EventType type) { return event_type_words[static_cast<std::size_t>(type)]; }

// A set of types, a bit each.
using EventTypes = std::uint32_t;
inline constexpr EventTypes all_event_types = (EventTypes{1} << event_type_words.size()) - 1;
[[nodiscard]] constexpr EventTypes bit(EventType type) { return EventTypes{1} << static_cast<unsigned>(type); }

[[nodiscard]] constexpr std::optional<EventType> eventTypeOf(std::string_view text) {
  for (std::size_t i = 0; i < event_type_words.size(); ++i)
    if (event_type_words[i] == text) return static_cast<EventType>(i);
  return std::nullopt;
}

}  // namespace atrium
