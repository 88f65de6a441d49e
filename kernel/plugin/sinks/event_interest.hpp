#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "engine/ports.hpp"

namespace atrium {

// What the sinks want to hear of, as all shards see it. Until the sinks are known it is everything, so that what happens meanwhile is not
// lost to them.
class EventInterest final : public EventListeners {
 public:
  // The shard the sinks live on.
  static constexpr unsigned home = 0;

  explicit EventInterest(Shards& shards) : shards_(shards) {}

  [[nodiscard]] bool want(EventType type) const override {
    return (types_.load(std::memory_order_relaxed) & bit(type)) != 0 || expected_.load(std::memory_order_relaxed) > 0;
  }
  void recorded() override {
    if (told_.exchange(true, std::memory_order_acq_rel)) return;
    shards_.postAlways(home, [this] {
      told_.store(false, std::memory_order_release);
      if (wake_) wake_();
    });
  }

  // A sink may have come: everything is recorded until met(), which says as often that it is known what it wants. Any thread.
  void expect() { expected_.fetch_add(1, std::memory_order_relaxed); }
  void met() { expected_.fetch_sub(1, std::memory_order_relaxed); }

  // On the home shard: `wake` runs there some time after something was recorded.
  void whenRecorded(std::move_only_function<void()> wake) { wake_ = std::move(wake); }
  void set(EventTypes types) { types_.store(types, std::memory_order_relaxed); }

 private:
  Shards& shards_;
  std::atomic<EventTypes> types_{all_event_types};
  std::atomic<unsigned> expected_{0};
  std::atomic<bool> told_{false};
  std::move_only_function<void()> wake_;
};

}  // namespace atrium
