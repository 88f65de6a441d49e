#include "plugin/sinks/sink_delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::chrono::milliseconds store_pause{1000};   // Before the store is asked again.
constexpr std::chrono::milliseconds workers_pause{200};  // Before a worker is asked for again.
constexpr std::uint32_t letters_page = 20;               // Dead letters read, or dropped because there are too many, at once.

std::uint32_t batchMaxOf(const LoadedPlugin& plugin) { return std::max(plugin.extension<EventSinkKind>()->info.batch_max, 1U); }

}  // namespace

SinkDelivery::SinkDelivery(const Parts& parts, std::string name, SinkPlace place)
    : parts_(parts),
      name_(std::move(name)),
      place_(std::move(place)),
      reader_(parts.store),
      random_(parts.seed),
      read_to_(place_.done),
      read_to_at_(place_.done_at),
      timer_([this] { wake(); }) {
  tell();
}

void SinkDelivery::serve(const LoadedPlugin& plugin) {
  const atrium_event_sink_info& info = plugin.extension<EventSinkKind>()->info;
  std::string unknown;
  const EventTypes types =
      eventTypesOf(info.events.data ? std::string_view(info.events.data, info.events.size) : std::string_view(), &unknown);
  if (!unknown.empty() && plugin_ != &plugin)
    parts_.log.warning("sink.unknown_events", {{"sink", name_}, {"plugin", plugin.manifest().id}, {"events", std::string_view(unknown)}});
  if (!std::exchange(served_, true)) frontChanged();
  plugin_ = &plugin;
  batch_max_ = batchMaxOf(plugin);
  if (inside_ && inside_->late && inside_->plugin != plugin_) abandon();
  if (types != place_.types || plugin.manifest().id != place_.plugin) {
    place_.types = types;
    place_.plugin = plugin.manifest().id;
    std::erase_if(pending_, [types](const SinkEvent& event) {
      const auto type = eventTypeOf(event.type);
      return !type || (types & bit(*type)) == 0;
    });
    save();
  }
  wake();
}

void SinkDelivery::rest() {
  served_ = false;
  tell();
}

void SinkDelivery::wake() {
  if (unsaved_ && !saving_) save();
  if (served_ && !inside_ && !reading_ && !burying_ && !timer_.armed()) {
    if (letters_.empty() && !retries_.empty())
      readLetters();
    else if (!letters_.empty() || !pending_.empty())
      send();
    else if (!at_end_)
      readOn();
  }
  tell();
}

void SinkDelivery::show(const RoomHead& log) {
  log_end_ = log.last_seq;
  log_empty_ = log.first_seq > log.last_seq;
  place_.epoch = log.epoch;
  if (log_end_ > read_to_) at_end_ = false;
  wake();
}

// ---- From the log

void SinkDelivery::readOn() {
  reading_ = true;
  reader_.read(read_to_, place_.types, [this](Result<EventPage> page) { take(std::move(page)); });
}

void SinkDelivery::take(Result<EventPage> page) {
  reading_ = false;
  if (!page) {
    parts_.log.warning("sink.waits", {{"sink", name_}, {"detail", std::string_view(page.error().detail)}});
    return wait(store_pause);
  }
  // Of a log that was dropped as a whole no record tells how far it went.
  if (page->read_to_at == Wall{} && page->end && log_empty_ && log_end_ > read_to_) {
    page->missing = log_end_ - read_to_;
    page->read_to = log_end_;
  }
  if (page->missing > 0) {
    figures_.lost += page->missing;
    parts_.log.error("sink.events_lost", {{"sink", name_}, {"offset", read_to_ + 1}, {"events", page->missing}});
  }
  if (page->trimmed > 0) {
    figures_.lost += page->trimmed;
    parts_.log.error(
        "sink.events_lost",
        {{"sink", name_}, {"offset", read_to_ + 1}, {"events", page->trimmed}, {"detail", "their rooms no longer keep these messages"}});
  }
  read_to_ = page->read_to;
  if (page->read_to_at != Wall{}) read_to_at_ = page->read_to_at;
  log_end_ = std::max(log_end_, read_to_);
  at_end_ = page->end;
  pending_.assign(std::make_move_iterator(page->events.begin()), std::make_move_iterator(page->events.end()));
  if (pending_.empty()) advance(read_to_, read_to_at_);
  // In the next turn, so that a store that answers at once cannot nest page in page.
  if (pending_.empty() && !at_end_) return wait(std::chrono::milliseconds{0});
  wake();
}

