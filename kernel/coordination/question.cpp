#include "coordination/question.hpp"

#include <array>

namespace atrium {

std::string_view word(Trigger trigger) {
  static constexpr std::array<std::string_view, 10> words = {"arrival",    "slot_freed", "agent_online", "offer_expired", "offer_rejected",
                                                             "agent_lost", "manual",     "handoff",      "rebalance",     "overflow"};
  return words[static_cast<std::size_t>(trigger)];
}

std::string_view word(Exclusion rule) {
  static constexpr std::array<std::string_view, exclusion_rules> words = {
      "paused",         "off_shift",       "offline",  "away",   "in_call",      "busy",       "other_queue",   "lacks_skill",
      "lacks_language", "other_territory", "declined", "at_cap", "channel_full", "ramping_in", "had_by_another"};
  return words[static_cast<std::size_t>(rule)];
}

}  // namespace atrium
