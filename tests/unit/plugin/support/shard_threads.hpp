#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/ports.hpp"

namespace atrium::test {

// Shards that are nothing but threads which run what is posted to them.
class ShardThreads final : public Shards {
 public:
  explicit ShardThreads(unsigned count) {
    for (unsigned n = 0; n < count; ++n) shards_.push_back(std::make_unique<Shard>());
    for (auto& shard : shards_) shard->thread = std::thread([&shard = *shard] { shard.run(); });
  }
  ~ShardThreads() override { stop(); }

  [[nodiscard]] unsigned count() const override { return static_cast<unsigned>(shards_.size()); }
  bool post(unsigned shard, Task task) override {
    shards_[shard]->add(std::move(task));
    return true;
  }
  void postAlways(unsigned shard, Task task) override { shards_[shard]->add(std::move(task)); }

  // Runs `what` on that shard's thread and waits for it.
  template <typename What>
  auto on(unsigned shard, What what) {
    std::packaged_task<decltype(what())()> task(std::move(what));
    auto result = task.get_future();
    postAlways(shard, std::move(task));
    return result.get();
  }
  // Ends the threads, once what was posted has run.
  void stop() {
    for (auto& shard : shards_) shard->end();
    for (auto& shard : shards_)
      if (shard->thread.joinable()) shard->thread.join();
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Task> tasks;
    bool ending = false;
    std::thread thread;

    void add(Task task) {
      const std::scoped_lock lock(mutex);
      tasks.push_back(std::move(task));
      changed.notify_one();
    }
    void end() {
      const std::scoped_lock lock(mutex);
      ending = true;
      changed.notify_one();
    }
    void run() {
      std::unique_lock lock(mutex);
      while (true) {
        changed.wait(lock, [this] { return ending || !tasks.empty(); });
        if (tasks.empty()) return;
        Task task = std::move(tasks.front());
        tasks.pop_front();
        lock.unlock();
        task();
        task = {};
        lock.lock();
      }
    }
  };
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace atrium::test