// The dead letters that are to be tried again: the first of them and its neighbours.
void SinkDelivery::readLetters() {
  reading_ = true;
  parts_.store.scan({std::string(dead_letter_collection), name_}, deadLetterKey(name_, *retries_.begin() - 1), letters_page,
                    [this](Result<std::vector<Document>> found) {
                      reading_ = false;
                      if (!found) return wait(store_pause);
                      for (const Document& document : *found) {
                        const std::uint64_t offset = deadLetterOffset(document.key);
                        const bool wanted = retries_.contains(offset);
                        retries_.erase(retries_.begin(), retries_.upper_bound(offset));  // Those before it are not there any more.
                        if (auto letter = wanted ? decodeDeadLetter(document.value) : std::nullopt) letters_.push_back(*std::move(letter));
                      }
                      if (found->empty()) retries_.clear();
                      wake();
                    });
}

// ---- To the plugin

std::shared_ptr<SinkDelivery::Batch> SinkDelivery::takeBatch() {
  auto batch = std::make_shared<Batch>();
  batch->letters = !letters_.empty();
  std::deque<SinkEvent>& from = batch->letters ? letters_ : pending_;
  std::size_t bytes = 0;
  while (!from.empty() && batch->events.size() < batch_max_) {
    bytes += from.front().data.size();
    if (bytes > batch_bytes && !batch->events.empty()) break;
    batch->events.push_back(std::move(from.front()));
    from.pop_front();
  }
  for (SinkEvent& event : batch->events) ++event.attempts;
  return batch;
}

void SinkDelivery::send() {
  PluginLease lease = parts_.registry.lease(EventSinkKind::word, name_);
  if (!lease) return rest();
  auto batch = takeBatch();
  inside_ = batch;
  const auto deadline = lease->deadline<EventSinkKind>();
  const Alive alive = alive_;
  parts_.calls.run<SinkOutcome>(
      std::move(lease), "deliver_batch", deadline,
      [this, alive, batch, &shards = parts_.shards, home = parts_.shard](const std::shared_ptr<WorkerCall>& call,
                                                                         const WorkerCalls::Answer<SinkOutcome>& answer) {
        // The one that took over while it was held may take fewer.
        if (batch->events.size() > batchMaxOf(call->plugin())) return answer({ATRIUM_FULL, {}});
        if (batch->decided.exchange(true)) return;
        batch->plugin = &call->plugin();
        SinkOutcome outcome = deliverBatch(call->plugin(), batch->events, call->deadline());
        // However late: what was delivered is not delivered again, and never are two batches inside at once.
        shards.postAlways(home, [this, alive, batch, outcome] {
          if (!alive.expired()) sent(batch, outcome);
        });
        answer({ATRIUM_OK, {}});
      },
      [this, alive, batch, deadline](const CallAnswer<SinkOutcome>& answer) {
        if (alive.expired() || answer.status == ATRIUM_OK || inside_ != batch) return;  // sent() tells of it.
        answered(batch, deadline);
      });
  tell();
}

// There was no outcome in time.
void SinkDelivery::answered(const std::shared_ptr<Batch>& batch, std::chrono::nanoseconds deadline) {
  if (!batch->decided.exchange(true)) return takeBack(batch);
  batch->late = true;
  figures_.reason = fmt::format("it has been delivering for more than {} s", std::chrono::duration<double>(deadline).count());
  if (served_ && batch->plugin != plugin_) {
    abandon();
    return wake();
  }
  tell();
}

// No worker, or no plugin, was free for it.
void SinkDelivery::takeBack(const std::shared_ptr<Batch>& batch) {
  for (SinkEvent& event : batch->events) --event.attempts;
  std::deque<SinkEvent>& back = batch->letters ? letters_ : pending_;
  back.insert(back.begin(), std::make_move_iterator(batch->events.begin()), std::make_move_iterator(batch->events.end()));
  inside_ = nullptr;
  wait(workers_pause);
}

// It is inside a plugin that is the sink no more and may never come back; who is the sink now gets it, too. Copied: it is read in there.
void SinkDelivery::abandon() {
  std::deque<SinkEvent>& back = inside_->letters ? letters_ : pending_;
  back.insert(back.begin(), inside_->events.begin(), inside_->events.end());
  inside_ = nullptr;
}

void SinkDelivery::sent(const std::shared_ptr<Batch>& batch, const SinkOutcome& outcome) {
  if (inside_ != batch) return;  // It was abandoned.
  inside_ = nullptr;
  std::vector<SinkEvent>& events = batch->events;
  const std::size_t accepted = outcome.status == ATRIUM_OK ? events.size() : outcome.accepted;
  figures_.delivered += accepted;
  if (batch->letters) return lettersSent(*batch, outcome);
  if (accepted > 0) frontChanged();
  const std::uint64_t done = accepted > 0 ? events[accepted - 1].offset : place_.done;
  const Wall done_at = accepted > 0 ? events[accepted - 1].at : place_.done_at;
  pending_.insert(pending_.begin(), std::make_move_iterator(events.begin() + static_cast<std::ptrdiff_t>(accepted)),
                  std::make_move_iterator(events.end()));
  if (pending_.empty())
    advance(read_to_, read_to_at_);
  else
    advance(done, done_at);
  if (outcome.status == ATRIUM_INVALID && accepted < events.size()) {
    SinkEvent front = std::move(pending_.front());
    pending_.pop_front();
    return bury(std::move(front), outcome.why);
  }
  if (outcome.status != ATRIUM_OK && !pending_.empty())
    return failed(outcome.why.empty() ? fmt::format("it answered {}", outcome.status) : outcome.why);
  wake();
}

