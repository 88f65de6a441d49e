#include "engine/trace.hpp"

#include <algorithm>
#include <limits>

#include "engine/room_key.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

// A text cut to `max` bytes, but not within a character.
std::string_view cut(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  return text.substr(0, max);
}

bool same(const HookSource& a, const HookSource& b) {
  return a.generation == b.generation && a.placement == b.placement && a.plugin_id == b.plugin_id && a.version == b.version;
}

}  // namespace

TraceKey TraceKey::of(const Id& message, std::string_view tenant_id, std::string_view client_message_id) {
  return {message, stableHash(tenant_id), client_message_id.empty() ? 0 : stableHash(client_message_id)};
}

std::uint16_t Trace::sourceOf(const HookSource& source) {
  for (std::size_t n = 0; n < sources_.size(); ++n)
    if (sources_[n].hint == &source && same(sources_[n].copy, source)) return static_cast<std::uint16_t>(n);
  if (const auto known = std::ranges::find_if(sources_, [&](const Source& one) { return same(one.copy, source); });
      known != sources_.end()) {
    known->hint = &source;
    return static_cast<std::uint16_t>(known - sources_.begin());
  }
  // So many generations have come and gone that everything is forgotten at once.
  if (sources_.size() == sources_max) {
    sources_.clear();
    count_ = 0;
  }
  sources_.push_back({&source, source});
  return static_cast<std::uint16_t>(sources_.size() - 1);
}

void Trace::add(const TraceKey& key, Hook hook, const HookOutcome& outcome, Wall now) {
  if (entries_.empty() || !outcome.source) return;
  const std::uint16_t source = sourceOf(*outcome.source);
  Entry& entry = entries_[next_];
  next_ = next_ + 1 == entries_.size() ? 0 : next_ + 1;
  count_ = std::min(count_ + 1, entries_.size());
  entry.key = key;
  entry.at = now;
  entry.took_ns = static_cast<std::uint32_t>(std::min<std::int64_t>(outcome.took.count(), std::numeric_limits<std::uint32_t>::max()));
  entry.source = source;
  entry.hook = hook;
  const bool changes = outcome.content || !outcome.annotations.empty() || !outcome.patches.empty() || !outcome.audience.empty();
  entry.verdict = outcome.failed ? Verdict::failed : outcome.refused ? Verdict::denied : changes ? Verdict::changed : Verdict::allowed;
  std::string_view reason;
  if (outcome.refused) reason = outcome.refused->detail;
  if (reason.empty() && outcome.refused && !outcome.refused->fields.empty()) reason = outcome.refused->fields.front().message;
  reason = cut(reason, reason_max);
  entry.reason_size = static_cast<std::uint8_t>(reason.size());
  std::ranges::copy(reason, entry.reason.begin());
}

std::string_view Trace::word(Verdict verdict) {
  switch (verdict) {
    case Verdict::allowed: return "allowed";
    case Verdict::changed: return "changed";
    case Verdict::denied: return "denied";
    case Verdict::failed: return "failed";
  }
  return {};
}

void Trace::write(std::string& out, const Entry& entry) const {
  const HookSource& source = sources_[entry.source].copy;
  if (!out.ends_with('[')) out += ',';
  JsonWriter json(out);
  json.begin('{').key("message_id").id(message_prefix, entry.key.message);
  json.key("plugin").value(source.plugin_id).key("version").value(source.version).key("generation").value(source.generation);
  json.key("hook").value(atrium::word(entry.hook)).key("placement").value(atrium::word(source.placement));
  json.key("at").time(entry.at).key("microseconds").value(static_cast<double>(entry.took_ns) / 1000.0);
  json.key("verdict").value(word(entry.verdict));
  if (entry.reason_size > 0) json.key("reason").value(std::string_view(entry.reason.data(), entry.reason_size));
  json.end('}');
}

void Trace::append(std::string& out, std::string_view tenant_id, std::string_view message) const {
  const auto id = parseId(message_prefix, message);
  const TraceKey wanted = TraceKey::of(id.value_or(Id{}), tenant_id, message);
  for (std::size_t n = 0; n < count_; ++n) {
    const Entry& entry = entries_[(next_ + entries_.size() - count_ + n) % entries_.size()];
    if (entry.key.tenant != wanted.tenant) continue;
    const bool meant = id ? entry.key.message == *id : entry.key.client_message_id == wanted.client_message_id;
    if (meant) write(out, entry);
  }
}

}  // namespace atrium
