#include "coordination/lead.hpp"

#include "coordination/stored_json.hpp"
#include "protocol/body_reader.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 5> lead_state_words{"waiting", "offered", "active", "wrapping", "closed"};
constexpr std::size_t lead_name_max = 200, lead_word_max = 100;  // bytes

void writeStored(JsonText& json, const Lead& lead) {
  json.key("lead_id").value(lead.lead_id).key("state").value(word(lead.state)).key("queue").value(lead.queue);
  json.key("channel").value(lead.channel).key("priority").value(lead.priority).key("lead").raw(lead.fields->text());
  json.key("owner");
  lead.owner.empty() ? json.null() : json.value(lead.owner);
  json.key("offer_id");
  lead.offer_id.empty() ? json.null() : json.value(lead.offer_id);
  json.key("handoff_id");
  lead.handoff_id.empty() ? json.null() : json.value(lead.handoff_id);
  json.key("room_id");
  lead.room_id.empty() ? json.null() : json.value(lead.room_id);
}

// What the lead itself says, as far as the desk looks at it.
void checkFields(BodyReader& in, const JsonView& lead) {
  const auto text = [&](std::string_view name, std::size_t most) {
    const JsonView value = lead[name];
    if (!value.exists() || value.isNull()) return;
    if (!value.isString() || value.text().empty() || value.text().size() > most)
      in.wrong("lead/" + std::string(name), "must be a text of 1 to " + std::to_string(most) + " bytes");
  };
  text("name", lead_name_max);
  text("property_type", lead_word_max);
  text("urgency", lead_word_max);
  text("location", lead_name_max);
  text("language", lead_word_max);
  text("territory", lead_word_max);
  if (!lead["name"].isString()) in.needed("lead/name", false);
  if (const JsonView score = lead["score"]; score.exists() && !score.isNull()) {
    const double number = numberOf(score, -1);
    if (!(number >= 0 && number <= 100)) in.wrong("lead/score", "must be a number from 0 to 100");
  }
  for (const std::string_view name : {"budget", "value"})
    if (const JsonView amount = lead[name]; amount.exists() && !amount.isNull() && !amount.isString())
      if (const double number = numberOf(amount, -1); !(number >= 0 && number <= lead_value_max))
        in.wrong("lead/" + std::string(name), "must be a number from 0 to 1000000000000, or a text");
}

}  // namespace

std::string_view word(LeadState state) { return lead_state_words[static_cast<std::size_t>(state)]; }

double Lead::value() const {
  for (const std::string_view name : {"value", "budget", "score"})
    if (const double amount = numberOf(fields->root()[name], -1); amount >= 0) return amount;
  return 1;
}

std::string Lead::text(std::string_view field) const { return fields->root()[field].text(); }

std::string encodeLead(const Lead& lead) {
  std::string out;
  JsonText json(out);
  json.begin('{');
  writeStored(json, lead);
  json.key("arrived").value(toMillis(lead.arrived)).key("queued").value(toMillis(lead.queued)).key("overflows").value(lead.overflows);
  json.key("handoff_room_id").value(lead.handoff_room_id);
  json.key("policy").value(lead.policy).key("last_owner").value(lead.last_owner).key("declined").begin('{');
  for (const auto& [agent, until] : lead.declined) memberKey(json, agent).value(toMillis(until));
  json.end('}').end('}');
  return out;
}

void writeLead(JsonText& json, const Lead& lead, Wall now) {
  writeStored(json, lead);
  json.key("arrived_at").time(lead.arrived).key("waiting_ms").value(lead.state == LeadState::waiting ? (now - lead.arrived).count() : 0);
}

std::string leadJson(const Lead& lead, Wall now) {
  std::string out;
  JsonText json(out);
  json.begin('{');
  writeLead(json, lead, now);
  json.end('}');
  return out;
}

std::optional<Lead> decodeLead(const Document& document) {
  const auto parsed = JsonDocument::parse(document.value);
  if (!parsed || document.key.size() != 3) return std::nullopt;
  const JsonView stored = parsed->root();
  const auto state = parseWord<LeadState>(stored["state"].text(), lead_state_words);
  if (!state || !stored["lead"].isObject()) return std::nullopt;
  Lead lead;
  lead.kept = true;
  lead.lead_id = document.key[2];
  lead.fields = std::make_shared<const JsonDocument>(stored["lead"]);
  lead.queue = stored["queue"].text();
  lead.channel = stored["channel"].text();
  lead.policy = stored["policy"].text();
  lead.priority = static_cast<std::int32_t>(integerOf(stored["priority"], 0));
  lead.state = *state;
  lead.arrived = wallOf(stored["arrived"]);
  lead.queued = wallOf(stored["queued"]);
  lead.owner = stored["owner"].text();
  lead.last_owner = stored["last_owner"].text();
  lead.offer_id = stored["offer_id"].text();
  lead.handoff_id = stored["handoff_id"].text();
  lead.room_id = stored["room_id"].text();
  lead.handoff_room_id = stored["handoff_room_id"].text();
  lead.overflows = static_cast<std::uint32_t>(integerOf(stored["overflows"], 0));
  const JsonView declined = stored["declined"];
  std::string scratch;
  for (JsonView one = declined.first(); one.exists(); one = one.sibling(declined))
    lead.declined.emplace_back(one.key(scratch), wallOf(one));
  return lead;
}

Result<RouteLead> readRouteLead(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  RouteLead command;
  command.lead_id = in.text("lead_id", 1, lead_id_max).value_or("");
  const JsonView lead = in.object("lead");
  if (lead.exists()) {
    checkFields(in, lead);
    command.fields = JsonDocument(lead);
  }
  in.needed("lead", lead.exists());
  command.policy = in.text("policy", 1, lead_word_max).value_or("");
  command.queue = in.text("queue", 1, lead_word_max).value_or("");
  command.channel = in.text("channel", 1, lead_word_max).value_or("");
  if (const auto priority = in.integer("priority", -1000, 1000)) command.priority = static_cast<std::int32_t>(*priority);
  command.room_id = in.text("room_id", 1, lead_word_max).value_or("");
  command.dry_run = in.flag("dry_run").value_or(false);
  return in.finish(std::move(command));
}

}  // namespace atrium
