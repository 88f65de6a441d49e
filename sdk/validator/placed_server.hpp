#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "loop/worker_pool.hpp"
#include "plugin/services/plugin_services.hpp"
#include "plugin/services/server_access.hpp"

namespace atrium::validate {

// What stands behind the server's own services where no server is: documents in memory, rooms that take every message, desks that grant
// every request, other systems that answer 200 with "{}", and threads for jobs, timers and answers. Made before the plugin and ended after
// it.
class PlacedServer final : public ServerAccess {
 public:
  // Both outlive it.
  PlacedServer(const Clock& clock, Log& log);
  ~PlacedServer() override;

  [[nodiscard]] ServiceParts services();

  void get(DocumentKey key, Completion<std::optional<Document>> done) override;
  void write(std::vector<DocumentWrite> writes, Completion<void> done) override;
  void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) override;
  void post(PluginPost post, Completion<std::string> done) override;
  void coordinate(PluginCoordination request, Completion<std::string> done) override;

 private:
  MetricRegistry metrics_;
  WorkerPool workers_, answers_;
  HttpClient http_;
  std::mutex mutex_;
  std::map<DocumentKey, std::string> values_;
};

}  // namespace atrium::validate
