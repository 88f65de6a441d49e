#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "base/metrics.hpp"
#include "engine/ports.hpp"
#include "plugin/plugin_journal.hpp"

namespace atrium {

// Carries the steps in plugins' lives to every shard, as events plugin_state, in their order. Each shard has at most one post waiting,
// which takes along what comes meanwhile; of more than waiting_max steps the oldest give way (plugin_news_dropped), and who is told the
// others misses their numbers.
class PluginNews {
 public:
  static constexpr std::size_t waiting_max = 100;
  // Hands the events to whom they concern on that shard, on its thread.
  using Tell = std::function<void(unsigned shard, std::span<const FramePtr> events)>;

  // `metrics`: its own set. `shards`, and what `tell` leads to, are there for as long as the shards' threads run.
  PluginNews(Shards& shards, MetricSet& metrics, Tell tell);

  // Any thread; neither blocks nor calls back.
  void add(const PluginEvent& event);

 private:
  struct Waiting {
    std::vector<FramePtr> events;
    bool posted = false;
  };

  void deliver(unsigned shard);

  Shards& shards_;
  MetricSet& metrics_;  // Written under the lock only.
  const Tell tell_;
  std::mutex mutex_;
  std::vector<Waiting> waiting_;  // By shard.
};

}  // namespace atrium
