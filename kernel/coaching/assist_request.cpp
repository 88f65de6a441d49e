#include "coaching/assist_request.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

#include "atrium/ext/assistant.h"
#include "protocol/body_reader.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t room_id_max = 64;  // bytes
// One of them is there at least.
constexpr std::array<std::string_view, 6> something_to_go_by = {
    "prospect_message", "conversation_stage", "conversation_context", "lead", "notification", "room_id"};
constexpr std::array<std::string_view, assist_task_count> task_words = {"coaching",  "message_suggestion",    "handoff_recommendation",
                                                                        "sentiment", "notification_priority", "summary"};
// A member of one of these types, within the bound of what is shown to an assistant.
JsonDocument contextMember(BodyReader& in, std::string_view name, std::initializer_list<std::uint8_t> types, std::string_view what) {
  const JsonView value = in.body()[name];
  if (!value.exists() || value.isNull()) return {};
  if (std::ranges::none_of(types, [&value](std::uint8_t type) { return value.is(type); })) {
    in.wrong(name, "must be " + std::string(what));
    return {};
  }
  if (value.raw().size() <= assist_context_max) return JsonDocument(value);
  in.wrong(name, "must have at most " + std::to_string(assist_context_max) + " bytes");
  return {};
}

void writeMessages(JsonWriter<std::string>& json, const JsonView& messages, const RedactionRules& rules) {
  std::vector<JsonView> newest_first;
  for (JsonView message = messages.first(); message.exists(); message = message.sibling(messages)) newest_first.push_back(message);
  json.key("conversation").begin('[');
  for (auto message = newest_first.rbegin(); message != newest_first.rend(); ++message) {
    const JsonView content = (*message)["content"];
    if (!content.isString()) continue;  // Withheld from whoever asks.
    const std::string type = (*message)["message_type"].text();
    if (type == "coaching_tip" || type == "system") continue;  // Said about the conversation and not in it.
    json.begin('{').key("from").value(redactText((*message)["sender_name"].text(), rules));
    json.key("text").value(redactText(content.text(), rules)).end('}');
  }
  json.end(']');
}

}  // namespace

std::string_view word(AssistTask task) { return task_words[static_cast<unsigned>(task)]; }

std::uint32_t bitOf(AssistTask task) {
  switch (task) {
    case AssistTask::coaching: return ATRIUM_TASK_COACHING;
    case AssistTask::message_suggestion: return ATRIUM_TASK_MESSAGE_SUGGESTION;
    case AssistTask::handoff_recommendation: return ATRIUM_TASK_HANDOFF_RECOMMENDATION;
    case AssistTask::sentiment: return ATRIUM_TASK_SENTIMENT;
    case AssistTask::notification_priority: return ATRIUM_TASK_NOTIFICATION_PRIORITY;
    case AssistTask::summary: return ATRIUM_TASK_SUMMARY;
  }
  return 0;
}

bool isTip(AssistTask task) {
  return task == AssistTask::coaching || task == AssistTask::message_suggestion || task == AssistTask::handoff_recommendation;
}

Result<AssistRequest> readAssistRequest(const JsonView& body, const Principal& caller, bool names_task) {
  BodyReader in(body, caller);
  AssistRequest request;
  if (names_task) {
    const auto task = in.oneOf<AssistTask>("task", task_words);
    in.needed("task", task.has_value());
    request.task = task.value_or(AssistTask::coaching);
  }
  request.agent_id = in.text("agent_id", 1, user_id_max).value_or(caller.user_id);
  request.conversation_context =
      contextMember(in, "conversation_context", {ATRIUM_JSON_STRING, ATRIUM_JSON_OBJECT, ATRIUM_JSON_ARRAY}, "a text, an object or a list");
  request.prospect_message = in.text("prospect_message", 0, assist_message_max, true).value_or("");
  request.conversation_stage = in.text("conversation_stage", 0, assist_stage_max).value_or("");
  request.room_id = in.plain("room_id", room_id_max);
  request.lead = contextMember(in, "lead", {ATRIUM_JSON_OBJECT}, "an object");
  request.notification = contextMember(in, "notification", {ATRIUM_JSON_STRING, ATRIUM_JSON_OBJECT}, "a text or an object");
  request.candidates = contextMember(in, "candidates", {ATRIUM_JSON_ARRAY}, "a list");
  const bool something = std::ranges::any_of(something_to_go_by, [&body](std::string_view name) {
    return body[name].exists() && !body[name].isNull() && body[name].raw() != "\"\"";
  });
  if (!something)
    in.wrong("prospect_message", "is required, or one of conversation_stage, conversation_context, lead, notification and room_id");
  if (request.agent_id != caller.user_id && !supervises(caller))
    return fail(Code::identity_mismatch, "Only supervisors, admins and services ask for somebody else: agent_id is not yours.");
  return in.finish(std::move(request));
}

JsonDocument assistContext(const AssistRequest& request, const JsonView& messages, const RedactionRules& rules) {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("task").value(word(request.task)).key("agent_id").value(redactText(request.agent_id, rules));
  if (!request.conversation_stage.empty()) json.key("conversation_stage").value(redactText(request.conversation_stage, rules));
  if (!request.prospect_message.empty()) json.key("prospect_message").value(redactText(request.prospect_message, rules));
  const std::pair<std::string_view, const JsonDocument*> documents[] = {{"conversation_context", &request.conversation_context},
                                                                        {"lead", &request.lead},
                                                                        {"notification", &request.notification},
                                                                        {"candidates", &request.candidates}};
  for (const auto& [name, document] : documents) {
    if (document->empty()) continue;
    json.key(name);
    writeRedacted(json, document->root(), rules);
  }
  if (messages.isArray()) writeMessages(json, messages, rules);
  json.end('}');
  // What is wrapped was within the indexer's bounds, one by one; together it may be over them, and is then told without the room.
  if (auto document = JsonDocument::parse(text, 1)) return *std::move(document);
  return messages.isArray() ? assistContext(request, JsonView(), rules) : JsonDocument::emptyObject();
}

}  // namespace atrium
