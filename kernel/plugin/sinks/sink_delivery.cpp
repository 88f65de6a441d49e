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

}  // namespace

SinkDelivery::SinkDelivery(const Parts& parts, std::string name, SinkPlace place, std::uint64_t dead_letters)
    : parts_(parts),
      name_(std::move(name)),
      place_(std::move(place)),
      reader_(parts.store),
      random_(parts.seed),
      read_to_(place_.done),
      read_to_at_(place_.done_at),
      timer_([this] { wake(); }) {
  figures_.dead_letters = dead_letters;
  tell();
}

void SinkDelivery::serve(const LoadedPlugin& plugin) {
  const atrium_event_sink_info& info = plugin.extension<EventSinkKind>()->info;
  const EventTypes types = eventTypesOf(info.events.data ? std::string_view(info.events.data, info.events.size) : std::string_view());
  served_ = true;
  batch_max_ = std::max(info.batch_max, 1U);
  if (types != place_.types || plugin.manifest().id != place_.plugin) {
    place_.types = types;
    place_.plugin = plugin.manifest().id;
    save();
  }
  wake();
}

void SinkDelivery::rest() {
  served_ = false;
  tell();
}

void SinkDelivery::wake() {
  if (served_ && !inside_ && !reading_ && !burying_ && !timer_.armed()) {
    if (!letters_.empty() || !pending_.empty())
      send();
    else if (!at_end_)
      readOn();
  }
  tell();
}

