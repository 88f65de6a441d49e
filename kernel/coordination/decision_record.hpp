#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coordination/decision.hpp"
#include "engine/ports.hpp"

// A decision as it is kept and shown. Two parts are stored, because one is read by people and small, and the other has everything that it
// takes to decide again and is large: with a thousand candidates some 300 kB, which are copied and not worded.
//
//   ("decision", tenant, id)                JSON: the summary; field by field in docs/routing.md
//   ("decision_inputs", tenant, id, part)   bytes: decision_inputs.hpp, in parts of what a store takes, "00", "01" and so on
namespace atrium {

inline constexpr std::string_view decision_prefix = "decision_", decision_collection = "decision",
                                  decision_inputs_collection = "decision_inputs";

// What the desk knows of a decision that the decision does not. Texts are borrowed for the call.
struct DecisionPlace {
  std::string_view decision_id;
  std::string_view offer_id = {};  // Empty: none was made.
  std::string_view note = {};      // Where scores are not the reason, a sentence: "Assigned by sue: she knows him". Else empty.
};

constexpr std::size_t decision_candidates_shown = 20;
constexpr std::size_t decision_exclusions_shown = 200;
constexpr std::size_t decision_alternatives_shown = 5;
constexpr std::size_t decision_parts_max = 16;  // Of the inputs; larger ones are not kept, and the summary says that it is not replayable.

// All that is to be stored of it, in one write.
[[nodiscard]] std::vector<DocumentWrite> decisionWrites(const Decision& decision, const DecisionPlace& place);
// The inputs from their documents, in order; nothing when they are damaged or one is missing.
[[nodiscard]] std::optional<Decision> readInputs(std::span<const Document> parts);

// What GET /coordination/decisions/{id} answers: the stored summary, and with `inputs` every candidate and every exclusion. Null: they are
// not there.
[[nodiscard]] std::string decisionJson(std::string_view summary, const Decision* inputs);

// What routing a lead answers: the seed's agent_name, match_score, confidence, assignment_time_ms and reasoning, and what the decision says
// beyond. `took`: from the question to the offer. `dry_run`: nothing was kept.
struct RouteReply {
  std::string_view lead_id;
  std::chrono::nanoseconds took{};
  bool queued = false;  // The lead waits: nobody could take it.
  bool dry_run = false;
};
[[nodiscard]] std::string routeReply(const Decision& decision, const DecisionPlace& place, const RouteReply& reply);

// One sentence for people: `note`, unless it is empty. And the name they know a candidate by.
[[nodiscard]] std::string reasoningOf(const Decision& decision, std::string_view note);
[[nodiscard]] std::string candidateName(const Question& question, std::uint32_t candidate);
// A number that changes with anything in the policy.
[[nodiscard]] std::string policyHash(const RoutingPolicy& policy);

}  // namespace atrium
