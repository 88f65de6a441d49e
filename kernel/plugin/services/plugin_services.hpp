#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "atrium/host.h"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "loop/worker_pool.hpp"
#include "plugin/services/grants.hpp"
#include "plugin/services/http_client.hpp"
#include "plugin/services/pending_calls.hpp"
#include "plugin/services/plugin_jobs.hpp"
#include "plugin/services/plugin_metrics.hpp"
#include "plugin/services/server_access.hpp"
#include "plugin/services/service_line.hpp"

namespace atrium {

// What services are built on. What is null makes those that need it unknown to plugins. All of it outlives every plugin.
struct ServiceParts {
  WorkerPool* workers = nullptr;  // Where jobs and timers of plugins run.
  WorkerPool* answers = nullptr;  // Where answers are handed to plugins; apart from `workers`, whose jobs may wait for them.
  ServerAccess* server = nullptr;
  HttpClient* http = nullptr;
  ServiceLine* line = nullptr;  // In a runner: what of the server is asked there. Then `server` and `http` are null.
};

// The services (atrium/service/) as one instance of a plugin sees them. Made before its create() and ended before its destroy().
class PluginServices {
 public:
  PluginServices(std::string plugin_id, PluginRights rights, const ServiceParts& parts, const Clock& clock, Log& log, GuardedCall guarded);
  ~PluginServices();
  PluginServices(const PluginServices&) = delete;
  PluginServices& operator=(const PluginServices&) = delete;

  // What the plugin is handed; lives as long as the services.
  [[nodiscard]] const atrium_host* host() const { return &host_; }
  [[nodiscard]] const Grants& grants() const { return rights_.grants; }
  // The operator's secret of that name; empty: he gave none. Any thread.
  [[nodiscard]] std::string_view secret(std::string_view name) const {
    const auto found = rights_.secrets.find(name);
    return found == rights_.secrets.end() ? std::string_view() : std::string_view(found->second);
  }
  [[nodiscard]] const PluginMetrics& metrics() const { return metrics_; }

  // Jobs, timers and answers wait from now on; waits until none is inside the plugin. False: something still was after `patience`; what can
  // wait waits all the same. Then letGo().
  [[nodiscard]] bool hold(std::chrono::milliseconds patience);
  void letGo();

  // Cancels timers, completes what is under way with ATRIUM_CANCELLED and waits for what runs. False: something of the plugin still runs
  // after `patience`, so that it must be neither destroyed nor unloaded. May be called again.
  [[nodiscard]] bool end(std::chrono::milliseconds patience);

 private:
  struct Tables;  // The C functions; friends of this class by being part of it.
  static PluginServices& of(const atrium_host* host) { return *static_cast<PluginServices*>(host->context); }

  const std::string plugin_id_;
  const std::string log_event_;  // Each plugin has an event of its own, so that a noisy one silences only itself.
  const PluginRights rights_;
  const ServiceParts parts_;
  const Clock& clock_;
  Log& log_;
  PluginMetrics metrics_;
  std::shared_ptr<PluginJobs> jobs_;                                                          // Null without workers.
  std::shared_ptr<PendingCalls> kv_calls_, http_calls_, publish_calls_, coordination_calls_;  // Null without answers.
  atrium_host host_;
};

// Whether it has a service that answers.
[[nodiscard]] bool isAnswered(const Grants& grants);
// Whether a plugin in a runner asks the server for something.
[[nodiscard]] bool needsServer(const Grants& grants);
// Those that the server keeps for a plugin in a runner, whose jobs and timers are the runner's. All of it outlives them.
[[nodiscard]] std::unique_ptr<PluginServices> runnerServices(const std::string& plugin_id, const PluginRights& rights, ServiceParts parts,
                                                             const Clock& clock, Log& log);

}  // namespace atrium
