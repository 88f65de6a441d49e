#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/ports.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/principal.hpp"

namespace atrium {

// What an agent is doing, in the words of the roster; in the order of ATRIUM_AGENT_... Presence has words of its own.
enum class AgentStatus : std::uint8_t { available, busy, offline, in_call, away };
[[nodiscard]] std::string_view word(AgentStatus status);

// When an agent works, by the week. It narrows availability and never widens it. A value.
struct Shift {
  struct Span {
    std::uint16_t from = 0;  // Minutes since the day began, 0 to 1,439...
    std::uint16_t to = 0;    // ...and until when, above `from`, at most 1,440.
  };
  static constexpr std::size_t spans_max = 8;  // A day.
  std::array<std::vector<Span>, 7> days;       // From Monday.
  std::int32_t utc_offset_minutes = 0;         // Of the clock that the spans are read from, -840 to 840.

  [[nodiscard]] bool covers(Wall at) const;
};

// An agent as the roster has it. Never changed: a newer version takes its place. Zero and empty mean "no restriction".
struct AgentProfile {
  static constexpr std::uint32_t capacity_default = 5;
  static constexpr std::uint32_t capacity_max = 1000;
  static constexpr std::size_t list_max = 100;  // Skills, languages, territories, queues, channels.
  static constexpr std::size_t holds_max = 32;  // Plugins that hold him at a time.

  std::string agent_id;  // The user's id.
  std::string name;
  std::uint64_t version = 0;                                    // Of the stored document.
  std::uint32_t capacity = capacity_default;                    // Leads at a time.
  bool paused = false;                                          // By people; gets no offers until one takes that back.
  std::vector<std::string> held_by = {};                        // Plugins that paused him, each until it takes that back.
  std::vector<std::pair<std::string, double>> skills;           // Proficiency, 0 to 1.
  std::vector<std::pair<std::string, std::uint32_t>> channels;  // Leads at a time in one channel; one not named has all of `capacity`.
  std::vector<std::string> languages;
  std::vector<std::string> territories;
  std::vector<std::string> queues;  // Takes leads of these alone; empty: of all.
  std::optional<Shift> shift;       // Nothing: always on.
  // What `PUT …/workload` told; negative: nobody did.
  double conversion_rate = -1;  // 0 to 1
  double satisfaction = -1;     // 0 to 5

  [[nodiscard]] bool isPaused() const { return paused || !held_by.empty(); }
  [[nodiscard]] double skill(std::string_view name) const;  // 0: none.
  [[nodiscard]] std::uint32_t capacityIn(std::string_view channel) const;
};

// The skills as one JSON object.
void writeSkills(JsonWriter<std::string>& json, const AgentProfile& profile);
// The stored form, one JSON object, and back; nothing for one that is damaged.
[[nodiscard]] std::string encodeAgent(const AgentProfile& profile);
[[nodiscard]] std::optional<AgentProfile> decodeAgent(const Document& document);

// A client's `PUT /coordination/agents/{id}`; what it leaves out is as on a new agent. validation_failed names every wrong field.
[[nodiscard]] Result<AgentProfile> readAgent(std::string_view agent_id, const JsonView& body, const Principal& caller);

}  // namespace atrium
