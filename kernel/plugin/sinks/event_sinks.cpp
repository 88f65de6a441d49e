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
constexpr std::uint32_t letters_read = 50;  // At once, of those that are dropped or tried again.
constexpr std::uint32_t letters_step = 16;  // At once, of those that are shown; each has 64 KiB at most.

}  // namespace

EventSinks::EventSinks(const Parts& parts, const SinkOptions& options) : parts_(parts), options_(options), timer_([this] { look(); }) {}

// ---- The start

void EventSinks::begin() {
  parts_.interest.whenRecorded([this] {
    if (looking_) askHead();
  });
  readPlaces();
}

void EventSinks::readPlaces() {
  parts_.store.head(eventLogKey(), [this](Result<RoomHead> head) {
    if (!head) return restore(fail(std::move(head.error())));
    head_ = *std::move(head);
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
  for (const Document& document : *places) {
    auto place = decodeSinkPlace(document.value);
    if (document.key.size() != 2) continue;
    if (!place) {
      parts_.log.error("sink.place_damaged", {{"sink", document.key[1]}});
      place = SinkPlace{};  // Everything that is there comes once more.
    }
    // The store forgot the log, or it is another store: what the offset meant is gone.
    const bool same_log = place->epoch.empty() || place->epoch == head_.epoch;
    if (!same_log || place->done > head_.last_seq) place->done = 0, place->done_at = {}, place->epoch = head_.epoch;
    add(document.key[1], *std::move(place));
  }
  looking_ = true;
  look();
}

// ---- From then on

void EventSinks::changed() {
  if (looking_) look();
}

void EventSinks::look() {
  if (!looking_) return readPlaces();
  findPlugins();
  askHead();
  parts_.timers.arm(timer_, parts_.now.mono + look_interval);
}

// A new one begins at the log's end as it is known, not as it is: what happens from the time on at which the plugin was there comes to it.
void EventSinks::findPlugins() {
  const std::uint64_t generation = parts_.registry.generation();
  if (std::exchange(generation_, generation) == generation) return;
  const std::vector<std::string> names = parts_.registry.names(EventSinkKind::word);
  for (const auto& [name, sink] : sinks_)
    if (std::ranges::find(names, name) == names.end()) sink->rest();
  for (const std::string& name : names) {
    if (!sinks_.contains(name)) add(name, {.done = head_.last_seq, .epoch = head_.epoch});
    if (const PluginLease plugin = parts_.registry.lease(EventSinkKind::word, name)) sinks_.find(name)->second->serve(*plugin);
  }
  tellInterest();
}

void EventSinks::add(const std::string& name, SinkPlace place) {
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
  sinks_.emplace(name, std::make_unique<SinkDelivery>(parts, name, std::move(place)));
}

// One question at a time, however much is recorded meanwhile.
void EventSinks::askHead() {
  if (std::exchange(asking_, true)) {
    ask_again_ = true;
    return;
  }
  parts_.store.head(eventLogKey(), [this](const Result<RoomHead>& head) {
    asking_ = false;
    headRead(head);
    if (std::exchange(ask_again_, false)) askHead();
  });
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

// A page on its way: letters come a few at a time, so that no more are in memory than its bytes and these.
struct EventSinks::LettersPage {
  std::string sink;
  DocumentKey after;
  std::uint32_t wanted;  // Letters.
  std::string text = R"({"items":[)";
  Completion<std::string> done;
};

void EventSinks::deadLetters(const std::string& sink, std::uint64_t after, std::uint32_t limit, Completion<std::string> done) {
  if (!find(sink)) return done(fail(noSuchSink()));
  addLetters(std::make_unique<LettersPage>(LettersPage{.sink = sink,
                                                       .after = after == 0 ? DocumentKey{} : deadLetterKey(sink, after),
                                                       .wanted = std::clamp<std::uint32_t>(limit, 1, letters_page_max),
                                                       .done = std::move(done)}));
}

void EventSinks::addLetters(std::unique_ptr<LettersPage> page) {
  const std::uint32_t step = std::min(page->wanted, letters_step);
  DocumentKey prefix{std::string(dead_letter_collection), page->sink}, after = page->after;
  parts_.store.scan(
      std::move(prefix), std::move(after), step, [this, step, page = std::move(page)](Result<std::vector<Document>> letters) mutable {
        if (!letters) return page->done(fail(std::move(letters.error())));
        bool full = false;
        for (Document& letter : *letters) {
          if (page->text.back() != '[') page->text += ',';
          page->text += letter.value;
          page->after = std::move(letter.key);
          full = --page->wanted == 0 || page->text.size() >= letters_page_bytes;
          if (full) break;
        }
        if (!full && letters->size() == step) return addLetters(std::move(page));
        page->text += full ? fmt::format(R"(],"next_cursor":"{}"}})", deadLetterOffset(page->after)) : R"(],"next_cursor":null})";
        page->done(std::move(page->text));
      });
}

// That one, or the first letters_at_once of them.
void EventSinks::lettersOf(const std::string& sink, std::optional<std::uint64_t> offset, Completion<Letters> done) {
  if (!offset) return moreLetters(sink, {}, std::move(done));
  parts_.store.get(deadLetterKey(sink, *offset), [offset, done = std::move(done)](const Result<std::optional<Document>>& letter) mutable {
    if (!letter) return done(fail(letter.error()));
    if (!*letter) return done(fail(Code::not_found, "The sink has no dead letter of this offset."));
    done(Letters{{*offset, (*letter)->version}});
  });
}

// A page at a time, of which only the places are kept: a dead letter may be large.
void EventSinks::moreLetters(const std::string& sink, Letters letters, Completion<Letters> done) {
  DocumentKey after = letters.empty() ? DocumentKey{} : deadLetterKey(sink, letters.back().offset);
  parts_.store.scan({std::string(dead_letter_collection), sink}, std::move(after), letters_read,
                    [this, sink, letters = std::move(letters), done = std::move(done)](const Result<std::vector<Document>>& page) mutable {
                      if (!page) return done(fail(page.error()));
                      for (const Document& letter : *page) letters.push_back({deadLetterOffset(letter.key), letter.version});
                      const bool more = page->size() == letters_read && letters.size() < letters_at_once;
                      more ? moreLetters(sink, std::move(letters), std::move(done)) : done(std::move(letters));
                    });
}

void EventSinks::retry(const std::string& sink, std::optional<std::uint64_t> offset, Completion<std::size_t> done) {
  const SinkDelivery* known = find(sink);
  if (!known) return done(fail(noSuchSink()));
  if (!known->served()) return done(fail(Code::conflict, "No plugin of this sink is active."));
  lettersOf(sink, offset, [this, sink, done = std::move(done)](const Result<Letters>& letters) mutable {
    if (!letters) return done(fail(letters.error()));
    SinkDelivery* found = find(sink);
    if (!found) return done(fail(noSuchSink()));
    done(found->retry(*letters));
  });
}

void EventSinks::drop(const std::string& sink, std::optional<std::uint64_t> offset, Completion<std::size_t> done) {
  if (!find(sink)) return done(fail(noSuchSink()));
  lettersOf(sink, offset, [this, sink, done = std::move(done)](const Result<Letters>& letters) mutable {
    if (!letters) return done(fail(letters.error()));
    SinkDelivery* found = find(sink);
    if (!found) return done(fail(noSuchSink()));
    if (letters->empty()) return done(std::size_t{0});
    found->drop(*letters, std::move(done));
  });
}

void EventSinks::forget(const std::string& sink, Completion<void> done) {
  const SinkDelivery* known = find(sink);
  if (!known) return done(fail(noSuchSink()));
  if (known->served()) return done(fail(Code::conflict, "A plugin offers this sink; switch it off first."));
  parts_.store.scan({std::string(dead_letter_collection), sink}, {}, 1,
                    [this, sink, done = std::move(done)](const Result<std::vector<Document>>& letters) mutable {
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
