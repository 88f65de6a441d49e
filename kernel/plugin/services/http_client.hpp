#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "atrium/service/http.h"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "loop/worker_pool.hpp"
#include "plugin/services/grants.hpp"
#include "plugin/services/http_request.hpp"
#include "plugin/services/pending_calls.hpp"

namespace atrium {

// Requests of plugins to other servers ("atrium.http/1"), on threads of its own, so that a server that does not answer holds up nothing
// else. A connection a request; redirects are answers like any other; certificates are checked against the system's authorities, and
// names against certificates. Any thread.
class HttpClient {
 public:
  struct Options {
    unsigned threads = 16;           // An answer that is streamed keeps one for as long as it comes.
    std::size_t requests_max = 256;  // That wait or run, of all plugins together.
    // Blocks until the answer is there; whoever has no network puts something else here.
    std::function<OutboundAnswer(const OutboundRequest& request, SocketCut& cut)> carry = carryOut;
  };
  // All of it outlives the client; `metrics` is its own set.
  HttpClient(Options options, const Clock& clock, Log& log, MetricSet& metrics);

  // Completes what atrium/service/http.h says by way of `calls`.
  void send(const std::shared_ptr<PendingCalls>& calls, const Grants& grants, const std::string& plugin_id, const atrium_http_call* call,
            const atrium_token* token);

  // Refuses what comes later, cuts off what runs and waits for its end.
  void stop();

 private:
  void forget(const std::shared_ptr<SocketCut>& cut);

  const std::function<OutboundAnswer(const OutboundRequest&, SocketCut&)> carry_;
  std::mutex mutex_;
  std::set<std::shared_ptr<SocketCut>> under_way_;
  WorkerPool pool_;
};

}  // namespace atrium
