#include "plugin/sinks/event_sinks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/event_log.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t sinks_max = ATRIUM_SCAN_MAX;
constexpr std::chrono::seconds retry_pause{1};

}  // namespace

EventSinks::EventSinks(const Parts& parts, const SinkOptions& options) : parts_(parts), options_(options), timer_([this] { look(); }) {}

// ---- The start

void EventSinks::begin() {
  parts_.interest.whenRecorded([this] { wake(); });
  readPlaces();
}

void EventSinks::readPlaces() {
  parts_.store.head(eventLogKey(), [this](Result<RoomHead> head) {
    if (head) head_ = *std::move(head);
    parts_.store.scan({std::string(sink_collection)}, {}, sinks_max,
                      [this](Result<std::vector<Document>> places) { restore(std::move(places)); });
  });
}

void EventSinks::restore(Result<std::vector<Document>> places) {
  if (!places) {  // Until it is known, everything is recorded.
    parts_.log.warning("sink.waits", {{"detail", std::string_view(places.error().detail)}});
    parts_.timers.arm(timer_, parts_.now.mono + retry_pause);
    return;
  }
  Places known;
  for (const Document& document : *places) {
    auto place = decodeSinkPlace(document.value);
    if (document.key.size() != 2) continue;
    if (!place) {
      parts_.log.error("sink.place_damaged", {{"sink", document.key[1]}});
      place = SinkPlace{};  // Everything that is there comes once more.
    }
    // The store forgot the log, or it is another store: what the offset meant is gone.
    const bool same_log = place->epoch.empty() || place->epoch == head_.epoch;
    if (!same_log || place->done > head_.last_seq) *place = {0, {}, place->types, place->plugin, head_.epoch};
    known.emplace_back(document.key[1], *std::move(place));
  }
  countLetters(std::move(known), {}, 0);
}

// Of one sink after the other, a page at a time; then everything is known.
void EventSinks::countLetters(Places places, DocumentKey after, std::uint64_t counted) {
  if (places.empty()) {
    looking_ = true;
    return look();
  }
  DocumentKey prefix{std::string(dead_letter_collection), places.back().first};
  parts_.store.scan(std::move(prefix), std::move(after), letters_page_max,
                    [this, places = std::move(places), counted](Result<std::vector<Document>> letters) mutable {
                      if (letters) counted += letters->size();
                      if (letters && letters->size() == letters_page_max)
                        return countLetters(std::move(places), std::move(letters->back().key), counted);
                      add(places.back().first, std::move(places.back().second), counted);
                      places.pop_back();
                      countLetters(std::move(places), {}, 0);
                    });
}

// ---- From then on

void EventSinks::look() {
  if (!looking_) return readPlaces();
  findPlugins();
  parts_.store.head(eventLogKey(), [this](const Result<RoomHead>& head) { headRead(head); });
  parts_.timers.arm(timer_, parts_.now.mono + look_interval);
}

void EventSinks::findPlugins() {
  const std::uint64_t generation = parts_.registry.generation();
  if (std::exchange(generation_, generation) == generation) return;
  std::vector<std::string> names = parts_.registry.names(EventSinkKind::word);
  for (const auto& [name, sink] : sinks_)
    if (std::ranges::find(names, name) == names.end()) sink->rest();
  for (const std::string& name : names) {
    const auto known = sinks_.find(name);
    if (known == sinks_.end())
      addNew(name);
    else if (const PluginLease plugin = parts_.registry.lease(EventSinkKind::word, name))
      known->second->serve(*plugin);
  }
  tellInterest();
}

// Its place is written before anything counts on it: what is recorded from then on waits for it.
void EventSinks::addNew(const std::string& name) {
  parts_.store.head(eventLogKey(), [this, name](const Result<RoomHead>& head) {
    if (!head || sinks_.contains(name)) {
      if (!head) generation_ = 0;  // Looked for again.
      return;
    }
    add(name, {head->last_seq, {}, all_event_types, {}, head->epoch}, 0);
    if (const PluginLease plugin = parts_.registry.lease(EventSinkKind::word, name)) sinks_.find(name)->second->serve(*plugin);
    tellInterest();
  });
}

