#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/ports.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

namespace atrium {

inline constexpr std::string_view handoff_prefix = "handoff_";

// pending: somebody is asked. accepted: the lead has changed hands. returned: nobody took it, and it stays where it was. cancelled: it had
// no object any more.
enum class HandoffState : std::uint8_t { pending, accepted, returned, cancelled };
[[nodiscard]] std::string_view word(HandoffState state);

// What becomes of a handoff that was not accepted in time: the lead stays with its owner, or the policy finds the next one, who is asked.
enum class HandoffFallback : std::uint8_t { back, next };

// One lead on its way from one agent to another: the old owner keeps it until the new one accepts. A value.
struct Handoff {
  static constexpr std::uint32_t rounds_max = 3;  // Of asking the next one.

  std::string handoff_id;
  std::string lead_id;
  std::string from;
  std::string to;  // Whom the caller names; empty: whom the policy finds. Then who is asked at present.
  std::string by;  // Who began it.
  HandoffState state = HandoffState::pending;
  HandoffFallback fallback = HandoffFallback::back;
  std::string offer_id;  // Of the present round; empty: it is being decided.
  std::uint32_t rounds = 0;
  std::string reason;
  std::string summary;
  std::vector<std::string> commitments;  // What was promised and is still owed.
  std::string lead_json;                 // The lead as it was when it began: a JSON object.
  std::string room_id;
  std::chrono::milliseconds patience{};  // How long each who is asked has.
  std::string end_reason;
  Wall made{};
  Wall ended{};
};

[[nodiscard]] std::string encodeHandoff(const Handoff& handoff);
// The same for a message, whose metadata has a bound: where it would have more than `most` bytes, what the lead was comes as {}, then the
// summary as null, which is the message's text, then no commitments. `GET /coordination/handoffs/{id}` has all of it.
[[nodiscard]] std::string handoffWithin(Handoff handoff, std::size_t most);
[[nodiscard]] std::optional<Handoff> decodeHandoff(const Document& document);

// `POST /coordination/handoffs`.
struct BeginHandoff {
  std::string lead_id;
  std::string to;
  std::string reason;
  std::string summary;
  std::vector<std::string> commitments;
  std::string room_id;
  std::optional<std::chrono::milliseconds> patience;
  HandoffFallback fallback = HandoffFallback::back;
};
[[nodiscard]] Result<BeginHandoff> readBeginHandoff(const JsonView& body, const Principal& caller);

}  // namespace atrium
