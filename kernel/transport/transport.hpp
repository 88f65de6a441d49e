#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "loop/loop.hpp"
#include "transport/connection_budget.hpp"
#include "transport/http.hpp"
#include "transport/limits.hpp"
#include "transport/listener.hpp"

namespace atrium {

// The edge of one loop: accepts clients, speaks HTTP and WebSocket with them. On the loop's thread, or before the loop runs.
class Transport {
 public:
  // All outlive the transport; `limits` and `budget` are shared by the transports of all loops.
  Transport(Loop& loop, const TransportLimits& limits, ConnectionBudget& budget, HttpHandler& handler);
  // Cuts what is still open; handlers are told. On the loop's thread, or after the loop has ended.
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Accepts from this socket too.
  void listen(ListenSocket socket);
  // Clients wait in the system's queue meanwhile.
  void pauseAccepting();
  void resumeAccepting();
  // Writes what is due. To be added with Loop::atTurnEnd(), behind the steps that push frames and before those that look at
  // Link::flushed().
  void flush();
  // Stops accepting for good, ends idle HTTP connections, and the others after their present answer. WebSockets are closed by who owns
  // their links. What is still there after `patience` is cut. `closed` runs when nothing is left, perhaps within this call; it must not
  // destroy the transport. To be called once.
  void drain(std::chrono::milliseconds patience, std::move_only_function<void()> closed);
  // Clients connected, those being told that there is no room included.
  [[nodiscard]] std::size_t connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atrium
