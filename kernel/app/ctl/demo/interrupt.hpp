#pragma once

#include <chrono>
#include <csignal>

namespace atrium::demo {

// Whether somebody wants the program to end: TERM, INT and HUP, which end nothing by themselves for as long as this lives, and nor does
// PIPE, as connections may break. One thread.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Once it was asked for, it stays so.
  [[nodiscard]] bool asked() { return wait(std::chrono::milliseconds{0}); }
  // Waits until somebody asks, and so long at most.
  bool wait(std::chrono::milliseconds time);

 private:
  sigset_t watched_{};
  sigset_t before_{};
  struct sigaction pipe_before_{};
  bool asked_ = false;
};

}  // namespace atrium::demo
