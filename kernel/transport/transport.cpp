#include "transport/transport.hpp"

#include <vector>

#include "transport/connection_set.hpp"
#include "transport/socket_stream.hpp"

namespace atrium {

struct Transport::State {
  State(Loop& its_loop, const TransportLimits& limits, ConnectionBudget& its_budget, HttpHandler& handler)
      : loop(its_loop), budget(its_budget), connections(its_loop, limits, handler), patience_end([this] { connections.abortAll(); }) {}

  void accepted(int descriptor, bool from_loopback) {
    auto stream = std::make_unique<SocketStream>(descriptor);
    if (auto place = budget.take()) return connections.add(std::move(stream), from_loopback, std::move(place));
    connections.addRefused(std::move(stream));
  }

  Loop& loop;
  ConnectionBudget& budget;
  ConnectionSet connections;
  Timer patience_end;
  std::vector<std::unique_ptr<Listener>> listeners;
};

Transport::Transport(Loop& loop, const TransportLimits& limits, ConnectionBudget& budget, HttpHandler& handler)
    : state_(std::make_unique<State>(loop, limits, budget, handler)) {}

Transport::~Transport() = default;

void Transport::listen(ListenSocket socket) {
  state_->listeners.push_back(std::make_unique<Listener>(
      state_->loop, std::move(socket),
      [state = state_.get()](int descriptor, bool from_loopback) { state->accepted(descriptor, from_loopback); }));
}

void Transport::pauseAccepting() {
  for (const auto& listener : state_->listeners) listener->pause();
}

void Transport::resumeAccepting() {
  for (const auto& listener : state_->listeners) listener->resume();
}

void Transport::flush() { state_->connections.flush(); }

void Transport::drain(std::chrono::milliseconds patience, std::move_only_function<void()> closed) {
  state_->listeners.clear();
  state_->loop.timers().arm(state_->patience_end, state_->loop.now().mono + patience);
  state_->connections.drain([state = state_.get(), closed = std::move(closed)]() mutable {
    state->patience_end.disarm();
    closed();
  });
}

std::size_t Transport::connections() const { return state_->connections.size(); }

}  // namespace atrium
