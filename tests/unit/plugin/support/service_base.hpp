#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "fake_server.hpp"
#include "plugin/services/plugin_services.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {

// What the services of a server are built on; outlives them.
struct ServiceBase {
  SystemClock clock;
  Log log{Log::Options{.level = LogLevel::error}};
  MetricRegistry registry{metric_table};
  FakeServer server;
  WorkerPool workers{{.threads = 2}, clock, log, registry.makeSet()};
  WorkerPool answers{{.threads = 1}, clock, log, registry.makeSet()};
  HttpClient http{{.threads = 1}, clock, log, registry.makeSet()};
  [[nodiscard]] ServiceParts parts() { return {.workers = &workers, .answers = &answers, .server = &server, .http = &http}; }
};

}  // namespace atrium::test
