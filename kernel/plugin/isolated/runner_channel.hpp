#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atrium/abi.h"
#include "base/clock.hpp"
#include "base/descriptor.hpp"
#include "base/timer_wheel.hpp"
#include "loop/loop.hpp"
#include "plugin/isolated/runner_process.hpp"
#include "plugin/isolated/wire.hpp"

namespace atrium {

// For threads that have no loop, and so no turn whose time would be told to them.
[[nodiscard]] inline Mono steadyNow() { return std::chrono::steady_clock::now(); }

// After its deadline a call is cut off by killing its runner, but so much later: an answer may be under way. Then it is looked for
// runner_look whether the runner gets to run at all: one that wants to and does not get half of the time has its deadline once more, of the
// processor's time, in all up to runner_starving. The cut of one that hangs comes within 10 ms of the deadline.
inline constexpr std::chrono::milliseconds runner_grace{1};
inline constexpr std::chrono::milliseconds runner_look{1};
inline constexpr std::chrono::milliseconds runner_starving{500};
// Why such a call failed. It may hang, or be about to end: a process that crashed takes longer to go than many a call may.
inline constexpr std::string_view runner_late = "its runner did not answer in time";
// How long a call waits, in all, to be begun: behind others and for a runner to be there (again), its first start and back-off included.
inline constexpr std::chrono::milliseconds runner_outage{500};

// What came of one call. Valid until the function it is handed to returns.
struct RunnerAnswer {
  bool answered = false;
  atrium_status status = ATRIUM_FAILED;
  std::string_view payload;                      // Begins at a multiple of 16.
  std::span<const std::byte> request = {};       // What was asked.
  std::string why;                               // When it was not answered: a sentence's end, "its runner ended".
  std::optional<std::chrono::nanoseconds> took;  // For how long a runner had it; nothing: none did.
};
using RunnerAnswered = std::move_only_function<void(const RunnerAnswer&)>;

// One loop's calls of one isolated plugin, over a socket of its own: sent at once and answered in order, one after the other in the runner.
// When the runner ends, the call it was in fails or, if it may be repeated, is made once more in the next one; those behind it wait for
// the next one, too. Calls past the bounds fail at once, and one that has not been begun within runner_outage fails then. Everything on the
// loop's thread; kept by shared_ptr, because a completion may let go of it.
class RunnerChannel final : public Watcher, public std::enable_shared_from_this<RunnerChannel> {
 public:
  static constexpr std::size_t calls_max = 1024;  // Waiting or under way.
  static constexpr std::size_t bytes_max = std::size_t{16} << 20;

  struct Call {
    std::uint32_t method = 0;
    std::string_view name;  // Of the method, for sentences; lives for ever.
    std::vector<std::byte> request;
    std::chrono::nanoseconds deadline{0};
    bool repeatable = false;  // Being made twice does no more than once.
  };

  // Where the supervisor hands over each new socket: on its own thread, while the channel may be going away.
  class Inbox {
   public:
    explicit Inbox(Loop& loop) : loop_(&loop) {}
    void deliver(const std::shared_ptr<Inbox>& self, Descriptor socket, std::shared_ptr<RunnerProcess> process);
    [[nodiscard]] bool closed();
    // Waits until the channel has gone; false: it has not by then.
    [[nodiscard]] bool waitClosed(Mono until);
    // No runner comes any more: what waits fails, or is dropped where the loop has ended, and those who would hear of it with it. The
    // future is ready when that is over.
    [[nodiscard]] std::future<void> abandon(const std::shared_ptr<Inbox>& self);

   private:
    friend class RunnerChannel;
    std::mutex mutex_;
    std::condition_variable gone_;
    Loop* loop_;                        // Null: the channel is gone. Under the mutex.
    RunnerChannel* channel_ = nullptr;  // On the loop's thread.
  };

  explicit RunnerChannel(Loop& loop);
  ~RunnerChannel() override;
  RunnerChannel(const RunnerChannel&) = delete;
  RunnerChannel& operator=(const RunnerChannel&) = delete;

  [[nodiscard]] const std::shared_ptr<Inbox>& inbox() const { return inbox_; }

  // `done` is called exactly once, unless the channel goes first; possibly before this returns.
  void call(Call call, RunnerAnswered done);
  // Calls that are waiting or under way.
  [[nodiscard]] std::size_t pending() const { return calls_.size(); }

 private:
  struct Pending {
    Call call;
    RunnerAnswered done;  // Empty: it was given up, but the runner has it, and will answer.
    std::uint64_t id = 0;
    std::size_t sent = 0;     // bytes of the request
    bool sent_whole = false;  // In this runner.
    bool repeated = false;
    Mono began{};                                   // The runner was free for it, as far as can be told from here.
    Mono expires{};                                 // When it has waited for long enough.
    std::optional<RunnerProcess::Share> suspected;  // Past its deadline: how the runner stood when that was looked at first.
    Mono cut_at{};                                  // While it is suspected: when to look again.
  };
  void attach(Descriptor socket, std::shared_ptr<RunnerProcess> process);
  void detach(std::string_view why);
  void onReady(std::uint32_t events) override;
  void flush();
  void receive();
  void onAnswer();
  void failFront(std::string why, std::optional<std::chrono::nanoseconds> took = std::nullopt);
  [[nodiscard]] static Mono cutOf(const Pending& call) {
    return call.suspected ? call.cut_at : call.began + call.call.deadline + runner_grace;
  }
  [[nodiscard]] bool starves(Pending& call, Mono now);
  [[nodiscard]] std::size_t firstWaiting() const;
  void giveUpWaiting(Mono now);
  void armTimer();
  void onTimer();
  void breach();
  void abandon(bool tell);

  Loop& loop_;
  std::shared_ptr<Inbox> inbox_;
  Descriptor socket_;
  std::shared_ptr<RunnerProcess> process_;
  bool wants_out_ = false;
  WireInbox wire_;
  std::deque<Pending> calls_;  // The oldest first. Those sent stand before those that are not.
  std::size_t unsent_ = 0;     // Index of the first that is not sent whole.
  std::size_t given_up_ = 0;   // How many were; they stand before all that wait.
  std::size_t bytes_ = 0;
  std::uint64_t last_id_ = 0;
  Timer timer_;
};

}  // namespace atrium
