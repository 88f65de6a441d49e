#pragma once

#include "engine/ports.hpp"
#include "loop/loop_pool.hpp"

namespace atrium {

// The engine's way from one shard to another: shard n lives on loop n. The pool outlives it.
class LoopShards final : public Shards {
 public:
  explicit LoopShards(LoopPool& loops) : loops_(loops) {}
  [[nodiscard]] unsigned count() const override { return loops_.size(); }
  bool post(unsigned shard, Task task) override { return loops_[shard].post(std::move(task)); }
  void postAlways(unsigned shard, Task task) override { loops_[shard].postAlways(std::move(task)); }

 private:
  LoopPool& loops_;
};

}  // namespace atrium
