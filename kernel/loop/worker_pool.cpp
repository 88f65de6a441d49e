#include "loop/worker_pool.hpp"

#include <algorithm>

#include "loop/loop_pool.hpp"

namespace atrium {

namespace {

// The longest the keeper sleeps: by then it notices a job that hangs.
constexpr std::chrono::nanoseconds keeper_period = 1s;

}  // namespace

WorkerPool::WorkerPool(Options options, const Clock& clock, Log& log, MetricSet& metrics)
    : options_(options),
      wanted_(options.threads != 0 ? options.threads : std::max(4U, availableCores())),
      share_(options.share != 0 ? options.share : std::max(1U, wanted_ / 2)),
      clock_(clock),
      log_(log),
      metrics_(metrics) {
  const std::scoped_lock lock(mutex_);
  for (unsigned n = 0; n < wanted_; ++n) addWorker();
  keeper_ = std::thread([this] { runKeeper(); });
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::tell(const std::optional<Metric>& metric, std::size_t value) {
  if (metric) metrics_.set(*metric, static_cast<std::int64_t>(value));
}

bool WorkerPool::post(Task job, std::string what, std::string owner) {
  return add({std::move(job), std::move(what), std::move(owner)}, true);
}
bool WorkerPool::postAlways(Task job, std::string what, std::string owner) {
  return add({std::move(job), std::move(what), std::move(owner)}, false);
}

// What is refused is destroyed by the caller, outside the lock.
bool WorkerPool::add(Job job, bool bounded) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return false;
    const auto owned = bounded && !job.owner.empty() ? owned_.find(job.owner) : owned_.end();
    const bool share_taken =
        owned != owned_.end() && owned->second.waiting + owned->second.running >= std::max<std::size_t>(2, options_.jobs_max / 2);
    if (bounded && (share_taken || waiting_.size() + running_ >= options_.jobs_max)) {
      if (options_.refused) metrics_.add(*options_.refused);
      return false;
    }
    queue(std::move(job));
    tell(options_.waiting, waiting_.size());
  }
  work_.notify_one();
  return true;
}

// Under the lock, as the next two.
void WorkerPool::queue(Job job) {
  if (!job.owner.empty()) ++owned_[job.owner].waiting;
  waiting_.push_back(std::move(job));
}

std::deque<WorkerPool::Job>::iterator WorkerPool::next() {
  if (stopping_) return waiting_.begin();  // All of it is to run, and nobody has to be left room.
  return std::ranges::find_if(waiting_, [this](const Job& job) { return job.owner.empty() || owned_[job.owner].running < share_; });
}

void WorkerPool::leave(const std::string& owner) {
  if (owner.empty()) return;
  const auto found = owned_.find(owner);
  --found->second.running;
  if (found->second.waiting + found->second.running == 0) owned_.erase(found);
}

std::uint64_t WorkerPool::postAfter(std::chrono::nanoseconds delay, Task job, std::string what, std::string owner) {
  return addLater(later_, delay, {std::move(job), std::move(what), std::move(owner)});
}
std::uint64_t WorkerPool::alarmAfter(std::chrono::nanoseconds delay, Task alarm) {
  return addLater(alarms_, delay, {std::move(alarm), {}, {}});
}

std::uint64_t WorkerPool::addLater(LaterByTime& among, std::chrono::nanoseconds delay, Job job) {
  const Mono due = clock_.now().mono + std::max(delay, std::chrono::nanoseconds{0});
  std::uint64_t number = 0;
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return 0;
    if (later_.size() + alarms_.size() >= options_.later_max) {
      if (options_.refused) metrics_.add(*options_.refused);
      return 0;
    }
    number = ++last_number_;
    const auto at = among.emplace(due, Later{number, std::move(job)});
    later_by_number_.emplace(number, Place{&among, at});
    first = at == among.begin();
  }
  if (first) keeper_wakes_.notify_one();
  return number;
}

bool WorkerPool::cancel(std::uint64_t number) {
  LaterByTime::node_type cancelled;  // Destroyed outside the lock: a job may hold what takes one.
  const std::scoped_lock lock(mutex_);
  const auto found = later_by_number_.find(number);
  if (found == later_by_number_.end()) return false;
  cancelled = found->second.among->extract(found->second.at);
  later_by_number_.erase(found);
  return true;
}

void WorkerPool::look(Mono now) {
  std::vector<Task> due;
  {
    const std::scoped_lock lock(mutex_);
    due = takeAlarms(now);
    handOver(now);
    findHung(now);
  }
  for (Task& alarm : due) alarm();
}

