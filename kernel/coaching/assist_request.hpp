#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "coaching/redaction.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

namespace atrium {

// What an assistant can be asked for; each is one of ATRIUM_TASK_...
enum class AssistTask : std::uint8_t { coaching, message_suggestion, handoff_recommendation, sentiment, notification_priority, summary };
inline constexpr unsigned assist_task_count = 6;
[[nodiscard]] std::string_view word(AssistTask task);
[[nodiscard]] std::uint32_t bitOf(AssistTask task);
// Whether its answer is advice that an agent accepts or dismisses; the others are only read.
[[nodiscard]] bool isTip(AssistTask task);

inline constexpr std::size_t assist_context_max =
    32 * 1024;  // bytes of JSON, of conversation_context, lead, notification and candidates each
inline constexpr std::size_t assist_message_max = 8 * 1024;  // bytes, of prospect_message
inline constexpr std::size_t assist_stage_max = 64;          // bytes

// What somebody asks for, read from a request. A value that moves.
struct AssistRequest {
  AssistTask task = AssistTask::coaching;
  std::string agent_id;               // Whom it is for.
  JsonDocument conversation_context;  // A text, an object or an array; empty: not given.
  std::string prospect_message;
  std::string conversation_stage;
  std::string room_id;        // Empty: none.
  JsonDocument lead;          // An object, or empty.
  JsonDocument notification;  // A text or an object, or empty.
  JsonDocument candidates;    // An array, or empty: agents who might take a handoff.
};

// `names_task`: the body says which task; otherwise it is coaching. Who it is for is the caller, unless a supervisor, admin or service
// names another. Fails with validation_failed, or identity_mismatch when an agent asks for another one.
[[nodiscard]] Result<AssistRequest> readAssistRequest(const JsonView& body, const Principal& caller, bool names_task);

// The object an assistant sees: task, agent_id and what was given, without what is private. `messages`: the room's latest as history shows
// them, newest first; it becomes `conversation`, oldest first. Empty: no room.
[[nodiscard]] JsonDocument assistContext(const AssistRequest& request, const JsonView& messages, const RedactionRules& rules);

// Who answers for others: he may ask, read and judge for any agent of his tenant.
[[nodiscard]] inline bool supervises(const Principal& who) {
  return who.has(ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE);
}

}  // namespace atrium
