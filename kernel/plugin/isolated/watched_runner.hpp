#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/timer_wheel.hpp"
#include "loop/loop.hpp"
#include "plugin/isolated/load_order.hpp"
#include "plugin/isolated/runner_process.hpp"
#include "plugin/isolated/service_counter.hpp"
#include "plugin/isolated/wire.hpp"

namespace atrium {

// One runner under the eyes of the supervisor's loop: from its order, over what it says, to its end. Everything on that loop's thread.
class WatchedRunner {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void onReady(WatchedRunner& runner, std::string_view offer) = 0;
    // Once, whatever else was heard; `end.how` says more where the runner told why it would not serve. The listener may destroy the runner
    // after it has returned.
    virtual void onEnded(WatchedRunner& runner, const RunnerProcess::End& end) = 0;
    // A line that it wrote, without its end; at most line_max bytes.
    virtual void onLine(std::string_view line) = 0;
  };
  static constexpr std::size_t line_max = 8192;
  static constexpr std::size_t offer_max = std::size_t{64} << 20;  // A bundle of pages is part of what it offers.

  // Starts the program and gives it its order; it is killed when it is not ready after `patience`. `loop`, `listener` and `services`, which
  // it reaches when they are not null and the order says so, outlive it. Fails with plugin_failed.
  [[nodiscard]] static Result<std::unique_ptr<WatchedRunner>> start(Loop& loop, const std::filesystem::path& program,
                                                                    const LoadOrder& order, std::chrono::milliseconds patience,
                                                                    Listener& listener, PluginServices* services = nullptr);
  ~WatchedRunner();  // Kills what still runs.
  WatchedRunner(const WatchedRunner&) = delete;
  WatchedRunner& operator=(const WatchedRunner&) = delete;

  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] const std::shared_ptr<RunnerProcess>& process() const { return process_; }

  // A new channel to it: the server's end, which may be used at once. A busy runner takes its own end later; it is killed when
  // passing_max of them wait. Nothing: it takes none any more, and its end will be told.
  static constexpr std::size_t passing_max = 1024;
  [[nodiscard]] Descriptor openChannel();
  // Asks it to end in order, and kills it when it has not after `patience`.
  void finish(std::chrono::milliseconds patience);

 private:
  struct Watch final : Watcher {
    explicit Watch(std::move_only_function<void()> run) : ready(std::move(run)) {}
    void onReady(std::uint32_t) override { ready(); }
    std::move_only_function<void()> ready;
  };
  WatchedRunner(Loop& loop, Listener& listener, std::shared_ptr<RunnerProcess> process);
  void readControl();
  void passChannels();
  void leaveControl();
  void readOutput();
  void onEnd();

  Loop& loop_;
  Listener& listener_;
  std::shared_ptr<RunnerProcess> process_;
  WireInbox inbox_;
  bool ready_ = false;
  bool asked_to_end_ = false;
  bool ended_ = false;
  bool control_watched_ = true;
  bool wants_out_ = false;
  std::deque<Descriptor> passing_;  // The runner's ends that its control socket has no room for yet.
  bool output_watched_ = true;
  std::string refused_;  // What it said when it would not serve.
  std::string line_;
  std::string too_late_;  // What it is killed for when the timer fires.
  Watch control_watch_;
  Watch output_watch_;
  Watch end_watch_;
  Timer timer_;
  std::unique_ptr<ServiceCounter> services_;  // Null: it has none of the server's.
};

}  // namespace atrium