// Another event is the first one, and has a time of its own.
void SinkDelivery::frontChanged() {
  failures_ = 0;
  figures_.failing_since.reset();
  figures_.reason.clear();
}

void SinkDelivery::lettersSent(const Batch& batch, const SinkOutcome& outcome) {
  const std::size_t accepted = outcome.status == ATRIUM_OK ? batch.events.size() : outcome.accepted;
  std::vector<DocumentWrite> writes;
  for (std::size_t at = 0; at < accepted; ++at)
    if (!batch.gone.contains(batch.events[at].offset))
      writes.push_back({deadLetterKey(name_, batch.events[at].offset), ATRIUM_VERSION_ANY, std::nullopt});
  const std::uint64_t removed = writes.size();
  if (accepted < batch.events.size()) {
    const SinkEvent& letter = batch.events[accepted];
    if (!batch.gone.contains(letter.offset))
      writes.push_back({deadLetterKey(name_, letter.offset), ATRIUM_VERSION_ANY, encodeDeadLetter(letter, outcome.why, parts_.now.wall)});
    // What it does not take now is not worth a try at once; after one that never will be taken the others are.
    if (outcome.status != ATRIUM_INVALID)
      letters_.clear(), retries_.clear();
    else
      for (std::size_t at = batch.events.size() - 1; at > accepted; --at)
        if (!batch.gone.contains(batch.events[at].offset)) letters_.push_front(batch.events[at]);
  }
  burying_ = true;
  changeLetters(std::move(writes), -static_cast<std::int64_t>(removed), [this](const Result<void>& written) {
    burying_ = false;
    if (!written) return wait(store_pause);  // They stay dead letters, and may come once more.
    wake();
  });
}

// Writes them with the place, which knows how many there are.
void SinkDelivery::changeLetters(std::vector<DocumentWrite> writes, std::int64_t more,
                                 std::move_only_function<void(const Result<void>&)> done) {
  more = std::max(more, -static_cast<std::int64_t>(place_.dead_letters));
  place_.dead_letters += static_cast<std::uint64_t>(more);
  writes.push_back({sinkKey(name_), ATRIUM_VERSION_ANY, encodeSinkPlace(place_)});
  parts_.store.write(std::move(writes), [this, more, done = std::move(done)](const Result<void>& written) mutable {
    if (!written) {
      place_.dead_letters -= static_cast<std::uint64_t>(more);
      unsaved_ = true;
    }
    done(written);
  });
}

void SinkDelivery::failed(std::string why) {
  ++figures_.failures;
  if (failures_++ == 0) {
    failing_since_ = parts_.now.mono;
    figures_.failing_since = parts_.now.wall;
    parts_.log.warning("sink.fails", {{"sink", name_}, {"offset", pending_.front().offset}, {"reason", std::string_view(why)}});
  }
  if (parts_.now.mono - failing_since_ >= parts_.options.give_up_after) {
    SinkEvent front = std::move(pending_.front());
    pending_.pop_front();
    return bury(std::move(front), "given up: " + why);
  }
  figures_.reason = std::move(why);
  wait(backOff());
}

// Doubled with each failure, and of that a random half to the whole, so that servers which failed together do not come back together.
std::chrono::milliseconds SinkDelivery::backOff() {
  const auto doublings = std::min<std::uint32_t>(failures_ - 1, 30);
  const std::int64_t whole = std::min<std::int64_t>(parts_.options.retry_min.count() << doublings, parts_.options.retry_max.count());
  return std::chrono::milliseconds(whole / 2 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(whole / 2 + 1))));
}

