#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atrium/service/http.h"
#include "base/result.hpp"
#include "plugin/services/grants.hpp"

namespace atrium {

// One request to another server, read out of what a plugin handed over. A value.
struct OutboundRequest {
  std::string method;
  std::string host;  // In lower case.
  unsigned port = 0;
  bool tls = false;
  std::string target;  // Path and query.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds timeout{10'000};         // For everything together.
  bool streamed = false;                             // The body is wanted while it comes...
  std::function<void(std::string_view)> piece = {};  // ...and is handed here, on the thread that carries it, instead of into the answer.
};

struct OutboundAnswer {
  atrium_status status = ATRIUM_FAILED;
  std::string text;  // The object that the service promises, or a sentence.
};

// What the plugin asks for, when it makes sense and its grants cover it; otherwise the answer.
[[nodiscard]] std::expected<OutboundRequest, OutboundAnswer> readOutbound(const atrium_http_call* call, const Grants& grants);

// The socket of a request under way, for whoever cuts it off at its deadline. Any thread.
class SocketCut {
 public:
  void watch(int descriptor);
  void unwatch();  // Before the descriptor is closed.
  void cut();      // Whoever reads or writes there fails at once, now or later.
  [[nodiscard]] bool wasCut() const;

 private:
  mutable std::mutex mutex_;
  int descriptor_ = -1;
  bool cut_ = false;
};

// Blocks until the answer is there or the request failed.
[[nodiscard]] OutboundAnswer carryOut(const OutboundRequest& request, SocketCut& cut);

}  // namespace atrium