void SinkDelivery::show(const RoomHead& log) {
  log_end_ = log.last_seq;
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
  if (page->missing > 0) {
    figures_.lost += page->missing;
    parts_.log.error("sink.events_lost", {{"sink", name_}, {"offset", read_to_ + 1}, {"events", page->missing}});
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

// ---- To the plugin

void SinkDelivery::send() {
  PluginLease lease = parts_.registry.lease(EventSinkKind::word, name_);
  if (!lease) return rest();
  auto batch = std::make_shared<Batch>();
  batch->letters = !letters_.empty();
  std::deque<SinkEvent>& from = batch->letters ? letters_ : pending_;
  const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(batch_max_, from.size()));
  batch->events.assign(std::make_move_iterator(from.begin()), std::make_move_iterator(end));
  from.erase(from.begin(), end);
  for (SinkEvent& event : batch->events) ++event.attempts;
  inside_ = batch;
  const auto deadline = lease->deadline<EventSinkKind>();
  parts_.calls.run<SinkOutcome>(
      std::move(lease), "deliver_batch", deadline,
      [this, batch](const std::shared_ptr<WorkerCall>& call, const WorkerCalls::Answer<SinkOutcome>& answer) {
        if (batch->decided.exchange(true)) return;
        SinkOutcome outcome = deliverBatch(call->plugin(), batch->events, call->deadline());
        // However late: what was delivered is not delivered again, and never are two batches inside at once.
        parts_.shards.postAlways(parts_.shard, [this, outcome] { sent(outcome); });
        answer({ATRIUM_OK, {}});
      },
      [this, batch, deadline](const CallAnswer<SinkOutcome>& answer) {
        if (answer.status == ATRIUM_OK || inside_ != batch) return;  // sent() tells of it.
        if (!batch->decided.exchange(true)) return takeBack(batch);
        figures_.reason = fmt::format("it has been delivering for more than {} s", std::chrono::duration<double>(deadline).count());
        tell();
      });
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

void SinkDelivery::sent(const SinkOutcome& outcome) {
  const std::shared_ptr<Batch> batch = std::exchange(inside_, nullptr);
  std::vector<SinkEvent>& events = batch->events;
  const std::size_t accepted = outcome.status == ATRIUM_OK ? events.size() : outcome.accepted;
  figures_.delivered += accepted;
  if (batch->letters) return lettersSent(*batch, outcome);
  if (accepted > 0) {
    failures_ = 0;
    figures_.failing_since.reset();
    figures_.reason.clear();
  }
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

void SinkDelivery::lettersSent(const Batch& batch, const SinkOutcome& outcome) {
  const std::size_t accepted = outcome.status == ATRIUM_OK ? batch.events.size() : outcome.accepted;
  std::vector<DocumentWrite> writes;
  for (std::size_t at = 0; at < accepted; ++at)
    writes.push_back({deadLetterKey(name_, batch.events[at].offset), ATRIUM_VERSION_ANY, std::nullopt});
  if (accepted < batch.events.size()) {
    const SinkEvent& letter = batch.events[accepted];
    writes.push_back({deadLetterKey(name_, letter.offset), ATRIUM_VERSION_ANY, encodeDeadLetter(letter, outcome.why, parts_.now.wall)});
    // What it does not take now is not worth a try at once; after one that never will be taken the others are.
    if (outcome.status != ATRIUM_INVALID)
      letters_.clear();
    else
      letters_.insert(letters_.begin(), batch.events.begin() + static_cast<std::ptrdiff_t>(accepted) + 1, batch.events.end());
  }
  burying_ = true;
  parts_.store.write(std::move(writes), [this, accepted](const Result<void>& written) {
    burying_ = false;
    if (!written) return wait(store_pause);  // They stay dead letters, and may come once more.
    figures_.dead_letters -= std::min<std::uint64_t>(accepted, figures_.dead_letters);
    wake();
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
    failures_ = 0;  // The next one gets a time of its own.
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
  SinkPlace behind = place_;
  behind.done = event.offset;
  behind.done_at = event.at;
  parts_.log.warning(
      "sink.dead_letter",
      {{"sink", name_}, {"offset", event.offset}, {"event_id", std::string_view(event.event_id)}, {"reason", std::string_view(why)}});
  std::vector<DocumentWrite> writes;
  writes.push_back({deadLetterKey(name_, event.offset), ATRIUM_VERSION_ANY, encodeDeadLetter(event, why, parts_.now.wall)});
  writes.push_back({sinkKey(name_), ATRIUM_VERSION_ANY, encodeSinkPlace(behind)});
  parts_.store.write(std::move(writes), [this, event = std::move(event)](const Result<void>& written) mutable {
    burying_ = false;
    if (!written) {
      pending_.push_front(std::move(event));
      return wait(store_pause);
    }
    ++figures_.dead_letters;
    ++figures_.dead_letters_added;
    keepBound();
    if (pending_.empty())
      advance(read_to_, read_to_at_);
    else
      advance(event.offset, event.at);
    wake();
  });
}

void SinkDelivery::keepBound() {
  if (figures_.dead_letters <= parts_.options.dead_letters_max) return;
  ++shortening_;
  parts_.store.scan({std::string(dead_letter_collection), name_}, {}, 1, [this](Result<std::vector<Document>> oldest) {
    if (!oldest || oldest->empty()) {
      --shortening_;
      return;
    }
    std::vector<DocumentWrite> writes;
    writes.push_back({std::move(oldest->front().key), ATRIUM_VERSION_ANY, std::nullopt});
    parts_.store.write(std::move(writes), [this](const Result<void>& written) {
      --shortening_;
      if (!written) return;
      ++figures_.dead_letters_dropped;
      dropped(1);
    });
  });
}

// ---- Dead letters on request

std::size_t SinkDelivery::retry(std::vector<SinkEvent> letters) {
  std::size_t taken = 0;
  for (SinkEvent& letter : letters) {
    if (letters_.size() == retries_max) break;
    const auto same = [&letter](const SinkEvent& other) { return other.offset == letter.offset; };
    const bool on_its_way =
        std::ranges::any_of(letters_, same) || (inside_ && inside_->letters && std::ranges::any_of(inside_->events, same));
    if (!on_its_way) letters_.push_back(std::move(letter));
    ++taken;
  }
  wake();
  return taken;
}

void SinkDelivery::dropped(std::size_t letters) {
  figures_.dead_letters -= std::min<std::uint64_t>(letters, figures_.dead_letters);
  tell();
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
  std::vector<DocumentWrite> writes;
  writes.push_back({sinkKey(name_), ATRIUM_VERSION_ANY, encodeSinkPlace(place_)});
  parts_.store.write(std::move(writes), [this](const Result<void>& written) {
    saving_ = false;
    // What was not written is written with the next place; without one the last batch comes once more after a restart.
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
  figures_.lag = log_end_ - std::min(log_end_, place_.done);
  figures_.next_attempt.reset();
  if (timer_.armed())
    figures_.next_attempt = parts_.now.wall + std::chrono::duration_cast<std::chrono::milliseconds>(timer_.deadline() - parts_.now.mono);
  parts_.board.show(name_, figures_);
}

}  // namespace atrium
