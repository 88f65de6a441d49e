#include "alerts/silence.hpp"

#include <algorithm>

#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

bool AlertMatcher::matches(const Alert& alert) const {
  const std::string_view there = alert.label(label);
  const bool same = value.ends_with('*') ? there.starts_with(std::string_view(value).substr(0, value.size() - 1)) : there == value;
  return same == is_equal;
}

bool Silence::covers(const Alert& alert) const {
  return std::ranges::all_of(matchers, [&](const AlertMatcher& matcher) { return matcher.matches(alert); });
}

std::string silenceJson(const Silence& silence) {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("id").id(silence_prefix, silence.id).key("matchers").begin('[');
  for (const AlertMatcher& matcher : silence.matchers) {
    json.begin('{').key("label").value(matcher.label).key("value").value(matcher.value);
    json.key("is_equal").value(matcher.is_equal).end('}');
  }
  json.end(']').key("reason").value(silence.reason).key("created_by").value(silence.created_by);
  json.key("created_at").time(silence.created_at).key("expires_at").time(silence.expires_at);
  json.key("expires_at_ms").value(toMillis(silence.expires_at)).key("created_at_ms").value(toMillis(silence.created_at)).end('}');
  return out;
}

Result<Silence> decodeSilence(std::string_view stored) {
  const auto parsed = JsonDocument::parse(stored);
  if (!parsed) return fail(Code::storage_unavailable, "A stored silence is damaged.");
  const JsonView root = parsed->root();
  Silence silence;
  std::int64_t created = 0, expires = 0;
  const auto id = parseId(silence_prefix, root["id"].text());
  if (!id || !root["created_at_ms"].integer(created) || !root["expires_at_ms"].integer(expires))
    return fail(Code::storage_unavailable, "A stored silence is damaged.");
  silence.id = *id;
  silence.reason = root["reason"].text();
  silence.created_by = root["created_by"].text();
  silence.created_at = fromMillis(static_cast<std::uint64_t>(created));
  silence.expires_at = fromMillis(static_cast<std::uint64_t>(expires));
  const JsonView matchers = root["matchers"];
  for (JsonView one = matchers.first(); one.exists(); one = one.sibling(matchers))
    silence.matchers.push_back({one["label"].text(), one["value"].text(), one["is_equal"].boolean(true)});
  return silence;
}

}  // namespace atrium
