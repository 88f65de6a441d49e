#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

// Calls `start(done)`, which begins a call to a service with the callback `done`, and waits for what that brings, `ms` at most; nothing
// when it did not come by then. What comes later is dropped. On a worker only.
template <typename Result, typename Start>
std::optional<Result> wait_at_most(std::uint64_t ms, Start&& start) {
  struct State {
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<Result> result;
  };
  const auto state = std::make_shared<State>();
  start([state](Result came) {
    const std::lock_guard lock(state->mutex);
    state->result.emplace(std::move(came));
    state->arrived.notify_one();
  });
  std::unique_lock lock(state->mutex);
  state->arrived.wait_for(lock, std::chrono::milliseconds(ms), [&] { return state->result.has_value(); });
  return std::move(state->result);
}
