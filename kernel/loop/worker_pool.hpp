#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"

namespace atrium {

// Threads for what may block: calls of plugins above all. Jobs begin in the order they were posted and end in any. Those of one owner have
// a share of the threads and of the places: one above it waits, with the others of that owner behind it, while the jobs of others pass. A
// job that hangs keeps its thread, which nothing can take back; it is told, and one more thread works in its place, up to a bound; it goes
// on to count in its owner's share. One more thread, the keeper, posts what is to run later, runs alarms and looks for jobs that hang.
class WorkerPool {
 public:
  struct Options {
    unsigned threads = 0;             // 0: one for each core the process may use, at least four.
    unsigned share = 0;               // Threads for the jobs of one owner at a time. 0: half of them, at least one.
    std::size_t jobs_max = 200;       // That wait or run; post() is refused above it, and for one owner above half of it, at least two.
    std::size_t later_max = 100'000;  // That are to run later, alarms included; postAfter() is refused above it.
    std::chrono::nanoseconds hang_after = 30s;    // A job that runs longer counts as hung.
    unsigned replacements_max = 8;                // Threads in place of hung ones, at a time.
    std::chrono::milliseconds full_retry = 10ms;  // When a job that is due finds the pool full.
    // Where figures are told; nothing: not at all. Gauges of what waits and of what hangs, counters, a histogram of jobs.
    std::optional<Metric> waiting = std::nullopt;
    std::optional<Metric> hung = std::nullopt;
    std::optional<Metric> refused = std::nullopt;
    std::optional<Metric> job_seconds = std::nullopt;
    std::function<void()> thread_began = {};  // Run first on each of the threads; it neither blocks nor throws.
  };
  // Starts the threads. All of it outlives the pool; `metrics` is the pool's own set.
  WorkerPool(Options options, const Clock& clock, Log& log, MetricSet& metrics);
  ~WorkerPool();  // Stops.
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `job` on one of the threads, which no exception leaves. `what` names it when it hangs: the plugin and the hook. `owner` is the
  // plugin in whose share it runs; empty: it has no bound but the pool's. False when the pool or the owner's part of it is full or the pool
  // has stopped; the job is then destroyed, and who asked answers `overloaded`. Any thread.
  bool post(Task job, std::string what = {}, std::string owner = {});
  // As post(), without the bound: for what is bounded elsewhere and must not be lost. False: stopped. Any thread.
  bool postAlways(Task job, std::string what = {}, std::string owner = {});

  // Runs `job` once the clock has moved on by `delay`, or later: one that is due waits while the pool is full. Returns its number for
  // cancel(); 0: refused. Any thread.
  [[nodiscard]] std::uint64_t postAfter(std::chrono::nanoseconds delay, Task job, std::string what = {}, std::string owner = {});
  // As postAfter(), but the keeper runs `alarm` itself, so that it comes in time however busy the threads are. It takes microseconds,
  // neither blocks nor throws, and may post here. Any thread.
  [[nodiscard]] std::uint64_t alarmAfter(std::chrono::nanoseconds delay, Task alarm);
  // True: the job does not run, and is destroyed. False: it has run, runs, waits for a thread or never was. Any thread.
  bool cancel(std::uint64_t number);

  // What the keeper does by itself: runs the alarms and hands over the jobs that are due at `now`, and tells of jobs that hang. Any thread.
  void look(Mono now);

  // Refuses what comes later, forgets what is not due yet, runs all that waits and joins the threads: waits for as long as the jobs
  // inside take. Not on a thread of the pool.
  void stop();

  [[nodiscard]] unsigned threads() const { return wanted_; }

 private:
  struct Job {
    Task run;
    std::string what;
    std::string owner;
  };
  // The jobs of one owner.
  struct Owned {
    std::size_t waiting = 0;
    std::size_t running = 0;
  };
  struct Worker {
    std::thread thread;
    std::optional<Mono> began;  // Of its present job.
    std::string what;
    bool hung = false;
  };
  struct Later {
    std::uint64_t number;
    Job job;
  };

  using LaterByTime = std::multimap<Mono, Later>;
  struct Place {
    LaterByTime* among;
    LaterByTime::iterator at;
  };

  bool add(Job job, bool bounded);
  std::uint64_t addLater(LaterByTime& among, std::chrono::nanoseconds delay, Job job);
  void queue(Job job);
  // The first job that may begin; the end: none.
  [[nodiscard]] std::deque<Job>::iterator next();
  void leave(const std::string& owner);
  void addWorker();
  void runWorker(Worker& self);
  void runKeeper();
  void handOver(Mono now);
  [[nodiscard]] std::vector<Task> takeAlarms(Mono now);
  void findHung(Mono now);
  void tell(const std::optional<Metric>& metric, std::size_t value);

  const Options options_;
  const unsigned wanted_;
  const unsigned share_;
  const Clock& clock_;
  Log& log_;
  MetricSet& metrics_;  // Written under the lock only.

  std::mutex mutex_;
  std::condition_variable work_, keeper_wakes_;
  std::deque<Job> waiting_;
  LaterByTime later_, alarms_;
  std::unordered_map<std::uint64_t, Place> later_by_number_;
  std::unordered_map<std::string, Owned> owned_;  // Of owners with any job that waits or runs.
  std::uint64_t last_number_ = 0;
  std::list<Worker> workers_;
  std::vector<std::thread> ended_;  // Of workers that were replaced and came back; to be joined.
  std::size_t running_ = 0;
  std::size_t hung_ = 0;
  bool stopping_ = false;
  std::thread keeper_;
};

}  // namespace atrium