void EventSinks::add(const std::string& name, SinkPlace place, std::uint64_t dead_letters) {
  const SinkDelivery::Parts parts{.store = parts_.store,
                                  .shards = parts_.shards,
                                  .shard = EventInterest::home,
                                  .registry = parts_.registry,
                                  .calls = parts_.calls,
                                  .timers = parts_.timers,
                                  .now = parts_.now,
                                  .log = parts_.log,
                                  .board = parts_.board,
                                  .options = options_,
                                  .seed = parts_.seed ^ sinks_.size()};
  sinks_.emplace(name, std::make_unique<SinkDelivery>(parts, name, std::move(place), dead_letters));
}

void EventSinks::wake() {
  if (!looking_) return;
  parts_.store.head(eventLogKey(), [this](const Result<RoomHead>& head) { headRead(head); });
}

void EventSinks::headRead(const Result<RoomHead>& head) {
  if (!head) return;
  head_ = *head;
  for (const auto& [name, sink] : sinks_) sink->show(head_);
  if (parts_.now.mono - trimmed_ >= trim_interval) trim(head_);
}

void EventSinks::tellInterest() {
  EventTypes types = 0;
  for (const auto& [name, sink] : sinks_) types |= sink->place().types;
  parts_.interest.set(types);
}

// ---- The log's length

// By time and not by number, because the log grows meanwhile and a store counts from its end: no store makes a hole, so that what is older
// than the last event that all sinks are done with ends before that event.
void EventSinks::trim(const RoomHead& head) {
  if (trimming_ || head.last_seq < head.first_seq) return;
  trimmed_ = parts_.now.mono;
  std::uint64_t done = head.last_seq;
  Wall before = parts_.now.wall;
  for (const auto& [name, sink] : sinks_)
    if (sink->place().done <= done) {
      done = sink->place().done;
      before = sink->place().done_at;
    }
  before = std::max(before, parts_.now.wall - options_.retention);
  if (head.last_seq - head.first_seq >= options_.events_max) return trimTo(options_.events_max, Wall{});
  // To a store the beginning of time would mean "regardless of age".
  if (before > Wall{}) trimTo(0, before);
}

void EventSinks::trimTo(std::uint64_t keep_last, Wall sent_before) {
  trimming_ = true;
  parts_.store.trim(eventLogKey(), keep_last, sent_before, [this, keep_last, sent_before](const Result<std::uint64_t>& dropped) {
    trimming_ = false;
    if (dropped && *dropped > 0) trimTo(keep_last, sent_before);
  });
}

// ---- What admins ask for

SinkDelivery* EventSinks::find(const std::string& sink) {
  const auto found = sinks_.find(sink);
  return found == sinks_.end() ? nullptr : found->second.get();
}

namespace {

Error noSuchSink() { return {Code::not_found, "There is no event sink of this name.", 0, {}}; }

}  // namespace

void EventSinks::deadLetters(const std::string& sink, std::uint64_t after, std::uint32_t limit, Completion<std::string> done) {
  if (!find(sink)) return done(fail(noSuchSink()));
  const std::uint32_t count = std::clamp<std::uint32_t>(limit, 1, letters_page_max);
  parts_.store.scan({std::string(dead_letter_collection), sink}, after == 0 ? DocumentKey{} : deadLetterKey(sink, after), count,
                    [count, done = std::move(done)](const Result<std::vector<Document>>& letters) mutable {
                      if (!letters) return done(fail(letters.error()));
                      std::string text = R"({"items":[)";
                      for (const Document& letter : *letters) {
                        if (text.back() != '[') text += ',';
                        text += letter.value;
                      }
                      const auto last = letters->size() == count ? decodeDeadLetter(letters->back().value) : std::nullopt;
                      text += last ? fmt::format(R"(],"next_cursor":"{}"}})", last->offset) : R"(],"next_cursor":null})";
                      done(std::move(text));
                    });
}

