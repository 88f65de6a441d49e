#include "plugin/store_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "plugin/tombstone.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

constexpr std::size_t merge_bytes_max = 1024 * 1024;

std::uint32_t toMs(std::chrono::nanoseconds duration) {
  return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

std::size_t bytesOf(const AppendBatch& batch) {
  std::size_t bytes = 0;
  for (const AppendItem& item : batch.items) bytes += item.body->payload().size();
  return bytes;
}

std::string_view word(BreakerState state) {
  switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: return "half_open";
  }
  return {};
}

}  // namespace

StoreHost::StoreHost(LoadedPlugin& plugin, Shards& shards, const Clock& clock, Log& log, MetricSet& metrics, const Options& options)
    : plugin_id_(plugin.manifest().id),
      shards_(shards),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      options_(options),
      promised_(plugin.storage()->info),
      inline_plugin_((promised_.flags & ATRIUM_STORE_INLINE) != 0 ? &plugin : nullptr),
      breaker_(BreakerRules{.deadline = options.deadline}, Random(options.seed),
               [this](const CircuitBreaker::Change& change) {
                 metrics_.add(Metric::breaker_transitions);
                 metrics_.set(Metric::breaker_open, change.to == BreakerState::closed ? 0 : 1);
                 log_.write(
                     change.to == BreakerState::open ? LogLevel::error : LogLevel::info, "breaker.changed",
                     {{"dependency", "storage"}, {"from", word(change.from)}, {"to", word(change.to)}, {"open_ms", toMs(change.open_for)}});
               }),
      done_by_shard_(shards.count()) {
  if (inline_plugin_) return;
  open(plugin);
  writer_ = std::thread([this] { runWriter(); });
  for (std::size_t reader = 0; reader < reader_calls_.size(); ++reader) readers_.emplace_back([this, reader] { runReader(reader); });
}

StoreHost::~StoreHost() { stop(); }

void StoreHost::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  writer_wakes_.notify_all();
  reader_wakes_.notify_all();
  if (writer_.joinable()) writer_.join();
  for (std::thread& reader : readers_)
    if (reader.joinable()) reader.join();
}

Result<void> StoreHost::health() const {
  if (failed_.load(std::memory_order_relaxed))
    return fail(Code::storage_unavailable, "the storage failed and can no longer keep its promises");
  const std::scoped_lock lock(mutex_);
  const std::int64_t began = call_began_ns_.load(std::memory_order_relaxed);
  const Mono time = clock_.now().mono;
  const std::int64_t now = time.time_since_epoch().count();
  if (parked_since_ && time - *parked_since_ > options_.deadline)
    return fail(Code::storage_unavailable, "the plugin of the storage is being exchanged");
  const bool awaited = !maintaining_ || !waiting_.empty();
  if (began >= 0 && awaited && now - began > options_.deadline.count())
    return fail(Code::storage_unavailable, fmt::format("a call to the storage has been running for {} ms", (now - began) / 1'000'000));
  if (breaker_.state() != BreakerState::closed)
    return fail(Code::storage_unavailable, fmt::format("the circuit breaker of the storage is {}", word(breaker_.state())));
  return {};
}

std::string_view StoreHost::breakerState() const {
  const std::scoped_lock lock(mutex_);
  return word(breaker_.state());
}

// ---- Handing over, on the shards' threads

std::optional<Error> StoreHost::refusal(std::size_t items, std::optional<CircuitBreaker::Call>& call) {
  if (stopping_) return Error{Code::shutting_down, {}, 0, {}};
  if (failed_.load(std::memory_order_relaxed)) return storageError(ATRIUM_FATAL);
  if (items_ + items > options_.queue_items) return storageError(ATRIUM_FULL);
  if (breaker_.state() == BreakerState::closed) return std::nullopt;
  call = breaker_.begin(clock_.now().mono);
  if (call) return std::nullopt;
  return unavailable();
}

Error StoreHost::unavailable() {
  Error error = storageError(ATRIUM_FAILED);
  error.retry_after_ms = std::max(1u, toMs(breaker_.retryAfter(clock_.now().mono)));
  return error;
}

void StoreHost::submit(Job job) {
  const std::size_t items = std::visit(
      [](const auto& work) -> std::size_t {
        if constexpr (requires { work.batch; })
          return work.batch->items.size();
        else if constexpr (requires { work.writes; })
          return work.writes.size();
        else
          return 1;
      },
      job.work);
  std::optional<Error> refused;
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    refused = refusal(items, job.probe);
    if (refused) {
      metrics_.add(Metric::store_refused, static_cast<std::int64_t>(items));
    } else {
      items_ += items;
      metrics_.set(Metric::store_queue_items, static_cast<std::int64_t>(items_));
      waiting_.push_back(std::move(job));
      wake = std::exchange(writer_idle_, false);
    }
  }
  if (refused) return refuse(std::move(job), *refused);
  if (wake) writer_wakes_.notify_one();
}

