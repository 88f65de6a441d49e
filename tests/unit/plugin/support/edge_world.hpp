#pragma once

#include "base/metrics.hpp"
#include "base/timer_wheel.hpp"
#include "loop/worker_pool.hpp"
#include "one_shard.hpp"
#include "plugin/worker_calls.hpp"
#include "plugin_world.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {

// The plugin test_edge, or those of another directory, in a host, and the calls of one shard to it.
struct EdgeWorld {
  // With two places a test can fill the only worker's.
  explicit EdgeWorld(const char* directory = ATRIUM_EDGE_PLUGINS, std::size_t jobs_max = 2)
      : world(directory), workers({.threads = 1, .jobs_max = jobs_max}, clock, world.log, metrics.makeSet()) {}

  PluginWorld world;
  Result<void> started = world.start();
  SystemClock clock;
  MetricRegistry metrics{metric_table};
  MetricSet& own = metrics.makeSet();
  OneShard shards;  // Outlives the workers, who post to it.
  WorkerPool workers;
  Now now{Mono{1h}, fromMillis(1'768'000'000'000)};
  TimerWheel timers{now.mono};
  WorkerCalls calls{{.workers = workers, .shards = shards, .shard = 0, .timers = timers, .now = now, .metrics = own}};

  [[nodiscard]] PluginRegistry& registry() { return world.host().registry(); }
};

}  // namespace atrium::test
