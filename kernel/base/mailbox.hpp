#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace atrium {

// Work posted to one thread by others, in the order posted. post() from any thread, take() by the owner.
// Bound: `capacity` tasks; a post above it is refused, except by postAlways(), which is for what must not be lost
// (completions of work that the mailbox's owner itself started and thereby bounded).
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity) : capacity_(capacity) {}

  // False: full or closed, and the task was not taken. `wake` is set when the owner may be asleep and has to be woken.
  [[nodiscard]] bool post(Task& task, bool& wake) { return add(task, wake, capacity_); }
  // False: closed.
  bool postAlways(Task& task, bool& wake) { return add(task, wake, static_cast<std::size_t>(-1)); }

  // Moves everything that waits into `out`, which must be empty.
  void take(std::vector<Task>& out) {
    const std::scoped_lock lock(mutex_);
    out.swap(tasks_);
  }
  // What is posted from now on is refused.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return tasks_.size();
  }

 private:
  bool add(Task& task, bool& wake, std::size_t bound) {
    const std::scoped_lock lock(mutex_);
    if (closed_ || tasks_.size() >= bound) return false;
    wake = tasks_.empty();
    tasks_.push_back(std::move(task));
    return true;
  }

  mutable std::mutex mutex_;
  std::vector<Task> tasks_;
  std::size_t capacity_;
  bool closed_ = false;
};

}  // namespace atrium
