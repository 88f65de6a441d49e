#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/rollup.hpp"
#include "engine/ports.hpp"

// Roll-ups as documents of the storage:
//   ("minute", tenant, "2026-01-10T15:30")                     what the whole tenant did, and its queues
//   ("minute_agents", tenant, "2026-01-10T15:30", first agent)  agents, so many a document, in order of their ids
//   ("hour", ...), ("hour_agents", ...)                         likewise, by hours
// Each is a JSON object that leaves out what is 0. Reports of the team need not read what is kept of agents.
namespace atrium {

enum class Span : std::uint8_t { minute, hour };

[[nodiscard]] std::string_view collectionOf(Span span);
[[nodiscard]] std::string_view agentCollectionOf(Span span);
// "2026-01-10T15:30": sorts as it passes.
[[nodiscard]] std::string stepText(Wall at);
// The time of such a text; nothing when it is none.
[[nodiscard]] std::optional<Wall> stepTime(std::string_view text);
// The start of the minute or hour in which `at` lies. UTC has whole ones, whatever clocks do in summer.
[[nodiscard]] Wall startOf(Span span, Wall at);

inline constexpr std::size_t agents_per_document = 64;  // As many as an index of JSON has room for, with all of their kinds.

// What to write for a roll-up.
[[nodiscard]] std::vector<DocumentWrite> toDocuments(Span span, const std::string& tenant_id, const Rollup& rollup);
// Adds what a document of either collection says to `rollup`. False when it is no such document: nothing was added then.
[[nodiscard]] bool addDocument(const Document& document, Rollup& rollup);
// Whether a document of agents may speak of this one: a look that saves reading it.
[[nodiscard]] bool mayName(const Document& document, std::string_view agent_id);

}  // namespace atrium
