#pragma once

#include <chrono>
#include <cstddef>

#include "transport/http_parser.hpp"

namespace atrium {

// The bounds of one loop's connections. What happens at each stands beside it; how many connections there may be is ConnectionBudget's.
struct TransportLimits {
  HttpParserLimits http;

  std::size_t pipelined_max = 16;         // Requests of a connection in work; it is not read until one is answered.
  std::size_t read_max = 32 * 1024;       // Bytes taken from a connection in one turn; the rest waits for the next one.
  std::size_t outbox_max = 1024 * 1024;   // Bytes waiting for a WebSocket client; a push above it is refused.
  std::size_t linger_bytes = 256 * 1024;  // Bytes of a refused client read and dropped; it is cut off above them.
  std::size_t refusals_max = 64;          // Clients above the budget being told so; further ones are just closed.

  std::chrono::milliseconds head_timeout{10'000};        // From a request's first byte to the end of its head; then 408.
  std::chrono::milliseconds body_pause{10'000};          // Between two pieces of a body; then 408.
  std::chrono::milliseconds body_timeout{60'000};        // From a request's first byte to its last; then 408.
  std::size_t body_rate_min = 1024;                      // Bytes a second a body comes with once body_pause is over; slower is 408.
  std::chrono::milliseconds keep_alive_timeout{75'000};  // Between two requests; then the connection is closed.
  std::chrono::milliseconds close_timeout{5'000};        // From our Close frame to the client's; then the connection is cut.
  std::chrono::milliseconds linger_timeout{2'000};       // From our last byte to the client's end; then the connection is cut.
  std::chrono::milliseconds write_timeout{30'000};       // In which a client takes nothing of what waits for it; then it is cut.
  std::chrono::milliseconds slow_timeout{10'000};        // For an outbox that has been full to come down to its half; then close 4008.
};

}  // namespace atrium
