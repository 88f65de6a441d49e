#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/timer_wheel.hpp"
#include "plugin/plugin_registry.hpp"
#include "plugin/sinks/event_reader.hpp"
#include "plugin/sinks/sink_board.hpp"
#include "plugin/sinks/sink_call.hpp"
#include "plugin/worker_calls.hpp"

namespace atrium {

// What the operator decides about event sinks.
struct SinkOptions {
  std::chrono::milliseconds retention{std::chrono::days(7)};  // The age up to which an event waits for sinks.
  std::uint64_t events_max = 1'000'000;                       // As many wait at most; the oldest give way.
  std::chrono::milliseconds retry_min{1000};
  std::chrono::milliseconds retry_max{std::chrono::minutes(5)};
  std::chrono::milliseconds give_up_after{std::chrono::days(3)};  // Then what is first becomes a dead letter.
  std::uint64_t dead_letters_max = 10'000;                        // A sink; the oldest give way.
};

// One sink and its way through the event log: read a page, hand the plugin a batch, note how far it came, again. One batch at a time, in
// order of offset; what is not done comes again after a while that doubles with each failure, and so nothing overtakes it. What never will
// be done, or has not been for too long, becomes a dead letter, kept in one write with the place behind it. The place is written behind the
// deliveries: after a crash the last batches come once more. On one shard's thread.
class SinkDelivery {
 public:
  static constexpr std::size_t retries_max = 1000;        // Dead letters that may wait to be tried again.
  static constexpr std::size_t batch_bytes = 512 * 1024;  // Of events' data, at which a batch ends.

  // All of it outlives the sink.
  struct Parts {
    Store& store;
    Shards& shards;
    unsigned shard;
    PluginRegistry& registry;
    WorkerCalls& calls;
    TimerWheel& timers;
    const Now& now;
    Log& log;
    SinkBoard& board;
    const SinkOptions& options;
    std::uint64_t seed;  // For the jitter of retries.
  };
  SinkDelivery(const Parts& parts, std::string name, SinkPlace place);

  // A plugin of this name is active, or another than before.
  void serve(const LoadedPlugin& plugin);
  // None is.
  void rest();
  // There may be something new in the log.
  void wake();
  // Where the log stands; how much lies behind `place` follows from it.
  void show(const RoomHead& log);
  // One of its dead letters, as it was read. A value.
  struct Letter {
    std::uint64_t offset = 0;
    std::uint64_t version = 0;  // Of its document.
  };
  // Tries those dead letters again, before what is new and as far as retries_max allows; returns how many. One that fails stays what it is.
  std::size_t retry(const std::vector<Letter>& letters);
  // Removes those dead letters, also from what waits to be tried again; completes with how many. Conflict when one changed meanwhile.
  void drop(const std::vector<Letter>& letters, Completion<std::size_t> done);
  // Writes its place anew.
  void keep() { save(); }

  [[nodiscard]] bool served() const { return served_; }
  // Whether no answer of the store or the plugin is on its way to it, so that it may be destroyed.
  [[nodiscard]] bool still() const { return !inside_ && !reading_ && !burying_ && !saving_ && shortening_ == 0; }
  [[nodiscard]] const SinkPlace& place() const { return place_; }

 private:
  struct Batch {
    std::vector<SinkEvent> events;
    bool letters = false;  // Dead letters that are tried again.
    // Whoever is first decides: the worker that it is inside, or the shard that it never will be.
    std::atomic<bool> decided{false};
    std::atomic<const LoadedPlugin*> plugin{nullptr};  // That it is inside of. To be compared alone.
    bool late = false;                                 // The shard's: its deadline is over.
    std::set<std::uint64_t> gone;                      // The shard's: letters that were dropped meanwhile.
  };
  using Alive = std::weak_ptr<const bool>;

  void readOn();
  void take(Result<EventPage> page);
  void readLetters();
  void send();
  [[nodiscard]] std::shared_ptr<Batch> takeBatch();
  void answered(const std::shared_ptr<Batch>& batch, std::chrono::nanoseconds deadline);
  void takeBack(const std::shared_ptr<Batch>& batch);
  void abandon();
  void sent(const std::shared_ptr<Batch>& batch, const SinkOutcome& outcome);
  void lettersSent(const Batch& batch, const SinkOutcome& outcome);
  void frontChanged();
  void failed(std::string why);
  void bury(SinkEvent event, const std::string& why);
  void changeLetters(std::vector<DocumentWrite> writes, std::int64_t more, std::move_only_function<void(const Result<void>&)> done);
  void keepBound();
  void advance(std::uint64_t offset, Wall at);
  void save();
  void wait(std::chrono::milliseconds time);
  void tell();
  [[nodiscard]] std::chrono::milliseconds backOff();

  Parts parts_;
  const std::string name_;
  SinkPlace place_;
  EventReader reader_;
  Random random_;
  SinkFigures figures_;

  bool served_ = false;
  const LoadedPlugin* plugin_ = nullptr;  // That served last; to be compared alone.
  std::uint32_t batch_max_ = 1;
  std::uint64_t read_to_;
  Wall read_to_at_;
  std::uint64_t log_end_ = 0;
  bool log_empty_ = false;  // When it was looked at last.
  bool at_end_ = false;
  bool reading_ = false;
  bool burying_ = false;
  std::uint32_t shortening_ = 0;  // Dead letters that are being dropped.
  bool saving_ = false, save_again_ = false;
  bool unsaved_ = false;             // The place could not be written.
  std::deque<SinkEvent> pending_;    // Read and not delivered: one page at most.
  std::set<std::uint64_t> retries_;  // Offsets of dead letters that are to be tried again.
  std::deque<SinkEvent> letters_;    // The first of them, read: one page at most.
  std::shared_ptr<Batch> inside_;    // With the plugin; null: nothing.
  std::uint32_t failures_ = 0;       // One after the other.
  Mono failing_since_{};
  Timer timer_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // For what comes back from workers.
};

}  // namespace atrium