// Completes at once, on the calling thread.
void StoreHost::refuse(Job job, const Error& why) const {
  if (auto* append = std::get_if<AppendJob>(&job.work)) {
    const atrium_status status = failed_.load(std::memory_order_relaxed) ? ATRIUM_FATAL
                                 : why.code == Code::overloaded          ? ATRIUM_FULL
                                                                         : ATRIUM_FAILED;
    for (AppendItem& item : append->batch->items) {
      item.result = {};
      item.result.struct_size = sizeof item.result;
      item.result.status = status;
    }
    append->done(std::move(append->batch));
  } else if (auto* write = std::get_if<WriteJob>(&job.work)) {
    write->done(fail(why));
  } else {
    std::get<TrimJob>(job.work).done(fail(why));
  }
}

std::optional<Error> StoreHost::submitRead(Read read) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return Error{Code::shutting_down, {}, 0, {}};
    if (failed_.load(std::memory_order_relaxed)) return storageError(ATRIUM_FATAL);
    if (reads_.size() >= options_.queue_reads) {
      metrics_.add(Metric::store_refused);
      return storageError(ATRIUM_FULL);
    }
    reads_.push_back(std::move(read));
  }
  reader_wakes_.notify_one();
  return std::nullopt;
}

// ---- How calls went

std::optional<CircuitBreaker::Call> StoreHost::begin() {
  const Mono now = clock_.now().mono;
  const std::scoped_lock lock(mutex_);
  if (failed_.load(std::memory_order_relaxed)) return std::nullopt;
  return breaker_.begin(now);
}

void StoreHost::end(const CircuitBreaker::Call& call, StoreVerdict verdict) {
  const Mono now = clock_.now().mono;
  const std::scoped_lock lock(mutex_);
  if (verdict != StoreVerdict::fine) metrics_.add(Metric::store_failures);
  if (verdict == StoreVerdict::fatal) failForGood();
  breaker_.end(call, verdict == StoreVerdict::fine, now);
}

void StoreHost::noteRead(StoreVerdict verdict) {
  if (verdict == StoreVerdict::fine) return;
  const std::scoped_lock lock(mutex_);
  metrics_.add(Metric::store_failures);
  if (verdict == StoreVerdict::fatal) failForGood();
}

void StoreHost::failForGood() {
  if (failed_.exchange(true, std::memory_order_relaxed)) return;
  log_.error("storage.failed", {{"plugin", plugin_id_}, {"consequence", "nothing is acknowledged any more; restart the server"}});
}

// ---- The writer's thread

// Runs one call; meanwhile health() sees for how long it has been inside.
template <typename Call>
auto StoreHost::inside(Call&& call) {
  call_began_ns_.store(clock_.now().mono.time_since_epoch().count(), std::memory_order_relaxed);
  auto answer = call();
  call_began_ns_.store(-1, std::memory_order_relaxed);
  return answer;
}

void StoreHost::runWriter() {
  Tombstone::watchThread();
  std::vector<Job> taken;
  std::unique_lock lock(mutex_);
  Mono idle_since = clock_.now().mono;
  for (;;) {
    if (parked_since_) {
      standAside(lock, true);
      continue;
    }
    if (waiting_.empty()) {
      if (stopping_) return;
      writer_idle_ = true;
      const auto comes = [this] { return stopping_ || parked_since_ || !waiting_.empty(); };
      const bool woken = !writer_calls_ || !writer_calls_->maintains() ? (writer_wakes_.wait(lock, comes), true)
                                                                       : writer_wakes_.wait_for(lock, options_.idle_interval, comes);
      writer_idle_ = false;
      if (!woken) {
        lock.unlock();
        maintain(idle_since);
        lock.lock();
      }
      continue;
    }
    taken.swap(waiting_);
    lock.unlock();
    runJobs(taken);
    taken.clear();
    lock.lock();
    idle_since = clock_.now().mono;
  }
}

void StoreHost::runJobs(std::vector<Job>& jobs) {
  for (std::size_t n = 0; n < jobs.size();) {
    if (std::holds_alternative<AppendJob>(jobs[n].work)) {
      n = runAppends(jobs, n);
      continue;
    }
    Job& job = jobs[n++];
    if (auto* write = std::get_if<WriteJob>(&job.work))
      run(job, *write);
    else
      run(job, std::get<TrimJob>(job.work));
  }
}

std::optional<CircuitBreaker::Call> StoreHost::beginFor(const Job& job) {
  return job.probe && !failed_.load(std::memory_order_relaxed) ? job.probe : begin();
}

