#pragma once

#include <cstdint>
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

inline constexpr std::string_view lead_prefix = "lead_";
inline constexpr std::size_t lead_id_max = 200;  // bytes
inline constexpr double lead_value_max = 1e12;   // Of what a lead is worth, or brought.

// waiting: in its queue. offered: an offer pends. active: one agent works on it. wrapping: completed, its place not free yet. closed: over.
enum class LeadState : std::uint8_t { waiting, offered, active, wrapping, closed };
[[nodiscard]] std::string_view word(LeadState state);

// A lead as its tenant's desk has it. A value; `fields` is never changed.
struct Lead {
  static constexpr std::size_t declined_max = 100;  // Agents remembered; the oldest is forgotten.

  std::string lead_id;
  std::shared_ptr<const JsonDocument> fields;  // What it came with: name, property_type, budget, urgency, location, score and so on.
  std::string queue;
  std::string channel;
  std::string policy;  // Asked for with the lead; empty: its queue's.
  std::int32_t priority = 0;
  LeadState state = LeadState::waiting;
  Wall arrived{};
  Wall queued{};                                       // When it entered its present queue; of a closed one, when it was closed.
  std::string owner;                                   // The agent who works on it; empty: nobody yet.
  std::string last_owner;                              // Who had it when it was closed.
  std::string offer_id;                                // The offer that pends, or that its owner accepted; empty: none.
  std::string handoff_id;                              // A handoff under way; empty: none.
  std::string room_id;                                 // Where it is talked about; empty: nowhere yet.
  std::string handoff_room_id;                         // Where its handoffs are told, a lead_collaboration room; empty: nowhere yet.
  std::vector<std::pair<std::string, Wall>> declined;  // Who let it pass, and until when he is not asked again.
  std::uint32_t overflows = 0;
  bool kept = false;  // It was handed to the store once.
  Mono look_at{};     // While it waits: when it is looked at again because of time alone; zero: not. Not stored.

  [[nodiscard]] double value() const;  // What it is worth: its field value, else budget, else score, as numbers; 1 without.
  [[nodiscard]] std::string text(std::string_view field) const;
};

// The stored form and the one clients see: with what is private to the desk, or without.
[[nodiscard]] std::string encodeLead(const Lead& lead);
[[nodiscard]] std::string leadJson(const Lead& lead, Wall now);
// The members of the latter, into an object that has begun.
void writeLead(JsonWriter<std::string>& json, const Lead& lead, Wall now);
[[nodiscard]] std::optional<Lead> decodeLead(const Document& document);

// `POST /coordination/leads/route`.
struct RouteLead {
  std::string lead_id;  // Empty: the desk gives it one.
  JsonDocument fields;
  std::string policy;
  std::string queue;
  std::string channel;
  std::optional<std::int32_t> priority;
  std::string room_id;
  bool dry_run = false;
};
// validation_failed names every wrong field: name is needed, score is 0 to 100, budget and value 0 to lead_value_max.
[[nodiscard]] Result<RouteLead> readRouteLead(const JsonView& body, const Principal& caller);

}  // namespace atrium
