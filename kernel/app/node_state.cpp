#include "app/node_state.hpp"

#include <algorithm>
#include <utility>

#include "app/process_figures.hpp"
#include "app/watchdog.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

// A turn that lasts longer keeps so many clients waiting that a balancer had better send new ones elsewhere.
constexpr std::chrono::seconds turn_healthy_max{1};

}  // namespace

bool NodeState::loopsTurn() const { return !stuckLoop(parts_.loops, parts_.clock.now().mono, turn_healthy_max); }

Readiness NodeState::readiness() const {
  const Result<void> store = parts_.store.health();
  const bool loops = loopsTurn();
  Readiness readiness;
  readiness.components.push_back({.name = "storage",
                                  .healthy = store.has_value(),
                                  // Not "open", which of a breaker means that storage does not answer.
                                  .state = store ? "answering" : "failed",
                                  .detail = store ? parts_.storage_name : store.error().detail});
  // The node serves what the others provide, and every other node has the same plugins: no reason to send clients elsewhere.
  PluginsHealth plugins = parts_.plugins.health();
  readiness.components.push_back({.name = "plugins",
                                  .healthy = plugins.whole,
                                  .state = plugins.whole ? "active" : "degraded",
                                  .detail = std::move(plugins.detail),
                                  .needed = false});
  readiness.components.push_back({.name = "loops", .healthy = loops, .state = loops ? "turning" : "stuck", .detail = {}});
  const bool whole = std::ranges::all_of(readiness.components, [](const Component& each) { return each.healthy || !each.needed; });
  switch (phase_.load()) {
    case Phase::starting: readiness.status = "starting"; break;
    case Phase::draining: readiness.status = "draining"; break;
    case Phase::ready:
      readiness.status = whole ? "ready" : "failed";
      readiness.ready = whole;
      break;
  }
  return readiness;
}

NodeStatus NodeState::status(bool whole) const {
  const Readiness now = readiness();
  NodeStatus status;
  status.ready = now.ready;
  status.websocket_health = draining() ? "draining" : loopsTurn() ? "healthy" : "unhealthy";
  status.breakers.emplace_back("storage", parts_.store.breakerState());
  if (!whole) return status;
  const ProcessFigures process = readProcessFigures();
  const double connections = static_cast<double>(parts_.connections.taken());
  status.resource_utilization = {{"connections", connections},
                                 {"connections_used", connections / static_cast<double>(parts_.connections_max)},
                                 {"store_queue_items", static_cast<double>(parts_.metrics.sum(Metric::store_queue_items))},
                                 {"resident_bytes", static_cast<double>(process.resident_bytes)},
                                 {"cpu_seconds_total", process.cpu_seconds},
                                 {"threads", static_cast<double>(process.threads)},
                                 {"open_descriptors", static_cast<double>(process.open_descriptors)},
                                 {"descriptors_used", static_cast<double>(process.open_descriptors) /
                                                          static_cast<double>(std::max<std::uint64_t>(process.descriptors_max, 1))}};
  return status;
}

void NodeState::appendMetrics(std::string& out) const {
  parts_.own.set(Metric::log_dropped, static_cast<std::int64_t>(parts_.log.dropped()));
  parts_.metrics.appendPrometheus(out);
  parts_.plugins.appendPrometheus(out);
  parts_.board.appendPrometheus(out);
  appendProcessMetrics(out, readProcessFigures());
}

void NodeState::watch() {
  const Readiness now = readiness();
  if (now.status != "ready" && now.status != "failed") return;
  if (degraded_ == !now.ready) return;
  degraded_ = !now.ready;
  if (!degraded_) return parts_.log.info("server.recovered");
  for (const Component& component : now.components)
    if (!component.healthy && component.needed)
      parts_.log.error("server.degraded", {{"component", component.name}, {"state", component.state}, {"detail", component.detail}});
}

}  // namespace atrium
