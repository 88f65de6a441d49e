#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "loop/loop.hpp"
#include "plugin/isolated/offer.hpp"
#include "plugin/isolated/runner_channel.hpp"
#include "plugin/isolated/runner_supervisor.hpp"

namespace atrium {

// One plugin in a runner of its own, as the rest of the server has it: what it offers, channels to call it from loops, and calls that wait
// for workers. Made by RunnerHost, which outlives it; destroyed when nobody calls it any more.
class IsolatedPlugin {
 public:
  struct Plan {
    RunnerSupervisor::Plan runner;
  };
  // What came of a call that was waited for; the payload begins at a multiple of 16.
  struct Answer {
    bool answered = false;
    atrium_status status = ATRIUM_FAILED;
    std::string payload;
    std::string why;  // When it was not answered: a sentence's end.
  };
  using Progress = std::function<void(std::string_view piece)>;
  // Calls of workers under way at a time; more wait for half a second (placement.md), then they fail.
  static constexpr unsigned worker_calls_max = 16;

  [[nodiscard]] static Result<std::unique_ptr<IsolatedPlugin>> start(Loop& supervisor_loop, Log& log, Plan plan);
  ~IsolatedPlugin();  // Ends the runner: in order within a second, or else by force.
  IsolatedPlugin(const IsolatedPlugin&) = delete;
  IsolatedPlugin& operator=(const IsolatedPlugin&) = delete;

  [[nodiscard]] const Offer& offer() const { return *offer_; }
  [[nodiscard]] RunnerFigures figures() const { return supervisor_->figures(); }

  // A channel for calls from that loop. On its thread, or before it runs.
  [[nodiscard]] std::shared_ptr<RunnerChannel> openChannel(Loop& loop);
  // Waits until all channels for loops are gone, and with them the calls under way in them. False: some were there after `patience`. Any
  // thread but those loops'.
  [[nodiscard]] bool drained(std::chrono::milliseconds patience);

  // How long calls of workers may take at most, where the operator allows less than their kinds; before the first.
  void limit(std::optional<std::chrono::nanoseconds> deadline) { deadline_ = deadline; }
  [[nodiscard]] std::chrono::milliseconds limited(std::chrono::milliseconds deadline) const {
    return deadline_ ? std::min(deadline, std::chrono::ceil<std::chrono::milliseconds>(*deadline_)) : deadline;
  }

  // Makes one call and waits for its answer: at most for its deadline and the grace, and for a runner to be there. A call that may be
  // repeated is made once more when its runner ended. `progress` may be empty; it is called on this thread. Any thread but a loop's.
  [[nodiscard]] Answer call(std::uint32_t method, std::string_view name, std::string_view request, std::chrono::milliseconds deadline,
                            bool repeatable, const Progress& progress = {});

 private:
  struct WorkerChannel;
  IsolatedPlugin(Loop& loop, std::shared_ptr<RunnerSupervisor> supervisor);
  std::unique_ptr<WorkerChannel> takeChannel(Mono until, std::string& why);
  void giveBack(std::unique_ptr<WorkerChannel> channel);
  [[nodiscard]] bool callOnce(WorkerChannel& channel, std::uint32_t method, std::string_view name, std::string_view request,
                              std::chrono::milliseconds deadline, const Progress& progress, Answer& answer);

  Loop& loop_;
  std::shared_ptr<RunnerSupervisor> supervisor_;
  const Offer* offer_ = nullptr;
  std::optional<std::chrono::nanoseconds> deadline_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::shared_ptr<RunnerChannel::Inbox>> channels_;
  std::vector<std::unique_ptr<WorkerChannel>> idle_;
  unsigned taken_ = 0;
};

}  // namespace atrium
