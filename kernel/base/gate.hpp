#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "base/assert.hpp"

namespace atrium {

// An orderly end: after close() nothing new enters, and `closed` runs when the last one inside has left. One thread.
class Gate {
 public:
  // Move-only proof of being inside; leaves when destroyed. False when the gate was shut already.
  class Pass {
   public:
    Pass() = default;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      if (this != &other) {
        leave();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }
    ~Pass() { leave(); }
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    void leave() {
      if (Gate* gate = std::exchange(gate_, nullptr)) gate->left();
    }
    Gate* gate_ = nullptr;
  };

  [[nodiscard]] Pass enter() {
    if (shut_) return Pass{};
    ++inside_;
    return Pass{this};
  }
  [[nodiscard]] bool shut() const { return shut_; }
  [[nodiscard]] std::uint64_t inside() const { return inside_; }

  // Runs `closed` at once when nobody is inside. To be called once.
  void close(std::move_only_function<void()> closed) {
    ATRIUM_ASSERT(!shut_, "a gate is closed once");
    shut_ = true;
    closed_ = std::move(closed);
    if (inside_ == 0) std::exchange(closed_, nullptr)();
  }

 private:
  void left() {
    if (--inside_ == 0 && shut_) std::exchange(closed_, nullptr)();
  }
  bool shut_ = false;
  std::uint64_t inside_ = 0;
  std::move_only_function<void()> closed_;
};

}  // namespace atrium
