#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/event_types.hpp"
#include "engine/ports.hpp"

// What a sink is to deliver, and what of a sink is kept in the store.
namespace atrium {

// One event as a sink gets it. A value.
struct SinkEvent {
  std::uint64_t offset = 0;  // Its seq in the event log.
  std::uint32_t attempts = 0;
  Wall at{};
  std::string event_id;  // "evt_01J…"
  std::string type;
  std::string tenant_id;
  std::string data;  // One JSON object.
};

// "message.*,room.created" as a set; empty text: all. A word that names no type is left out, and told in `unknown`, joined by commas.
[[nodiscard]] EventTypes eventTypesOf(std::string_view words, std::string* unknown = nullptr);
[[nodiscard]] std::string wordsOf(EventTypes types);

// ---- Where a sink stands: a document by the sink's name

inline constexpr std::string_view sink_collection = "event_sink";

struct SinkPlace {
  std::uint64_t done = 0;  // All up to this offset are delivered, dead letters or not wanted.
  Wall done_at{};          // When the event of that offset was; zero: not known.
  EventTypes types = all_event_types;
  std::string plugin = {};
  std::string epoch = {};          // Of the log; empty: it was never written.
  std::uint64_t dead_letters = 0;  // That are kept.
};
[[nodiscard]] DocumentKey sinkKey(const std::string& sink);
[[nodiscard]] std::string encodeSinkPlace(const SinkPlace& place);
// Nothing: it is damaged.
[[nodiscard]] std::optional<SinkPlace> decodeSinkPlace(std::string_view stored);

// ---- Dead letters: documents by the sink's name and the event's offset

inline constexpr std::string_view dead_letter_collection = "dead_letter";

[[nodiscard]] DocumentKey deadLetterKey(const std::string& sink, std::uint64_t offset);
// Of a key that deadLetterKey() made; 0: of another.
[[nodiscard]] std::uint64_t deadLetterOffset(const DocumentKey& key);
// As it is shown, too: a DeadLetter of schemas.yaml.
[[nodiscard]] std::string encodeDeadLetter(const SinkEvent& event, std::string_view reason, Wall failed_at);
[[nodiscard]] std::optional<SinkEvent> decodeDeadLetter(std::string_view stored);

}  // namespace atrium
