#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "engine/ports.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

inline constexpr std::string_view tip_prefix = "tip_";

enum class TipState : std::uint8_t { shown, accepted, dismissed };
[[nodiscard]] std::string_view word(TipState state);

// One piece of advice and what became of it. A value.
struct Tip {
  Id id;
  std::string task;       // A word of AssistTask, or "whisper".
  std::string agent_id;   // Whom it is for.
  std::string asked_by;   // Who asked, or whispered.
  std::string assistant;  // Empty: a person.
  std::string stage;      // As the request said, or empty.
  std::string room_id;    // Empty: none.
  std::string text;
  std::string wanted;  // The assistant that was to answer and did not; empty: the one that was wanted has.
  std::string why;     // With `wanted`: "budget", "failed", "timed_out", "unavailable" or "overloaded".
  std::uint64_t latency_ms = 0;
  Wall created_at{};
  TipState state = TipState::shown;
  std::string judged_by;
  Wall judged_at{};
};

// A Tip of schemas.yaml, which is also how it is stored.
void writeTip(JsonWriter<std::string>& json, const Tip& tip);
[[nodiscard]] std::string encodeTip(const Tip& tip);
// Nothing: it is none.
[[nodiscard]] std::optional<Tip> decodeTip(std::string_view text);

// Under which a tip is kept: the newest of a tenant comes first.
[[nodiscard]] DocumentKey tipKey(const std::string& tenant_id, const Id& id);
// Behind it stand a tenant's tips that were made before `wall`.
[[nodiscard]] DocumentKey tipKeyBefore(const std::string& tenant_id, Wall wall);

}  // namespace atrium
