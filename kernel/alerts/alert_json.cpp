#include "alerts/alert_json.hpp"

#include "alerts/silence.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

using Json = JsonWriter<std::string>;

void timeOrNull(Json& json, std::string_view key, const std::optional<Wall>& at) {
  json.key(key);
  at ? json.time(*at) : json.null();
}

void textOrNull(Json& json, std::string_view key, const std::string& text) {
  json.key(key);
  text.empty() ? json.null() : json.value(text);
}

void writeActions(Json& json, const Alert& alert) {
  json.key("recommended_actions").begin('[');
  for (const AlertAction& action : alert.said.actions) json.value(action.label);
  json.end(']').key("actions").begin('[');
  for (std::size_t at = 0; at < alert.said.actions.size(); ++at) {
    const AlertAction& action = alert.said.actions[at];
    if (action.command.empty()) continue;
    json.begin('{').key("id").value(std::to_string(at + 1)).key("label").value(action.label);
    json.key("command").value(action.command).end('}');
  }
  json.end(']');
}

void writeAcknowledgement(Json& json, const std::optional<Acknowledgement>& acknowledged) {
  json.key("acknowledged_by");
  if (!acknowledged) {
    json.null().key("acknowledged_at").null().key("acknowledged_note").null().key("acknowledged_until").null();
    return;
  }
  json.value(acknowledged->by).key("acknowledged_at").time(acknowledged->at);
  textOrNull(json, "acknowledged_note", acknowledged->note);
  timeOrNull(json, "acknowledged_until", acknowledged->until);
}

// Stored times, as whole milliseconds; 0: there is none.
std::uint64_t millisOf(const std::optional<Wall>& at) { return at ? toMillis(*at) : 0; }

std::optional<Wall> wallOf(const JsonView& value) {
  std::int64_t ms = 0;
  if (!value.integer(ms) || ms <= 0) return std::nullopt;
  return fromMillis(static_cast<std::uint64_t>(ms));
}

std::uint32_t countOf(const JsonView& value) {
  std::int64_t count = 0;
  return value.integer(count) && count >= 0 ? static_cast<std::uint32_t>(count) : 0;
}

RaisedAlert readSaid(const JsonView& root, Severity severity) {
  RaisedAlert said;
  said.severity = severity;
  said.subject = root["subject"].text();
  said.title = root["title"].text();
  said.message = root["message"].text();
  const bool whole = root["value"].number(said.value) && root["threshold"].number(said.threshold);
  if (!whole) said.value = said.threshold = 0;
  const JsonView actions = root["actions"];
  for (JsonView one = actions.first(); one.exists(); one = one.sibling(actions))
    said.actions.push_back({one["label"].text(), one["command"].text()});
  return said;
}

}  // namespace

std::string alertJson(const Alert& alert, const AlertQuiet& quiet, const std::string& group) {
  std::string out;
  Json json(out);
  json.begin('{').key("id").id(alert_prefix, alert.id).key("title").value(alert.said.title);
  json.key("severity").value(word(alert.severity())).key("message").value(alert.said.message);
  json.key("created_at").time(alert.created_at);
  writeActions(json, alert);
  json.key("rule").value(alert.rule).key("subject").value(alert.subject());
  json.key("state").value(word(alert.state())).key("state_since").time(alert.phase.since);
  json.key("labels").begin('{');
  for (const std::string_view name : alert_labels) json.key(name).value(alert.label(name));
  json.end('}').key("group").value(group).key("value").value(alert.said.value).key("threshold").value(alert.said.threshold);
  timeOrNull(json, "fired_at", alert.fired_at);
  timeOrNull(json, "resolved_at", alert.resolved_at);
  textOrNull(json, "resolved_by", alert.resolved_by);
  textOrNull(json, "resolve_note", alert.resolve_note);
  writeAcknowledgement(json, alert.acknowledged);
  json.key("silenced_by").begin('[');
  for (const Id& silence : quiet.silenced_by) json.id(silence_prefix, silence);
  json.end(']').key("inhibited_by");
  quiet.inhibited_by ? json.id(alert_prefix, *quiet.inhibited_by) : json.null();
  textOrNull(json, "room_id", alert.room_id);
  json.key("notified").value(alert.notices > 0).key("escalations").value(alert.escalations).end('}');
  return out;
}

std::string encodeAlert(const Alert& alert) {
  std::string out;
  Json json(out);
  json.begin('{').key("id").id(alert_prefix, alert.id).key("rule").value(alert.rule);
  json.key("severity").value(word(alert.said.severity)).key("subject").value(alert.subject());
  json.key("title").value(alert.said.title).key("message").value(alert.said.message);
  json.key("value").value(alert.said.value).key("threshold").value(alert.said.threshold).key("actions").begin('[');
  for (const AlertAction& action : alert.said.actions)
    json.begin('{').key("label").value(action.label).key("command").value(action.command).end('}');
  json.end(']').key("measured").value(alert.measured);
  json.key("state").value(word(alert.state())).key("since_ms").value(toMillis(alert.phase.since));
  json.key("created_at_ms").value(toMillis(alert.created_at)).key("fired_at_ms").value(millisOf(alert.fired_at));
  json.key("resolved_at_ms").value(millisOf(alert.resolved_at)).key("escalations").value(alert.escalations);
  json.key("notices").value(alert.notices).key("told_at_ms").value(toMillis(alert.told_at));
  json.key("room_id").value(alert.room_id);
  json.key("resolved_by").value(alert.resolved_by).key("resolve_note").value(alert.resolve_note).key("held").value(alert.held);
  if (const auto& acknowledged = alert.acknowledged) {
    json.key("acknowledged").begin('{').key("by").value(acknowledged->by).key("note").value(acknowledged->note);
    json.key("at_ms").value(toMillis(acknowledged->at)).key("until_ms").value(millisOf(acknowledged->until)).end('}');
  }
  json.end('}');
  return out;
}

Result<Alert> decodeAlert(std::string_view stored) {
  const auto damaged = [] { return fail(Code::storage_unavailable, "A stored alert is damaged."); };
  const auto parsed = JsonDocument::parse(stored);
  if (!parsed) return damaged();
  const JsonView root = parsed->root();
  const auto id = parseId(alert_prefix, root["id"].text());
  const auto state = alertStateOf(root["state"].text());
  const auto severity = severityOf(root["severity"].text());
  const auto since = wallOf(root["since_ms"]), created = wallOf(root["created_at_ms"]);
  if (!id || !state || !severity || !since || !created) return damaged();
  Alert alert{.id = *id, .rule = root["rule"].text(), .said = readSaid(root, *severity), .measured = root["measured"].boolean(false)};
  alert.phase = {*state, *since};
  alert.created_at = *created;
  alert.fired_at = wallOf(root["fired_at_ms"]);
  alert.resolved_at = wallOf(root["resolved_at_ms"]);
  alert.escalations = countOf(root["escalations"]);
  alert.notices = countOf(root["notices"]);
  alert.told_at = wallOf(root["told_at_ms"]).value_or(Wall{});
  alert.room_id = root["room_id"].text();
  alert.resolved_by = root["resolved_by"].text();
  alert.resolve_note = root["resolve_note"].text();
  alert.held = root["held"].boolean(false);
  if (const JsonView acknowledged = root["acknowledged"]; acknowledged.isObject())
    alert.acknowledged = Acknowledgement{acknowledged["by"].text(), acknowledged["note"].text(),
                                         wallOf(acknowledged["at_ms"]).value_or(*created), wallOf(acknowledged["until_ms"])};
  return alert;
}

}  // namespace atrium
