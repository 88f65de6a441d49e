#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "plugin/isolated/offer.hpp"
#include "plugin/isolated/runner_channel.hpp"
#include "plugin/isolated/watched_runner.hpp"

namespace atrium {

// What an operator sees of an isolated plugin's runner. A value.
struct RunnerFigures {
  std::string_view state = "starting";  // starting, running, waiting (to be started again) or ended.
  pid_t pid = 0;                        // 0: none at present.
  bool spare = false;                   // Whether another one stands by.
  std::uint64_t restarts = 0;
  std::uint64_t kills = 0;  // By the server: for a hang, for what it used, for what it wrote.
  std::uint64_t memory_bytes = 0;
  double cpu_percent = 0;  // Of one core, over the last second.
  std::string last_end;    // How the last one that ended did; empty: none has.

  // Adds what another one's runners counted.
  RunnerFigures& operator+=(const RunnerFigures& other) {
    restarts += other.restarts;
    kills += other.kills;
    return *this;
  }
};

// Keeps one plugin's runner running: starts it, keeps a second one warm, where it may, that takes over at once when the first one ends,
// starts anew with back-off when that happens again and again, watches what it uses, and hands a socket to each channel whenever a runner
// takes over.
//
// The first end is answered at once. A runner that lived for less than a second by its own doing makes the next one wait: 50 ms, twice as
// long each time, at most 30 s. One that was killed from outside does not.
class RunnerSupervisor final : public WatchedRunner::Listener {
 public:
  struct Plan {
    const Manifest& manifest;
    std::filesystem::path program;
    LoadOrder order;
    std::chrono::milliseconds start_patience{10'000};
    unsigned cpu_percent_max = 0;  // Of one core, over a second; 0: no limit.
    // Whether a second one stands by. Not where a plugin acts by itself: both would.
    bool spare = true;
    // What its runners ask of services is asked of these, which outlive the supervisor; null: they have none of the server's.
    PluginServices* services = nullptr;
    // A runner ended by the plugin's own doing; `how` is a sentence's end. On the supervisor's thread. May be empty.
    std::function<void(const std::string& how)> on_fault{};
    // What an operator sees has changed. On the supervisor's thread. May be empty.
    std::function<void(const RunnerFigures& figures)> on_change{};
  };
  using Started = std::move_only_function<void(Result<const Offer*>)>;
  using WorkerSocket = std::move_only_function<void(Descriptor, std::shared_ptr<RunnerProcess>)>;

  // Everything but figures() belongs to the loop's thread. `loop` and `log` outlive it.
  RunnerSupervisor(Loop& loop, Log& log, Plan plan);
  ~RunnerSupervisor() override;

  // Starts the first runner. `started` hears once what the plugin offers, which then lives as long as this, or why it does not start:
  // then nothing is tried again.
  void start(Started started);
  // Each runner from now on has a socket for that channel, until the channel is gone.
  void connect(std::shared_ptr<RunnerChannel::Inbox> channel);
  // One socket to the present runner, when there is one. `done` is destroyed unanswered when the supervisor ends first, and when
  // whoever waits, who keeps what `wanted` points to, has given up.
  void openWorkerSocket(std::weak_ptr<void> wanted, WorkerSocket done);
  // Ends what runs, in order within `patience`; `ended` hears when nothing runs any more.
  void end(std::chrono::milliseconds patience, std::move_only_function<void()> ended);

  // Any thread.
  [[nodiscard]] RunnerFigures figures() const;

 private:
  void onReady(WatchedRunner& runner, std::string_view offer) override;
  void onEnded(WatchedRunner& runner, const RunnerProcess::End& end) override;
  void onLine(std::string_view line) override;

  [[nodiscard]] std::unique_ptr<WatchedRunner> spawn();
  void takeOver();
  void connectAll();
  // `served`: it had been ready.
  void activeEnded(const RunnerProcess::End& end, bool served);
  void makeSpare();
  void sample();
  void bury(std::unique_ptr<WatchedRunner> runner);
  void finishEnding();
  void note(const std::function<void(RunnerFigures&)>& change);

  Loop& loop_;
  Log& log_;
  Plan plan_;
  Started started_;
  std::unique_ptr<Offer> offer_;
  std::unique_ptr<WatchedRunner> active_;
  std::unique_ptr<WatchedRunner> spare_;
  std::vector<std::shared_ptr<RunnerChannel::Inbox>> channels_;
  std::vector<std::pair<std::weak_ptr<void>, WorkerSocket>> waiting_workers_;  // Those who gave up go with the next one who comes.
  bool ending_ = false;
  std::move_only_function<void()> ended_;
  Mono ready_since_{};  // When the active runner took over.
  unsigned short_lives_ = 0;
  unsigned failed_spares_ = 0;
  bool channel_lost_ = false;            // At the last sample.
  std::deque<std::uint64_t> cpu_ticks_;  // Of the active runner, one a sample, the oldest first.
  Timer restart_timer_;
  Timer spare_timer_;
  Timer sample_timer_;
  mutable std::mutex mutex_;
  RunnerFigures figures_;  // Under the mutex.
};

}  // namespace atrium
