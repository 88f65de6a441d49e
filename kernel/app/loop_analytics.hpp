#pragma once

#include <map>
#include <string>
#include <vector>

#include "analytics/recorder.hpp"
#include "app/tenant_road.hpp"
#include "base/timer_wheel.hpp"
#include "engine/shard.hpp"
#include "rest/analytics_control.hpp"

namespace atrium {

// One loop's part in what is measured: tells each tenant's home how long the messages of this loop took and how many failed, and is its
// API's way to reports. On that loop.
class LoopAnalytics final : public AnalyticsControl {
 public:
  struct Parts {
    unsigned index;
    Shards& shards;
    const std::vector<Recorder*>& recorders;  // One for each shard, in order, once the server serves.
    Shard& shard;
    TimerWheel& timers;
    const Now& now;
    MetricSet& metrics;
    RecorderOptions options;
  };
  // Reports of this loop that may be under way; further ones are refused with overloaded.
  static constexpr unsigned reports_max = 8;

  // All of it outlives this.
  explicit LoopAnalytics(const Parts& parts);

  // Begins to tell of messages, as often as is sampled.
  void begin();

  void report(AnalyticsAsk ask, Completion<std::string> done) override;
  void metrics(std::string tenant_id, Completion<std::string> done) override;

 private:
  void tellMessages();

  Parts parts_;
  TenantRoad<Recorder> road_;
  struct Told {
    Histogram::Snapshot latency;
    std::uint64_t failed = 0;
  };
  std::map<std::string, Told, std::less<>> told_;  // What each tenant's home has been told; options.tenants_max of them.
  unsigned reports_ = 0;
  Timer timer_;
};

}  // namespace atrium
