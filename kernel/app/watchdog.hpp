#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.hpp"
#include "loop/loop_pool.hpp"

namespace atrium {

// The loop that has been in one turn for longest, and for at least `limit` at `now`; nothing when none has. Any thread.
[[nodiscard]] std::optional<unsigned> stuckLoop(LoopPool& loops, Mono now, std::chrono::nanoseconds limit);

// A thread that looks at the others once a period: it alone still runs when a loop does not.
class Watchdog {
 public:
  struct Options {
    std::chrono::milliseconds period{1000};
    std::chrono::seconds stuck_after{30};
  };
  enum class Stuck : std::uint8_t {
    loop,  // An event loop has been in one turn for longer than allowed.
    stop   // The server did not stop in time.
  };
  // Starts the thread. On it, `look` is called once a period; `stuck` when a loop has been in one turn for longer than allowed, and when a
  // time given to endBy() has passed; it is not expected to return. What is referred to outlives the watchdog.
  Watchdog(LoopPool& loops, const Clock& clock, Options options, std::move_only_function<void()> look,
           std::move_only_function<void(Stuck what)> stuck);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // The process is to have ended by then. Any thread.
  void endBy(Mono deadline);

 private:
  void run();

  LoopPool& loops_;
  const Clock& clock_;
  Options options_;
  std::move_only_function<void()> look_;
  std::move_only_function<void(Stuck)> stuck_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Mono> end_by_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace atrium