// Takes neighbouring appends from `first` on as far as they fit into one call; returns where it stopped.
std::size_t StoreHost::runAppends(std::vector<Job>& jobs, std::size_t first) {
  merged_.clear();
  std::size_t items = 0, bytes = 0, end = first;
  for (; end < jobs.size(); ++end) {
    auto* append = std::get_if<AppendJob>(&jobs[end].work);
    if (!append) break;
    const std::size_t more_items = append->batch->items.size(), more_bytes = bytesOf(*append->batch);
    const bool fits = items + more_items <= append_batch_max && bytes + more_bytes <= merge_bytes_max && !jobs[end].probe;
    if (end > first && !fits) break;
    items += more_items;
    bytes += more_bytes;
    merged_.push_back(append->batch.get());
  }
  if (const auto call = beginFor(jobs[first])) {
    this->end(*call, inside([this] { return writer_calls_->append(merged_); }));
  } else {
    for (AppendBatch* batch : merged_)
      for (AppendItem& item : batch->items) {
        item.result = {};
        item.result.struct_size = sizeof item.result;
        item.result.status = failed_.load(std::memory_order_relaxed) ? ATRIUM_FATAL : ATRIUM_FAILED;
      }
  }
  {
    const std::scoped_lock lock(mutex_);
    items_ -= items;
    metrics_.set(Metric::store_queue_items, static_cast<std::int64_t>(items_));
  }
  postBack(jobs, first, end);
  return end;
}

// One post to each shard that has something in the merged call.
void StoreHost::postBack(std::vector<Job>& jobs, std::size_t first, std::size_t end) {
  for (std::size_t n = first; n < end; ++n) done_by_shard_[jobs[n].shard].push_back(std::move(std::get<AppendJob>(jobs[n].work)));
  for (unsigned shard = 0; shard < done_by_shard_.size(); ++shard) {
    if (done_by_shard_[shard].empty()) continue;
    shards_.postAlways(shard, [done = std::exchange(done_by_shard_[shard], {})]() mutable {
      for (AppendJob& append : done) append.done(std::move(append.batch));
    });
  }
}

void StoreHost::run(Job& job, WriteJob& work) {
  StoreAnswer<void> answer{fail(storageError(ATRIUM_FAILED)), StoreVerdict::fine};
  const auto call = beginFor(job);
  if (call) {
    answer = inside([&] { return writer_calls_->write(work.writes); });
    end(*call, answer.verdict);
  }
  {
    const std::scoped_lock lock(mutex_);
    if (!call) answer.result = fail(unavailable());
    items_ -= work.writes.size();
    metrics_.set(Metric::store_queue_items, static_cast<std::int64_t>(items_));
  }
  shards_.postAlways(job.shard, [done = std::move(work.done), result = std::move(answer.result)]() mutable { done(std::move(result)); });
}

// A trim goes to the end of the queue again until nothing is left to drop, so that appends do not wait for all of it.
void StoreHost::run(Job& job, TrimJob& work) {
  StoreAnswer<std::uint64_t> answer{fail(storageError(ATRIUM_FAILED)), StoreVerdict::fine};
  if (const auto call = beginFor(job)) {
    answer = inside([&] { return writer_calls_->trim(work.room, work.keep_last, work.sent_before); });
    end(*call, answer.verdict);
  }
  job.probe.reset();
  {
    const std::scoped_lock lock(mutex_);
    if (answer.result && *answer.result > 0 && !stopping_) {
      work.dropped += *answer.result;
      waiting_.push_back(std::move(job));
      return;
    }
    --items_;
    metrics_.set(Metric::store_queue_items, static_cast<std::int64_t>(items_));
  }
  if (answer.result) *answer.result += work.dropped;
  shards_.postAlways(job.shard, [done = std::move(work.done), result = std::move(answer.result)]() mutable { done(std::move(result)); });
}

// Only while the breaker is closed: a probe must be a call somebody waits for, whose end says whether the store works again.
void StoreHost::maintain(Mono idle_since) {
  {
    const std::scoped_lock lock(mutex_);
    if (failed_.load(std::memory_order_relaxed) || breaker_.state() != BreakerState::closed) return;
    maintaining_ = true;
  }
  const auto idle = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().mono - idle_since);
  // A checkpoint may take longer than a write may; only its failure counts.
  const StoreVerdict verdict = inside([&] { return writer_calls_->maintain(idle); });
  const std::scoped_lock lock(mutex_);
  maintaining_ = false;
  if (verdict != StoreVerdict::fine) metrics_.add(Metric::store_failures);
  if (verdict == StoreVerdict::fatal) failForGood();
}

// ---- The readers' threads

void StoreHost::runReader(std::size_t reader) {
  Tombstone::watchThread();
  std::unique_lock lock(mutex_);
  for (;;) {
    reader_wakes_.wait(lock, [this] { return stopping_ || parked_since_ || !reads_.empty(); });
    if (parked_since_) {
      standAside(lock, false);
      continue;
    }
    if (reads_.empty()) return;
    Read read = std::move(reads_.front());
    reads_.pop_front();
    lock.unlock();
    read(reader_calls_[reader].get());
    read = nullptr;
    lock.lock();
  }
}

}  // namespace atrium
