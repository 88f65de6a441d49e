#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/ports.hpp"
#include "plugin/types_port.hpp"

namespace atrium {

// Something that happens on every shard: who waits for it, and for how long, is up to whoever asked. Any thread.
class EveryShard {
 public:
  explicit EveryShard(std::size_t count) : left_(count) {}
  void done() {
    const std::scoped_lock lock(mutex_);
    if (--left_ == 0) all_done_.notify_all();
  }
  // Whether it has happened everywhere, at once or within `patience`.
  [[nodiscard]] bool wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return all_done_.wait_for(lock, patience, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_done_;
  std::size_t left_;
};

// The room types and message types of all shards, for whoever exchanges the plugins behind them. A shard is never inside a hook of this
// process when it runs a post; so once a change has run everywhere, nobody is inside what it took away. Control thread.
class ShardTypes {
 public:
  // The ports of all shards in order, whose threads are about to run. Both outlive the time until leave().
  void serve(Shards& shards, std::vector<TypesPort*> ports) { shards_ = &shards, ports_ = std::move(ports); }
  // The threads have ended, and the ports are about to.
  void leave() { shards_ = nullptr, ports_.clear(); }

  [[nodiscard]] std::size_t count() const { return ports_.size(); }
  // Runs `change` for each port on its shard's thread, in the order of the calls of this function. It owns what it needs: it may run late.
  std::shared_ptr<EveryShard> onEach(std::function<void(TypesPort&, std::size_t shard)> change) {
    auto every = std::make_shared<EveryShard>(ports_.size());
    for (std::size_t shard = 0; shard < ports_.size(); ++shard)
      shards_->postAlways(static_cast<unsigned>(shard), [port = ports_[shard], shard, change, every] {
        change(*port, shard);
        every->done();
      });
    return every;
  }

 private:
  Shards* shards_ = nullptr;
  std::vector<TypesPort*> ports_;
};

}  // namespace atrium
