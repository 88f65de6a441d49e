#include "loop/loop_pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <string>

namespace atrium {

unsigned availableCores() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  // Fails only on machines with more processors than the mask has bits; one loop a thousand processors is then still a server.
  if (::sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&mask)));
}

LoopPool::LoopPool(unsigned count, const Loop::Options& options, const Clock& clock, MetricRegistry& metrics) {
  for (unsigned index = 0; index < count; ++index) {
    Loop::Options own = options;
    own.index = index;
    loops_.push_back(std::make_unique<Loop>(own, clock, metrics.makeSet()));
  }
}

LoopPool::~LoopPool() { stop(); }

void LoopPool::start() {
  for (auto& loop : loops_) {
    threads_.emplace_back([&loop = *loop] {
      ::pthread_setname_np(::pthread_self(), ("loop-" + std::to_string(loop.index())).c_str());
      loop.run();
    });
  }
}

void LoopPool::stop() {
  for (auto& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace atrium
