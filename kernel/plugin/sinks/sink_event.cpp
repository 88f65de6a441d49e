#include "plugin/sinks/sink_event.hpp"

#include <algorithm>

#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {
constexpr std::string_view no_types = "-";  // As nothing would mean all of them.
constexpr unsigned letter_wraps = 2;        // Levels around what a client sent: the event's, and the letter's.
}  // namespace

EventTypes eventTypesOf(std::string_view words, std::string* unknown) {
  if (words.empty()) return all_event_types;
  EventTypes types = 0;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(','), words.size());
    std::string_view one = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    const bool family = one.ends_with(".*");
    const std::string_view begin = one.substr(0, one.size() - (family ? 1 : 0));
    EventTypes named = 0;
    for (std::size_t i = 0; i < event_type_words.size(); ++i)
      if (family ? event_type_words[i].starts_with(begin) : event_type_words[i] == one) named |= bit(static_cast<EventType>(i));
    types |= named;
    if (unknown && named == 0) (*unknown += unknown->empty() ? "" : ",") += one;
  }
  return types;
}

std::string wordsOf(EventTypes types) {
  std::string out;
  for (std::size_t i = 0; i < event_type_words.size(); ++i)
    if (types & bit(static_cast<EventType>(i))) (out += out.empty() ? "" : ",") += event_type_words[i];
  return out;
}

DocumentKey sinkKey(const std::string& sink) { return {std::string(sink_collection), sink}; }

std::string encodeSinkPlace(const SinkPlace& place) {
  std::string out;
  JsonWriter json(out);
  json.begin('{')
      .key("done")
      .value(place.done)
      .key("done_at_ms")
      .value(toMillis(place.done_at))
      .key("events")
      .value(place.types == 0 ? std::string(no_types) : wordsOf(place.types))
      .key("plugin")
      .value(place.plugin);
  json.key("epoch").value(place.epoch).key("dead_letters").value(place.dead_letters).end('}');
  return out;
}

std::optional<SinkPlace> decodeSinkPlace(std::string_view stored) {
  const auto parsed = JsonDocument::parse(stored);
  std::int64_t done = 0, done_at = 0, dead_letters = 0;
  if (!parsed || !parsed->root()["done"].integer(done) || done < 0) return std::nullopt;
  if (!parsed->root()["done_at_ms"].integer(done_at) || done_at < 0) return std::nullopt;
  const JsonView root = parsed->root();
  if (!root["dead_letters"].integer(dead_letters) || dead_letters < 0) return std::nullopt;
  // Words that say nothing here were written for another version's types.
  return SinkPlace{.done = static_cast<std::uint64_t>(done),
                   .done_at = fromMillis(static_cast<std::uint64_t>(done_at)),
                   .types = eventTypesOf(root["events"].text()),
                   .plugin = root["plugin"].text(),
                   .epoch = root["epoch"].text(),
                   .dead_letters = static_cast<std::uint64_t>(dead_letters)};
}

DocumentKey deadLetterKey(const std::string& sink, std::uint64_t offset) {
  std::string bytes(8, '\0');  // Most significant first, so that their order is the offsets'.
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(offset >> (56 - 8 * i));
  return {std::string(dead_letter_collection), sink, std::move(bytes)};
}

std::uint64_t deadLetterOffset(const DocumentKey& key) {
  std::uint64_t offset = 0;
  if (key.size() == 3)
    for (const char byte : key.back()) offset = offset << 8 | static_cast<unsigned char>(byte);
  return offset;
}

std::string encodeDeadLetter(const SinkEvent& event, std::string_view reason, Wall failed_at) {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("offset").value(event.offset).key("event_id").value(event.event_id).key("type").value(event.type);
  json.key("tenant_id").value(event.tenant_id).key("at").time(event.at).key("at_ms").value(toMillis(event.at));
  json.key("failed_at").time(failed_at).key("attempts").value(event.attempts).key("reason").value(reason);
  json.key("data").raw(event.data).end('}');
  return out;
}

std::optional<SinkEvent> decodeDeadLetter(std::string_view stored) {
  const auto parsed = JsonDocument::parse(stored, letter_wraps);
  if (!parsed) return std::nullopt;
  const JsonView root = parsed->root();
  std::int64_t offset = 0, at = 0, attempts = 0;
  if (!root["offset"].integer(offset) || !root["at_ms"].integer(at) || !root["attempts"].integer(attempts) || !root["data"].isObject())
    return std::nullopt;
  return SinkEvent{.offset = static_cast<std::uint64_t>(offset),
                   .attempts = static_cast<std::uint32_t>(attempts),
                   .at = fromMillis(static_cast<std::uint64_t>(at)),
                   .event_id = root["event_id"].text(),
                   .type = root["type"].text(),
                   .tenant_id = root["tenant_id"].text(),
                   .data = std::string(root["data"].raw())};
}

}  // namespace atrium
