#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/coordination_metrics.hpp"
#include "analytics/facts.hpp"
#include "analytics/history.hpp"
#include "analytics/metric_history.hpp"
#include "analytics/sample_ring.hpp"
#include "analytics/upkeep.hpp"
#include "base/timer_wheel.hpp"

namespace atrium {

struct RecorderOptions {
  std::chrono::seconds sampling{10};
  KeepingTimes keep = {};
  // Beyond these, what happens is counted under atrium_analytics_left_out_total: facts of further tenants are lost, those of further
  // agents, queues and kinds count for the whole team alone.
  std::size_t tenants_max = 1000;
  std::size_t agents_max = 2000;  // of a tenant in a minute
  std::size_t queues_max = 200;   // likewise
  std::size_t kinds_max = 16;     // of an agent in a minute
  // Minutes of a tenant that wait for a store that refuses; the oldest is lost then (atrium_analytics_minutes_lost_total).
  std::size_t waiting_max = 30;
};

// What is measured of the tenants whose home this loop is: counts their current minute in memory, writes it when it is over, keeps the last
// hour of samples at hand and has hours made of minutes. A process that is killed loses the minute it was counting, and no other that the
// store had confirmed; one that is stopped writes what it has, and the next one adds to that minute. On its loop.
class Recorder final : public MetricHistory {
 public:
  struct Parts {
    Store& store;
    TimerWheel& timers;
    const Now& now;
    MetricSet& metrics;
    Log& log;
    unsigned index;   // Of this loop's shard...
    unsigned shards;  // ...of so many.
  };
  // All of it outlives the recorder.
  Recorder(const Parts& parts, const RecorderOptions& options);

  // Finds the tenants of this loop of which something is kept, and begins to sample.
  void begin();
  // Who knows how teams stand; null (as at first) for nobody. It outlives the recorder or is taken back.
  void watch(const TeamSource* teams) { teams_ = teams; }

  // Counts what happened now. Nothing is kept of the fact's texts.
  void note(std::string_view tenant_id, const Fact& fact);
  // Adds how long messages of the tenant took from receipt to the last hand-over, in µs, and how many the server had to refuse, since the
  // last time.
  void noteMessages(std::string_view tenant_id, const Distribution& latency_us, std::uint64_t failed = 0);

  void read(const std::string& tenant_id, std::vector<std::string> metrics, Wall from, Wall to,
            Completion<std::vector<MetricSeries>> done) override;
  void eachTenant(const std::function<void(const std::string& tenant_id)>& visit) const override {
    for (const auto& [id, tenant] : tenants_) visit(id);
  }
  // What was kept; the current minute, which is not, is not in it.
  void load(RollupQuery query, Completion<RollupHistory> done) { loadHistory(parts_.store, std::move(query), std::move(done)); }
  // How the tenant's team stands and fared within the last hour.
  [[nodiscard]] CoordinationNow standing(std::string_view tenant_id);

  // Writes what the current minutes have so far and samples no more; `done` runs when the store has it or has refused it.
  void stop(std::move_only_function<void()> done);

  [[nodiscard]] const RecorderOptions& options() const { return options_; }
  [[nodiscard]] Wall now() const { return parts_.now.wall; }

 private:
  // The figures of a minute that standing() adds up.
  struct PastMinute {
    Wall from;
    Activity total;
    Distribution message_latency_us;
  };
  struct Tenant {
    explicit Tenant(std::string tenant_id) : id(std::move(tenant_id)) {}
    std::string id;
    Wall opened{};  // The minute in which it was made: the store may have a part of that one from before.
    Rollup current;
    SampleRing ring;
    std::deque<PastMinute> past;        // The last hour's, ascending.
    std::deque<Rollup> waiting;         // Written in order; the first may be on its way.
    std::vector<DocumentKey> replaced;  // What the process before wrote of the first of them; it goes with that write.
    bool writing = false;
    Wall kept_until{};          // The hour up to which upkeep has been through.
    bool looked_after = false;  // Upkeep is at it.
  };

  Tenant* tenantOf(std::string_view tenant_id);
  void restore(Tenant& tenant);
  void tick();
  void sample(Tenant& tenant);
  void turn(Tenant& tenant);
  void writeOn(Tenant& tenant);
  void writeFirst(Tenant& tenant);
  void mergeFirst(Tenant& tenant);
  void written(Tenant& tenant, const Result<void>& result);
  void maintain(Tenant& tenant);
  AgentPart* agentOf(Tenant& tenant, std::string_view agent_id);
  void endIfDone();

  Parts parts_;
  RecorderOptions options_;
  const TeamSource* teams_ = nullptr;
  std::map<std::string, std::unique_ptr<Tenant>, std::less<>> tenants_;  // One stays once it is made.
  TeamSample sample_;                                                    // Reused.
  Upkeep upkeep_;
  std::move_only_function<void()> stopped_;
  bool stopping_ = false;
  Timer timer_;
};

}  // namespace atrium
