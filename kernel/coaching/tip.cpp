#include "coaching/tip.hpp"

#include <algorithm>
#include <array>

namespace atrium {

namespace {

constexpr std::array<std::string_view, 3> state_words = {"shown", "accepted", "dismissed"};

void writeOrNull(JsonWriter<std::string>& json, std::string_view name, std::string_view text) {
  json.key(name);
  if (text.empty())
    json.null();
  else
    json.value(text);
}

// An id as text that sorts the other way round.
std::string backwards(const Id& id) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : id.bytes) {
    const auto turned = static_cast<std::uint8_t>(~byte);
    text += hex[turned >> 4];
    text += hex[turned & 15];
  }
  return text;
}

std::uint64_t milliseconds(const JsonView& value) {
  std::int64_t number = 0;
  return value.integer(number) && number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

}  // namespace

std::string_view word(TipState state) { return state_words[static_cast<unsigned>(state)]; }

// created_at_ms and judged_at_ms are for reading it back; what people read is made of the same.
void writeTip(JsonWriter<std::string>& json, const Tip& tip) {
  json.begin('{').key("tip_id").id(tip_prefix, tip.id).key("task").value(std::string_view(tip.task));
  json.key("agent_id").value(std::string_view(tip.agent_id)).key("asked_by").value(std::string_view(tip.asked_by));
  json.key("tip").value(std::string_view(tip.text));
  writeOrNull(json, "assistant", tip.assistant);
  json.key("degraded");
  if (tip.wanted.empty())
    json.null();
  else
    json.begin('{').key("assistant").value(std::string_view(tip.wanted)).key("reason").value(std::string_view(tip.why)).end('}');
  writeOrNull(json, "conversation_stage", tip.stage);
  writeOrNull(json, "room_id", tip.room_id);
  json.key("latency_ms").value(tip.latency_ms).key("created_at").time(tip.created_at).key("created_at_ms").value(toMillis(tip.created_at));
  json.key("state").value(word(tip.state));
  writeOrNull(json, "judged_by", tip.judged_by);
  json.key("judged_at");
  if (tip.state == TipState::shown)
    json.null().key("judged_at_ms").null();
  else
    json.time(tip.judged_at).key("judged_at_ms").value(toMillis(tip.judged_at));
  json.end('}');
}

std::string encodeTip(const Tip& tip) {
  std::string text;
  JsonWriter<std::string> json(text);
  writeTip(json, tip);
  return text;
}

std::optional<Tip> decodeTip(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  if (!document || !document->root().isObject()) return std::nullopt;
  const JsonView root = document->root();
  const auto id = parseId(tip_prefix, root["tip_id"].text());
  const auto state = std::ranges::find(state_words, root["state"].text());
  if (!id || state == state_words.end()) return std::nullopt;
  return Tip{.id = *id,
             .task = root["task"].text(),
             .agent_id = root["agent_id"].text(),
             .asked_by = root["asked_by"].text(),
             .assistant = root["assistant"].text(),
             .stage = root["conversation_stage"].text(),
             .room_id = root["room_id"].text(),
             .text = root["tip"].text(),
             .wanted = root["degraded"]["assistant"].text(),
             .why = root["degraded"]["reason"].text(),
             .latency_ms = milliseconds(root["latency_ms"]),
             .created_at = fromMillis(milliseconds(root["created_at_ms"])),
             .state = static_cast<TipState>(state - state_words.begin()),
             .judged_by = root["judged_by"].text(),
             .judged_at = fromMillis(milliseconds(root["judged_at_ms"]))};
}

DocumentKey tipKey(const std::string& tenant_id, const Id& id) { return {"tip", tenant_id, backwards(id)}; }

DocumentKey tipKeyBefore(const std::string& tenant_id, Wall wall) {
  Id first;  // The smallest of that millisecond.
  const std::uint64_t ms = toMillis(wall);
  for (unsigned n = 0; n < 6; ++n) first.bytes[n] = static_cast<std::uint8_t>(ms >> (40 - 8 * n));
  return tipKey(tenant_id, first);
}

}  // namespace atrium
