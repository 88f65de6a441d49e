#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/ports.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

namespace atrium {

inline constexpr std::string_view offer_prefix = "offer_";

// pending: the agent is asked, until its lease ends. active: accepted. wrapping: completed, the place stays taken. The others are its ends;
// `closed` ends one that was accepted.
enum class OfferState : std::uint8_t { pending, active, wrapping, closed, rejected, expired, rescinded };
[[nodiscard]] std::string_view word(OfferState state);

// How the agent was found: by a decision, by a person who named him, or by a handoff.
enum class OfferKind : std::uint8_t { routed, direct, handoff };
[[nodiscard]] std::string_view word(OfferKind kind);

// One lead offered to one agent, and what became of it: one row an offer, for ever. While it is pending, active or wrapping it takes one of
// the agent's places. A value.
struct LeadOffer {
  std::string offer_id;
  std::string lead_id;
  std::string agent_id;
  OfferKind kind = OfferKind::routed;
  OfferState state = OfferState::pending;
  std::string channel;
  std::string queue;
  std::string decision_id;  // Empty: none was made.
  std::string handoff_id;   // Empty: it belongs to none.
  std::string by;           // Who named the agent.
  std::string reason;       // Of a rejection, of an end from outside, or why somebody named the agent.
  bool over_cap = false;    // Somebody meant it so, with a reason.
  Wall made{};
  Wall expires{};         // The end of its lease.
  Wall accepted{};        // Zero: not yet; and so on.
  Wall first_response{};  // The agent's first message about the lead.
  Wall completed{};
  Wall ended{};
  Wall free_at{};                  // While wrapping: when the place is free.
  std::uint32_t places_taken = 0;  // By the agent when a pending offer ended, this one among them.
  std::string outcome;             // Of a completed one: "won".
  double value = 0;                // Of a completed one: what it brought...
  std::string note;                // ...and what its agent said of it.

  [[nodiscard]] bool open() const { return state <= OfferState::wrapping; }
};

// The stored form is the one clients see.
[[nodiscard]] std::string encodeOffer(const LeadOffer& offer);
[[nodiscard]] std::optional<LeadOffer> decodeOffer(const Document& document);

// `POST /coordination/offers/{id}/…`.
struct OfferEnd {
  std::string reason = {};            // Of reject, which needs it; of complete, a note.
  std::string outcome = "completed";  // Of complete.
  double value = 0;
};
[[nodiscard]] Result<OfferEnd> readRejection(const JsonView& body, const Principal& caller);
[[nodiscard]] Result<OfferEnd> readOfferCompletion(const JsonView& body, const Principal& caller);

}  // namespace atrium
