#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace atrium {

// The process of one runner as the server holds it. It ends with the thread that spawned it. Any thread, except where it says.
class RunnerProcess {
 public:
  // Starts `program` with a control socket and a pipe behind its output, an empty environment, no signal blocked, a session of its own and
  // nothing else of the server's. The calling thread must live as long as the process is to. Fails with plugin_failed.
  [[nodiscard]] static Result<std::shared_ptr<RunnerProcess>> spawn(const std::filesystem::path& program);
  ~RunnerProcess();  // Kills what still runs and waits for its end.
  RunnerProcess(const RunnerProcess&) = delete;
  RunnerProcess& operator=(const RunnerProcess&) = delete;

  // Ends it at once. `why` is a sentence's end, "it did not answer will_post within 5 ms"; the first one counts. Harmless when it has
  // ended.
  void kill(std::string why);

  // What it has had of the processors, all its threads together, up to `at`, and whether one of them wants more now: runs, waits for a
  // processor or for a disk. Nothing: the system does not say. Any thread.
  struct Share {
    Mono at{};
    std::chrono::nanoseconds used{0};
    bool wants = false;
  };
  [[nodiscard]] std::optional<Share> share(Mono now) const;

  // How it ended, when it has: waits for nothing. On the spawning thread.
  struct End {
    std::string how;        // "it crashed (SIGSEGV)"
    bool in_order = false;  // It ended by itself after it was asked to.
    bool fault = false;     // The plugin's own doing: it crashed, ended the process, or was killed for what it did.
    bool killed = false;    // By kill().
    bool refused = false;   // It said itself why it would not serve; `how` is what it said.
  };
  // False: it still runs.
  [[nodiscard]] bool reap(End& end, bool asked);

  // A channel saw its other end closed. That is how an end looks first, so it is no reason to kill yet. Any thread.
  void channelLost() { channel_lost_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool lostChannel() const { return channel_lost_.load(std::memory_order_relaxed); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int handle() const { return handle_.get(); }    // A pidfd: readable when the process has ended.
  [[nodiscard]] int control() const { return control_.get(); }  // For the spawning thread.
  [[nodiscard]] int output() const { return output_.get(); }    // Its standard output and error; does not block.
  // The runner takes it as the order to end. On the spawning thread.
  void closeControl() { control_.reset(); }

 private:
  RunnerProcess() = default;
  pid_t pid_ = 0;
  bool reaped_ = false;
  Descriptor handle_;
  Descriptor control_;
  Descriptor output_;
  std::atomic<bool> channel_lost_{false};
  std::mutex mutex_;
  std::string killed_because_;
};

}  // namespace atrium
