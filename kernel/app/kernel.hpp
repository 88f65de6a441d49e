#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/alert_desk.hpp"
#include "analytics/recorder.hpp"
#include "app/control_queue.hpp"
#include "app/data_directory.hpp"
#include "app/loop_access.hpp"
#include "app/loop_shards.hpp"
#include "app/node_state.hpp"
#include "app/settings_map.hpp"
#include "app/signals.hpp"
#include "app/watchdog.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "coaching/coaching_desk.hpp"
#include "config/load.hpp"
#include "coordination/coordination.hpp"
#include "coordination/policy_books.hpp"
#include "loop/loop_pool.hpp"
#include "loop/worker_pool.hpp"
#include "plugin/completion_desk.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/plugin_news.hpp"
#include "plugin/sinks/event_sinks.hpp"
#include "plugin/store_host.hpp"
#include "rest/origin.hpp"
#include "rest/plugin_control.hpp"
#include "transport/connection_budget.hpp"
#include "transport/limits.hpp"

namespace atrium {

// How a server is to be started.
struct StartOptions {
  std::filesystem::path config_file;        // Absolute.
  std::filesystem::path program_directory;  // Where relative plugin directories start.
  Environment environment;                  // Of the process; it overrides the file.
};

// The whole server: builds its parts, connects them, ends them. The signals are blocked (blockSignals()) before it is made; the thread that
// makes it runs it. One at a time in a process, whose working directory becomes the data directory.
class Kernel {
 public:
  // Builds everything and begins to serve; kernel_start.cpp tells the steps. Fails with text for the operator: one clear sentence, or
  // a line for each problem of the configuration. Nothing is left behind then.
  [[nodiscard]] static std::expected<std::unique_ptr<Kernel>, std::string> start(const StartOptions& options);
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Serves until SIGTERM or SIGINT, then ends everything in order (kernel_stop.cpp). Meanwhile it changes plugins and configuration as it
  // is asked to by SIGHUP and the API (kernel_control.cpp).
  void run();

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct Edge;  // What stands on one loop.
  using Failure = std::unexpected<std::string>;

  Kernel(const StartOptions& options, Settings settings);

  // The steps of the start, in this order.
  std::expected<void, std::string> openDataDirectory();
  std::expected<void, std::string> loadPlugins();
  std::expected<void, std::string> openStore();
  std::expected<void, std::string> makeEdges();
  [[nodiscard]] std::expected<void, std::string> checkDurability();
  std::expected<void, std::string> listen();
  void serve();

  // The steps of the stop.
  void drainEdges(std::chrono::milliseconds patience);
  void awaitLoops(std::chrono::milliseconds patience);
  void endParts();
  // Ends the process: nothing of it can be trusted to end in order, and whoever started it starts it again.
  [[noreturn]] static void endAtOnce(Watchdog::Stuck what);

  void onSignal(int signal);

  // What is done in between, on the main thread.
  int waitForStop();
  Result<std::string> control(const PluginCommand& command);
  // Reads the file and tells what differs; `really`: and makes it so, as far as it needs no restart.
  Result<std::string> applyConfiguration(bool really);
  void takeOver(const Settings& settings, const SettingsChange& change);
  // Hands what the section `coordination` says at present to every loop.
  void tellCoordination();
  void reload();

  StartOptions options_;
  Settings settings_;        // What holds at present.
  const Settings at_start_;  // What needs a restart holds as it was then.
  SystemClock clock_;
  Mono started_;
  Log log_;
  MetricRegistry metrics_;
  std::optional<DataDirectory> data_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<WorkerPool> judges_;   // The workers of authenticators: nothing else keeps people from getting in.
  std::unique_ptr<WorkerPool> answers_;  // Hands plugins the answers of services.
  std::unique_ptr<WorkerPool> reports_;  // Makes what GET /metrics and GET /admin/plugins answer, and calls no plugin.
  LoopAccess access_;
  CompletionDesk desk_{metrics_.makeSet()};
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<PluginHost> plugins_;
  std::string storage_name_;
  std::unique_ptr<LoopPool> loops_;
  std::unique_ptr<LoopShards> shards_;
  std::unique_ptr<StoreHost> store_;
  TransportLimits limits_;
  ConnectionBudget budget_;
  OriginPolicy origins_;
  ControlQueue control_;
  const std::function<Result<std::string>(const PluginCommand&)> carry_out_;
  std::unique_ptr<NodeState> node_;
  SinkBoard board_;
  std::unique_ptr<EventInterest> interest_;
  std::vector<Coordination*> desks_;           // The edges', in order.
  std::vector<PolicyBooks*> policy_books_;     // The edges', in order.
  std::vector<Recorder*> recorders_;           // Those of the edges, in order.
  std::vector<CoachingDesk*> coaching_desks_;  // One on each edge.
  std::vector<std::unique_ptr<Edge>> edges_;
  std::vector<AlertDesk*> alert_desks_;  // Of the edges, in their order.
  std::unique_ptr<PluginNews> news_;
  std::unique_ptr<EventSinks> sinks_;  // On the first edge's loop.
  std::uint16_t port_ = 0;
  std::unique_ptr<SignalWatcher> signals_;
  std::unique_ptr<Watchdog> watchdog_;
  std::atomic<std::int64_t> stop_asked_ns_{0};  // When, in nanoseconds of Mono.
  std::optional<Mono> end_by_;                  // Set when the stop begins.
};

}  // namespace atrium
