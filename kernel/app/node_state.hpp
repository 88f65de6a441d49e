#pragma once

#include <atomic>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "loop/loop_pool.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/sinks/sink_board.hpp"
#include "plugin/store_host.hpp"
#include "rest/node.hpp"
#include "transport/connection_budget.hpp"

namespace atrium {

// What the process knows of itself, for /health, /metrics and the metrics JSON. Any thread.
class NodeState final : public Node {
 public:
  // All outlive the state; `own` is a metric set of its own.
  struct Parts {
    MetricRegistry& metrics;
    MetricSet& own;
    Log& log;
    const Clock& clock;
    const PluginHost& plugins;
    const StoreHost& store;
    LoopPool& loops;
    const ConnectionBudget& connections;
    std::size_t connections_max;
    std::string storage_name;
    const SinkBoard& board;
  };
  explicit NodeState(Parts parts) : parts_(std::move(parts)) {}

  // starting → ready → draining. A stop that was asked for during the start stands.
  void ready() {
    Phase before = Phase::starting;
    phase_.compare_exchange_strong(before, Phase::ready);
  }
  void drain() { phase_.store(Phase::draining); }
  [[nodiscard]] bool draining() const { return phase_.load() == Phase::draining; }

  // Logs server.degraded and server.recovered when readiness() changed for another reason than a start or stop. On one thread.
  void watch();

  [[nodiscard]] Readiness readiness() const override;
  [[nodiscard]] NodeStatus status(bool whole) const override;
  void appendMetrics(std::string& out) const override;
  [[nodiscard]] std::string pluginsJson() const override { return parts_.plugins.adminJson(); }

 private:
  enum class Phase : std::uint8_t { starting, ready, draining };
  [[nodiscard]] bool loopsTurn() const;

  Parts parts_;
  std::atomic<Phase> phase_{Phase::starting};
  bool degraded_ = false;  // watch()'s own.
};

}  // namespace atrium
