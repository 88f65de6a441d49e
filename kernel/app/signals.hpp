#pragma once

#include <functional>

#include "loop/loop.hpp"

namespace atrium {

// Blocks TERM, INT and HUP for the calling thread and all it will start, and ignores PIPE. The first thing a process does.
void blockSignals();

// Turns the blocked signals into calls on a loop's thread. Made before the loop runs; lives until it has ended.
class SignalWatcher final : public Watcher {
 public:
  // `told` gets SIGTERM, SIGINT or SIGHUP, once for each time one arrives (several of a kind at once may count as one).
  SignalWatcher(Loop& loop, std::move_only_function<void(int signal)> told);
  ~SignalWatcher() override;
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  void onReady(std::uint32_t events) override;

 private:
  Loop& loop_;
  std::move_only_function<void(int)> told_;
  int descriptor_;
};

}  // namespace atrium