std::vector<Task> WorkerPool::takeAlarms(Mono now) {
  std::vector<Task> due;
  while (!alarms_.empty() && alarms_.begin()->first <= now) {
    due.push_back(std::move(alarms_.begin()->second.job.run));
    later_by_number_.erase(alarms_.begin()->second.number);
    alarms_.erase(alarms_.begin());
  }
  return due;
}

void WorkerPool::handOver(Mono now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    if (waiting_.size() + running_ >= options_.jobs_max) return;
    queue(std::move(later_.begin()->second.job));
    later_by_number_.erase(later_.begin()->second.number);
    later_.erase(later_.begin());
    work_.notify_one();
  }
  tell(options_.waiting, waiting_.size());
}

void WorkerPool::findHung(Mono now) {
  for (Worker& worker : workers_) {
    if (!worker.began || worker.hung || now - *worker.began < options_.hang_after) continue;
    worker.hung = true;
    tell(options_.hung, ++hung_);
    const bool replaced = !stopping_ && workers_.size() < wanted_ + options_.replacements_max;
    log_.error("worker.hung", {{"job", worker.what},
                               {"running_ms", std::chrono::duration_cast<std::chrono::milliseconds>(now - *worker.began).count()},
                               {"replaced", replaced}});
    if (replaced) addWorker();
  }
}

// Under the lock.
void WorkerPool::addWorker() {
  Worker& worker = workers_.emplace_back();
  worker.thread = std::thread([this, &worker] { runWorker(worker); });
}

void WorkerPool::runWorker(Worker& self) {
  if (options_.thread_began) options_.thread_began();
  std::unique_lock lock(mutex_);
  for (;;) {
    auto first = waiting_.end();
    work_.wait(lock, [&] { return (first = next()) != waiting_.end() || stopping_; });
    if (first == waiting_.end()) return;
    Job job = std::move(*first);
    waiting_.erase(first);
    if (!job.owner.empty()) --owned_[job.owner].waiting, ++owned_[job.owner].running;
    tell(options_.waiting, waiting_.size());
    ++running_;
    self.what = std::move(job.what);
    const Mono began = clock_.now().mono;
    self.began = began;
    lock.unlock();
    try {
      job.run();
      job.run = nullptr;
    } catch (...) {
      log_.error("worker.threw", {{"job", self.what}});
    }
    const Mono ended = clock_.now().mono;
    lock.lock();
    self.began.reset();
    --running_;
    leave(job.owner);
    if (options_.job_seconds) metrics_.observe(*options_.job_seconds, ended - began);
    if (!self.hung) continue;
    self.hung = false;
    tell(options_.hung, --hung_);
    log_.warning("worker.came_back",
                 {{"job", self.what}, {"ran_ms", std::chrono::duration_cast<std::chrono::milliseconds>(ended - began).count()}});
    if (stopping_ || workers_.size() <= wanted_) continue;
    // Another one took its place for good, which may have passed over what waits for this owner's share.
    work_.notify_one();
    ended_.push_back(std::move(self.thread));
    std::erase_if(workers_, [&](const Worker& worker) { return &worker == &self; });
    return;
  }
}

void WorkerPool::runKeeper() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!ended_.empty()) {
      std::vector<std::thread> ended;
      ended.swap(ended_);
      lock.unlock();
      for (std::thread& thread : ended) thread.join();
      lock.lock();
      continue;
    }
    const Mono now = clock_.now().mono;
    if (std::vector<Task> due = takeAlarms(now); !due.empty()) {
      lock.unlock();
      for (Task& alarm : due) alarm();
      due.clear();
      lock.lock();
      continue;
    }
    handOver(now);
    findHung(now);
    std::chrono::nanoseconds pause = keeper_period;
    // What is due and is still here found the pool full.
    if (!later_.empty()) pause = std::max<std::chrono::nanoseconds>(std::min(pause, later_.begin()->first - now), options_.full_retry);
    if (!alarms_.empty()) pause = std::min(pause, alarms_.begin()->first - now);
    keeper_wakes_.wait_for(lock, pause);
  }
}

void WorkerPool::stop() {
  LaterByTime forgotten, silenced;  // Destroyed outside the lock.
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    forgotten.swap(later_);
    silenced.swap(alarms_);
    later_by_number_.clear();
  }
  work_.notify_all();
  keeper_wakes_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  // Nobody adds or removes a worker any more.
  for (Worker& worker : workers_)
    if (worker.thread.joinable()) worker.thread.join();
  for (std::thread& thread : ended_)
    if (thread.joinable()) thread.join();
}

}  // namespace atrium
