#include "coordination/offer.hpp"

#include "coordination/lead.hpp"
#include "coordination/stored_json.hpp"
#include "protocol/body_reader.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 7> offer_state_words{"pending", "active", "wrapping", "closed", "rejected", "expired", "rescinded"};
constexpr std::array<std::string_view, 3> offer_kind_words{"routed", "direct", "handoff"};
constexpr std::size_t reason_max = 500, outcome_max = 50;  // bytes

}  // namespace

std::string_view word(OfferState state) { return offer_state_words[static_cast<std::size_t>(state)]; }
std::string_view word(OfferKind kind) { return offer_kind_words[static_cast<std::size_t>(kind)]; }

std::string encodeOffer(const LeadOffer& offer) {
  std::string out;
  JsonText json(out);
  const auto text = [&json](std::string_view name, const std::string& value) {
    json.key(name);
    value.empty() ? json.null() : json.value(value);
  };
  const auto time = [&json](std::string_view name, Wall at) {
    json.key(name);
    timeOrNull(json, at);
  };
  json.begin('{').key("offer_id").value(offer.offer_id).key("lead_id").value(offer.lead_id).key("agent_id").value(offer.agent_id);
  json.key("kind").value(word(offer.kind)).key("state").value(word(offer.state));
  json.key("channel").value(offer.channel).key("queue").value(offer.queue);
  text("decision_id", offer.decision_id);
  text("handoff_id", offer.handoff_id);
  text("by", offer.by);
  text("reason", offer.reason);
  json.key("over_cap").value(offer.over_cap);
  time("made_at", offer.made);
  time("expires_at", offer.expires);
  time("accepted_at", offer.accepted);
  time("first_response_at", offer.first_response);
  time("completed_at", offer.completed);
  time("ended_at", offer.ended);
  time("free_at", offer.free_at);
  json.key("places_taken").value(offer.places_taken);
  text("outcome", offer.outcome);
  exact(json.key("value"), offer.value);
  text("note", offer.note);
  json.end('}');
  return out;
}

std::optional<LeadOffer> decodeOffer(const Document& document) {
  const auto parsed = JsonDocument::parse(document.value);
  if (!parsed || document.key.size() != 3) return std::nullopt;
  const JsonView stored = parsed->root();
  const auto state = parseWord<OfferState>(stored["state"].text(), offer_state_words);
  const auto kind = parseWord<OfferKind>(stored["kind"].text(), offer_kind_words);
  if (!state || !kind) return std::nullopt;
  LeadOffer offer;
  offer.offer_id = document.key[2];
  offer.lead_id = stored["lead_id"].text();
  offer.agent_id = stored["agent_id"].text();
  offer.kind = *kind;
  offer.state = *state;
  offer.channel = stored["channel"].text();
  offer.queue = stored["queue"].text();
  offer.decision_id = stored["decision_id"].text();
  offer.handoff_id = stored["handoff_id"].text();
  offer.by = stored["by"].text();
  offer.reason = stored["reason"].text();
  offer.over_cap = stored["over_cap"].boolean(false);
  offer.made = storedTime(stored["made_at"]);
  offer.expires = storedTime(stored["expires_at"]);
  offer.accepted = storedTime(stored["accepted_at"]);
  offer.first_response = storedTime(stored["first_response_at"]);
  offer.completed = storedTime(stored["completed_at"]);
  offer.ended = storedTime(stored["ended_at"]);
  offer.free_at = storedTime(stored["free_at"]);
  offer.places_taken = static_cast<std::uint32_t>(integerOf(stored["places_taken"], 0));
  offer.outcome = stored["outcome"].text();
  offer.value = numberOf(stored["value"], 0);
  offer.note = stored["note"].text();
  return offer;
}

Result<OfferEnd> readRejection(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  OfferEnd end;
  const auto reason = in.text("reason", 1, reason_max);
  in.needed("reason", reason.has_value());
  end.reason = reason.value_or("");
  return in.finish(std::move(end));
}

Result<OfferEnd> readOfferCompletion(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  OfferEnd end;
  end.outcome = in.text("outcome", 1, outcome_max).value_or(end.outcome);
  end.value = in.number("value", 0, lead_value_max, "of at least 0").value_or(0);
  end.reason = in.text("note", 1, reason_max).value_or("");
  return in.finish(std::move(end));
}

}  // namespace atrium
