#pragma once

#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

namespace atrium {

// What the main thread waits for: signals, and work that changes the server as a whole, one after the other. Any thread puts in, the main
// thread takes out.
class ControlQueue {
 public:
  // Done on the main thread; `serving` is false when the server ends first, and then it only answers.
  using Job = std::move_only_function<void(bool serving)>;
  static constexpr std::size_t jobs_max = 64;

  void signal(int number) {
    const std::scoped_lock lock(mutex_);
    (number == SIGHUP ? reread_ : stop_) = number;
    changed_.notify_all();
  }
  // False: too many wait, or the server is ending; the job is left as it was.
  [[nodiscard]] bool put(Job& job) {
    const std::scoped_lock lock(mutex_);
    if (closed_ || jobs_.size() >= jobs_max) return false;
    jobs_.push_back(std::move(job));
    changed_.notify_all();
    return true;
  }
  // attend() will be called once more, however often this is said before.
  void wake() {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }

  struct Woken {};
  using Event = std::variant<int, Job, Woken>;
  // The order to stop first; then what plugins in trouble need; then to read the configuration anew, which is done once however often it
  // was asked for, and jobs in turns.
  [[nodiscard]] Event next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_ || woken_ || reread_ || !jobs_.empty(); });
    if (stop_) return *std::exchange(stop_, std::nullopt);
    if (std::exchange(woken_, false)) return Woken{};
    const bool reread_now = reread_ && (!reread_last_ || jobs_.empty());
    reread_last_ = reread_now;
    if (reread_now) return *std::exchange(reread_, std::nullopt);
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }
  // Takes nothing more, and answers what waits.
  void close() {
    std::deque<Job> jobs;
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
      jobs.swap(jobs_);
    }
    for (Job& job : jobs) job(false);
  }
  [[nodiscard]] bool closed() const {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<int> stop_, reread_;  // The last signal of its kind that was not taken yet.
  bool reread_last_ = false;
  std::deque<Job> jobs_;
  bool woken_ = false;
  bool closed_ = false;
};

}  // namespace atrium
