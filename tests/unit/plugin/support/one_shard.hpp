#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "engine/ports.hpp"

namespace atrium::test {

// One shard whose thread is the test's: what others post waits until the test takes it.
class OneShard final : public Shards {
 public:
  [[nodiscard]] unsigned count() const override { return 1; }
  bool post(unsigned shard, Task task) override {
    postAlways(shard, std::move(task));
    return true;
  }
  void postAlways(unsigned /*shard*/, Task task) override {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    came_.notify_all();
  }
  // Whether nothing waits.
  [[nodiscard]] bool empty() {
    const std::scoped_lock lock(mutex_);
    return tasks_.empty();
  }
  // Waits for the next one and runs it.
  void turn() {
    Task task;
    {
      std::unique_lock lock(mutex_);
      came_.wait(lock, [this] { return !tasks_.empty(); });
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
  // Posted, and not run yet.
  [[nodiscard]] std::size_t waiting() {
    const std::scoped_lock lock(mutex_);
    return tasks_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Task> tasks_;
};

}  // namespace atrium::test
