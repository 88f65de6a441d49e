#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace atrium {

// What event sinks can be told of; docs/plugins/event-sink.md has the table of what each carries.
enum class EventType : std::uint8_t {
  message_posted,
  room_created,
  room_changed,
  room_closed,
  member_joined,
  member_left,
  member_changed,
  lead_created,
  lead_moved,
  lead_assigned,
  lead_reopened,
  lead_completed,
  lead_withdrawn,
  offer_made,
  offer_accepted,
  offer_rejected,
  offer_expired,
  offer_rescinded,
  offer_closed,
  decision_made,
  handoff_started,
  handoff_accepted,
  handoff_returned,
  handoff_cancelled,
  alert_fired,
  alert_escalated,
  alert_acknowledged,
  alert_resolved
};

inline constexpr auto event_type_words = std::to_array<std::string_view>(
    {"message.posted", "room.created",    "room.changed",       "room.closed",      "member.joined",    "member.left",
     "member.changed", "lead.created",    "lead.moved",         "lead.assigned",    "lead.reopened",    "lead.completed",
     "lead.withdrawn", "offer.made",      "offer.accepted",     "offer.rejected",   "offer.expired",    "offer.rescinded",
     "offer.closed",   "decision.made",   "handoff.started",    "handoff.accepted", "handoff.returned", "handoff.cancelled",
     "alert.fired",    "alert.escalated", "alert.acknowledged", "alert.resolved"});

[[nodiscard]] constexpr std::string_view word(EventType type) { return event_type_words[static_cast<std::size_t>(type)]; }

// A set of types, a bit each.
using EventTypes = std::uint32_t;
static_assert(event_type_words.size() < 32);
inline constexpr EventTypes all_event_types = (EventTypes{1} << event_type_words.size()) - 1;
[[nodiscard]] constexpr EventTypes bit(EventType type) { return EventTypes{1} << static_cast<unsigned>(type); }

[[nodiscard]] constexpr std::optional<EventType> eventTypeOf(std::string_view text) {
  for (std::size_t i = 0; i < event_type_words.size(); ++i)
    if (event_type_words[i] == text) return static_cast<EventType>(i);
  return std::nullopt;
}

}  // namespace atrium
