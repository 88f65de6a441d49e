#include "coordination/handoff.hpp"

#include "coordination/lead.hpp"
#include "coordination/stored_json.hpp"
#include "protocol/body_reader.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 4> handoff_state_words{"pending", "accepted", "returned", "cancelled"};
constexpr std::array<std::string_view, 2> fallback_words{"return", "next"};
constexpr std::size_t summary_max = 8000, handoff_reason_max = 500, commitments_max = 20, commitment_max = 500;  // bytes, and items
constexpr std::int64_t patience_least_ms = 1000, patience_most_ms = 24 * 3600 * 1000;

}  // namespace

std::string_view word(HandoffState state) { return handoff_state_words[static_cast<std::size_t>(state)]; }

std::string encodeHandoff(const Handoff& handoff) {
  std::string out;
  JsonText json(out);
  const auto text = [&json](std::string_view name, const std::string& value) {
    json.key(name);
    value.empty() ? json.null() : json.value(value);
  };
  json.begin('{').key("handoff_id").value(handoff.handoff_id).key("lead_id").value(handoff.lead_id).key("from").value(handoff.from);
  text("to", handoff.to);
  json.key("by").value(handoff.by).key("state").value(word(handoff.state));
  json.key("fallback").value(fallback_words[static_cast<std::size_t>(handoff.fallback)]);
  text("offer_id", handoff.offer_id);
  json.key("rounds").value(handoff.rounds);
  text("reason", handoff.reason);
  text("summary", handoff.summary);
  textList(json, "commitments", handoff.commitments);
  json.key("lead").raw(handoff.lead_json);
  text("room_id", handoff.room_id);
  json.key("accept_within_ms").value(handoff.patience.count());
  text("end_reason", handoff.end_reason);
  json.key("made_at").time(handoff.made).key("ended_at");
  timeOrNull(json, handoff.ended);
  json.end('}');
  return out;
}

std::string handoffWithin(Handoff handoff, std::size_t most) {
  std::string json = encodeHandoff(handoff);
  if (json.size() <= most) return json;
  handoff.lead_json = "{}";
  json = encodeHandoff(handoff);
  if (json.size() <= most) return json;
  handoff.summary.clear();
  json = encodeHandoff(handoff);
  if (json.size() <= most) return json;
  handoff.commitments.clear();
  return encodeHandoff(handoff);
}

std::optional<Handoff> decodeHandoff(const Document& document) {
  const auto parsed = JsonDocument::parse(document.value);
  if (!parsed || document.key.size() != 3) return std::nullopt;
  const JsonView stored = parsed->root();
  const auto state = parseWord<HandoffState>(stored["state"].text(), handoff_state_words);
  const auto fallback = parseWord<HandoffFallback>(stored["fallback"].text(), fallback_words);
  if (!state || !fallback || !stored["lead"].isObject()) return std::nullopt;
  Handoff handoff;
  handoff.handoff_id = document.key[2];
  handoff.lead_id = stored["lead_id"].text();
  handoff.from = stored["from"].text();
  handoff.to = stored["to"].text();
  handoff.by = stored["by"].text();
  handoff.state = *state;
  handoff.fallback = *fallback;
  handoff.offer_id = stored["offer_id"].text();
  handoff.rounds = static_cast<std::uint32_t>(integerOf(stored["rounds"], 0));
  handoff.reason = stored["reason"].text();
  handoff.summary = stored["summary"].text();
  handoff.commitments = textsOf(stored["commitments"]);
  handoff.lead_json = stored["lead"].raw();
  handoff.room_id = stored["room_id"].text();
  handoff.patience = std::chrono::milliseconds(integerOf(stored["accept_within_ms"], 0));
  handoff.end_reason = stored["end_reason"].text();
  handoff.made = storedTime(stored["made_at"]);
  handoff.ended = storedTime(stored["ended_at"]);
  return handoff;
}

Result<BeginHandoff> readBeginHandoff(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  BeginHandoff command;
  command.lead_id = in.text("lead_id", 1, lead_id_max).value_or("");
  in.needed("lead_id", !command.lead_id.empty());
  command.to = in.text("to", 1, user_id_max).value_or("");
  command.reason = in.text("reason", 1, handoff_reason_max).value_or("");
  const auto summary = in.text("summary", 1, summary_max, true);
  in.needed("summary", summary.has_value());
  command.summary = summary.value_or("");
  command.commitments = in.texts("commitments", commitments_max, commitment_max);
  command.room_id = in.text("room_id", 1, 100).value_or("");
  if (const auto patience = in.integer("accept_within_ms", patience_least_ms, patience_most_ms))
    command.patience = std::chrono::milliseconds(*patience);
  command.fallback = in.oneOf<HandoffFallback>("fallback", fallback_words).value_or(HandoffFallback::back);
  return in.finish(std::move(command));
}

}  // namespace atrium