void EventSinks::lettersOf(const std::string& sink, std::optional<std::uint64_t> offset, Completion<std::vector<Document>> done) {
  if (!offset) return parts_.store.scan({std::string(dead_letter_collection), sink}, {}, letters_at_once, std::move(done));
  parts_.store.get(deadLetterKey(sink, *offset), [done = std::move(done)](Result<std::optional<Document>> letter) mutable {
    if (!letter) return done(fail(std::move(letter.error())));
    if (!*letter) return done(fail(Code::not_found, "The sink has no dead letter of this offset."));
    std::vector<Document> one;
    one.push_back(*std::move(*letter));
    done(std::move(one));
  });
}

void EventSinks::retry(const std::string& sink, std::optional<std::uint64_t> offset, Completion<std::size_t> done) {
  const SinkDelivery* known = find(sink);
  if (!known) return done(fail(noSuchSink()));
  if (!known->served()) return done(fail(Code::conflict, "No plugin of this sink is active."));
  lettersOf(sink, offset, [this, sink, done = std::move(done)](const Result<std::vector<Document>>& letters) mutable {
    if (!letters) return done(fail(letters.error()));
    SinkDelivery* found = find(sink);
    if (!found) return done(fail(noSuchSink()));
    std::vector<SinkEvent> events;
    for (const Document& letter : *letters)
      if (auto event = decodeDeadLetter(letter.value)) events.push_back(*std::move(event));
    done(found->retry(std::move(events)));
  });
}

void EventSinks::drop(const std::string& sink, std::optional<std::uint64_t> offset, Completion<std::size_t> done) {
  if (!find(sink)) return done(fail(noSuchSink()));
  lettersOf(sink, offset, [this, sink, done = std::move(done)](Result<std::vector<Document>> letters) mutable {
    if (!letters) return done(fail(letters.error()));
    const std::size_t count = letters->size();
    if (count == 0) return done(std::size_t{0});
    std::vector<DocumentWrite> writes;
    for (Document& letter : *letters) writes.push_back({std::move(letter.key), ATRIUM_VERSION_ANY, std::nullopt});
    parts_.store.write(std::move(writes), [this, sink, count, done = std::move(done)](const Result<void>& written) mutable {
      if (!written) return done(fail(written.error()));
      if (SinkDelivery* found = find(sink)) found->dropped(count);
      done(count);
    });
  });
}

void EventSinks::forget(const std::string& sink, Completion<void> done) {
  const SinkDelivery* known = find(sink);
  if (!known) return done(fail(noSuchSink()));
  if (known->served()) return done(fail(Code::conflict, "A plugin offers this sink; switch it off first."));
  lettersOf(sink, std::nullopt, [this, sink, done = std::move(done)](const Result<std::vector<Document>>& letters) mutable {
    if (!letters) return done(fail(letters.error()));
    if (!letters->empty()) return done(fail(Code::conflict, "The sink has dead letters; drop them first."));
    std::vector<DocumentWrite> writes;
    writes.push_back({sinkKey(sink), ATRIUM_VERSION_ANY, std::nullopt});
    parts_.store.write(std::move(writes), [this, sink, done = std::move(done)](const Result<void>& written) mutable {
      if (!written) return done(fail(written.error()));
      SinkDelivery* found = find(sink);
      if (!found) return done({});
      if (found->served() || !found->still()) {
        found->keep();
        return done(fail(Code::conflict, "The sink came to life meanwhile, and goes on from where it was."));
      }
      sinks_.erase(sink);
      parts_.board.remove(sink);
      tellInterest();
      done({});
    });
  });
}

}  // namespace atrium
