#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "loop/loop.hpp"

namespace atrium {

// The processors this process may run on (its affinity mask), at least 1. Inside a container or under taskset that is less than the
// machine has, and more loops than that only get in each other's way.
[[nodiscard]] unsigned availableCores();

// Several loops, each on a thread of its own. Set up, started and stopped by one thread, which is none of theirs.
class LoopPool {
 public:
  // Makes `count` loops with indices from 0; each gets a metric set of its own. `options.index` is of no account.
  LoopPool(unsigned count, const Loop::Options& options, const Clock& clock, MetricRegistry& metrics);
  // Stops.
  ~LoopPool();
  LoopPool(const LoopPool&) = delete;
  LoopPool& operator=(const LoopPool&) = delete;

  [[nodiscard]] unsigned size() const { return static_cast<unsigned>(loops_.size()); }
  [[nodiscard]] Loop& operator[](unsigned index) { return *loops_[index]; }

  // Starts one thread a loop, named loop-0, loop-1, … They inherit the caller's signal mask. To be called once.
  void start();
  // Asks every loop to end and waits until all have. Does nothing the second time.
  void stop();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace atrium
