#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/circuit_breaker.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "engine/ports.hpp"
#include "plugin/store_calls.hpp"

// One store under all shards. A store that may block has one thread for everything that writes and a few for what reads; shards hand
// work over and get their answers as posts. The writer takes all that waits and merges neighbouring appends into one call, so that the
// price of a sync is shared: group commit. Nothing of a shard overtakes what it handed over before: the queue is first in, first out.
// A store that never blocks is called inline on the shard's own thread instead.
//
// A circuit breaker stands before everything that writes. What it refuses was never begun; what was begun is answered however late.
//
// The plugin behind a store that has threads can be exchanged while the shards go on (store_exchange.cpp): its file or its database is its
// own, so the old one ends before the new one begins, and whatever is handed over meanwhile waits.
namespace atrium {

class StoreHost {
 public:
  struct Options {
    std::size_t queue_items = 16384;                  // Messages and writes that may wait; more are refused at once.
    std::size_t queue_reads = 4096;                   // Reads that may wait.
    std::chrono::nanoseconds deadline = 250ms;        // A call that takes longer has failed, though its answer stands.
    unsigned readers = 2;                             // Threads.
    std::chrono::milliseconds idle_interval = 500ms;  // Between chances to maintain while nothing waits.
    std::uint64_t seed = 0;                           // For the breaker's jitter.
  };
  // Starts the threads. All of it outlives the host; `metrics` is the host's own set.
  StoreHost(LoadedPlugin& plugin, Shards& shards, const Clock& clock, Log& log, MetricSet& metrics, const Options& options);
  ~StoreHost();  // Stops.
  StoreHost(const StoreHost&) = delete;
  StoreHost& operator=(const StoreHost&) = delete;

  // ---- The exchange of the plugin. Control thread, one step after the other, before stop().

  // From now on what is handed over waits, within the bounds it always has. When this returns nobody is inside the store, which holds a
  // mark by which it is known again, and the plugin may end. Fails with one clause when a call does not come back within `patience` or the
  // mark could not be written; then all goes on as before.
  [[nodiscard]] Result<void> park(std::chrono::milliseconds patience);
  // Goes on with `plugin`, which outlives the host or the next park(). Fails with one clause, and is still parked, when its store does not
  // hold the mark, so that what is waiting would end in another store than it began in, or promises less than the one before.
  [[nodiscard]] Result<void> resume(LoadedPlugin& plugin);
  // There is no plugin to go on with: the store has failed for good.
  void giveUp();

  // The store as that shard sees it. Before the shards' threads start; the host outlives it.
  [[nodiscard]] std::unique_ptr<Store> makeStore(unsigned shard);

  // Whether writes are being taken: storage_unavailable with the reason when the store failed for good, its breaker is not closed or a
  // call has been running past its deadline; maintenance may, while nothing waits for it. Any thread.
  [[nodiscard]] Result<void> health() const;
  // Of the breaker before everything that writes: closed, open or half_open. Any thread.
  [[nodiscard]] std::string_view breakerState() const;

  // Does everything that was handed over, then ends the threads. What comes later is refused with shutting_down. Any thread but the
  // host's own; no shard waits for it.
  void stop();

 private:
  class QueuedStore;
  class InlineStore;
  struct AppendJob {
    std::unique_ptr<AppendBatch> batch;
    AppendDone done;
  };
  struct WriteJob {
    std::vector<DocumentWrite> writes;
    Completion<void> done;
  };
  struct TrimJob {
    RoomKey room;
    std::uint64_t keep_last;
    Wall sent_before;
    std::uint64_t dropped;
    Completion<std::uint64_t> done;
  };
  struct Job {
    unsigned shard;
    std::variant<AppendJob, WriteJob, TrimJob> work;
    std::optional<CircuitBreaker::Call> probe;  // Set when it was let through to find out whether the store works again.
  };
  using Read = std::move_only_function<void(StoreCalls*)>;  // Null: there is no store any more.

  // What keeps a new write out; nothing: it may come in, and `call` is set when it was begun as a probe. Under the lock.
  std::optional<Error> refusal(std::size_t items, std::optional<CircuitBreaker::Call>& call);
  void submit(Job job);
  [[nodiscard]] std::optional<Error> submitRead(Read read);
  void refuse(Job job, const Error& why) const;

  // Leave to call the store now, and how the call went; for writes on any thread.
  std::optional<CircuitBreaker::Call> begin();
  void end(const CircuitBreaker::Call& call, StoreVerdict verdict);
  void noteRead(StoreVerdict verdict);
  void failForGood();

  void runWriter();
  void runReader(std::size_t reader);
  void standAside(std::unique_lock<std::mutex>& lock, bool writes);
  template <typename Call>
  auto byWriter(Call call);
  void open(LoadedPlugin& plugin);
  void letGo();
  void runJobs(std::vector<Job>& jobs);
  std::size_t runAppends(std::vector<Job>& jobs, std::size_t first);
  void run(Job& job, WriteJob& work);
  void run(Job& job, TrimJob& work);
  void maintain(Mono idle_since);
  template <typename Call>
  auto inside(Call&& call);
  void postBack(std::vector<Job>& jobs, std::size_t first, std::size_t end);
  [[nodiscard]] std::optional<CircuitBreaker::Call> beginFor(const Job& job);
  [[nodiscard]] Error unavailable();

  std::string plugin_id_;
  Shards& shards_;
  const Clock& clock_;
  Log& log_;
  MetricSet& metrics_;  // Written under the lock only.
  const Options options_;
  const atrium_storage_info promised_;  // Its name is not to be read.
  // The writer's, then one for each reader; of an inline store none. Replaced while all threads stand aside.
  std::unique_ptr<StoreCalls> writer_calls_;
  std::vector<std::unique_ptr<StoreCalls>> reader_calls_;
  LoadedPlugin* const inline_plugin_;  // Null: it is called on threads of its own.

  mutable std::mutex mutex_;
  std::condition_variable writer_wakes_, reader_wakes_;
  std::condition_variable parking_;         // Somebody stands aside.
  std::optional<Mono> parked_since_;        // Set: threads stand aside.
  std::size_t aside_ = 0;                   // How many do.
  std::move_only_function<void()> errand_;  // What the writer does meanwhile.
  DocumentKey mark_;                        // The control thread's.
  std::vector<Job> waiting_;
  std::deque<Read> reads_;
  std::size_t items_ = 0;  // Of jobs handed over and not yet answered.
  bool writer_idle_ = false;
  bool maintaining_ = false;
  bool stopping_ = false;
  CircuitBreaker breaker_;
  std::atomic<bool> failed_{false};              // For good.
  std::atomic<std::int64_t> call_began_ns_{-1};  // The writer's present call, in nanoseconds of Mono; -1: none.

  std::vector<AppendBatch*> merged_;                   // The writer's own, reused.
  std::vector<std::vector<AppendJob>> done_by_shard_;  // The writer's own.
  std::thread writer_;
  std::vector<std::thread> readers_;
};

}  // namespace atrium