void SinkDelivery::bury(SinkEvent event, const std::string& why) {
  burying_ = true;
  parts_.log.warning(
      "sink.dead_letter",
      {{"sink", name_}, {"offset", event.offset}, {"event_id", std::string_view(event.event_id)}, {"reason", std::string_view(why)}});
  std::vector<DocumentWrite> writes;
  writes.push_back({deadLetterKey(name_, event.offset), ATRIUM_VERSION_ANY, encodeDeadLetter(event, why, parts_.now.wall)});
  const SinkPlace before = place_;
  place_.done = event.offset;
  place_.done_at = event.at;
  changeLetters(std::move(writes), 1, [this, before, event = std::move(event)](const Result<void>& written) mutable {
    burying_ = false;
    if (!written) {
      place_.done = before.done;
      place_.done_at = before.done_at;
      pending_.push_front(std::move(event));
      return wait(store_pause);
    }
    ++figures_.dead_letters_added;
    frontChanged();
    keepBound();
    if (pending_.empty()) advance(read_to_, read_to_at_);
    wake();
  });
}

void SinkDelivery::keepBound() {
  if (place_.dead_letters <= parts_.options.dead_letters_max || shortening_ > 0) return;
  const std::uint64_t excess = place_.dead_letters - parts_.options.dead_letters_max;
  ++shortening_;
  parts_.store.scan({std::string(dead_letter_collection), name_}, {},
                    static_cast<std::uint32_t>(std::min<std::uint64_t>(excess, letters_page)),
                    [this](const Result<std::vector<Document>>& oldest) {
                      --shortening_;
                      if (!oldest || oldest->empty()) return;
                      std::vector<Letter> letters;
                      for (const Document& letter : *oldest) letters.push_back({deadLetterOffset(letter.key), letter.version});
                      drop(letters, [this](const Result<std::size_t>& dropped) {
                        if (!dropped) return;  // The next dead letter tries again.
                        figures_.dead_letters_dropped += *dropped;
                        keepBound();
                      });
                    });
}

// ---- Dead letters on request

std::size_t SinkDelivery::retry(const std::vector<Letter>& letters) {
  std::size_t taken = 0;
  for (const Letter& letter : letters) {
    if (retries_.size() + letters_.size() >= retries_max) break;
    const auto same = [&letter](const SinkEvent& other) { return other.offset == letter.offset; };
    const bool on_its_way =
        std::ranges::any_of(letters_, same) || (inside_ && inside_->letters && std::ranges::any_of(inside_->events, same));
    if (!on_its_way) retries_.insert(letter.offset);
    ++taken;
  }
  wake();
  return taken;
}

void SinkDelivery::drop(const std::vector<Letter>& letters, Completion<std::size_t> done) {
  std::vector<DocumentWrite> writes;
  for (const Letter& letter : letters) {
    writes.push_back({deadLetterKey(name_, letter.offset), letter.version, std::nullopt});
    retries_.erase(letter.offset);
    std::erase_if(letters_, [&letter](const SinkEvent& other) { return other.offset == letter.offset; });
    if (inside_ && inside_->letters) inside_->gone.insert(letter.offset);
  }
  ++shortening_;
  changeLetters(std::move(writes), -static_cast<std::int64_t>(letters.size()),
                [this, count = letters.size(), done = std::move(done)](const Result<void>& written) mutable {
                  --shortening_;
                  tell();
                  if (!written && written.error().code == Code::conflict)
                    return done(fail(Code::conflict, "Some of these dead letters changed meanwhile; ask again."));
                  if (!written) return done(fail(written.error()));
                  done(count);
                });
}

// ---- Its place

void SinkDelivery::advance(std::uint64_t offset, Wall at) {
  if (offset <= place_.done) return;
  place_.done = offset;
  place_.done_at = at;
  save();
}

void SinkDelivery::save() {
  if (std::exchange(saving_, true)) {
    save_again_ = true;
    return;
  }
  unsaved_ = false;
  std::vector<DocumentWrite> writes;
  writes.push_back({sinkKey(name_), ATRIUM_VERSION_ANY, encodeSinkPlace(place_)});
  parts_.store.write(std::move(writes), [this](const Result<void>& written) {
    saving_ = false;
    unsaved_ = unsaved_ || !written;  // Written when it is woken next; until then the last batch would come once more after a restart.
    if (std::exchange(save_again_, false) && written) save();
  });
}

void SinkDelivery::wait(std::chrono::milliseconds time) {
  parts_.timers.arm(timer_, parts_.now.mono + time);
  tell();
}

void SinkDelivery::tell() {
  figures_.plugin = place_.plugin;
  figures_.events = wordsOf(place_.types);
  figures_.state = !served_ ? "absent" : timer_.armed() ? "waiting" : inside_ ? "delivering" : "idle";
  figures_.done = place_.done;
  figures_.dead_letters = place_.dead_letters;
  figures_.lag = log_end_ - std::min(log_end_, place_.done);
  figures_.next_attempt.reset();
  if (timer_.armed())
    figures_.next_attempt = parts_.now.wall + std::chrono::duration_cast<std::chrono::milliseconds>(timer_.deadline() - parts_.now.mono);
  parts_.board.show(name_, figures_);
}

}  // namespace atrium
