#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.hpp"

namespace atrium {

// Deadlines of one loop, kept in a hierarchical wheel: four levels of 64 slots over ticks of 1 ms, so that arming, moving and
// disarming cost the same however many there are. A timer fires at the first advance() at or after its deadline, never before.
// Deadlines further than 64^4 ms (4.6 h) wait in the last level and are placed again when it turns. One thread.
class TimerWheel;

// One deadline. The owner keeps it where it does not move; destroying it disarms it. Idle until armed.
class Timer {
 public:
  // `fire` runs on the wheel's thread, from advance(); it may arm, disarm or destroy any timer, its own too if that is the last thing
  // it does.
  explicit Timer(std::move_only_function<void()> fire) : fire_(std::move(fire)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { disarm(); }

  [[nodiscard]] bool armed() const { return wheel_ != nullptr; }
  [[nodiscard]] Mono deadline() const { return deadline_; }
  void disarm();

 private:
  friend class TimerWheel;
  std::move_only_function<void()> fire_;
  TimerWheel* wheel_ = nullptr;
  Timer* next_ = nullptr;
  Timer** link_ = nullptr;  // The pointer that points here.
  Mono deadline_{};
  std::uint32_t slot_ = 0;
};

class TimerWheel {
 public:
  explicit TimerWheel(Mono start) : start_(start) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  // Arms `timer`, or moves it if it is armed. A deadline in the past fires at the next advance().
  void arm(Timer& timer, Mono deadline);
  // Fires what is due at `now`, in order of tick.
  void advance(Mono now);
  // When advance() must be called next, at the latest (it may find nothing due then); nothing when no timer is armed.
  [[nodiscard]] std::optional<Mono> nextDeadline() const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  friend class Timer;
  static constexpr unsigned levels = 4, slots = 64, bits = 6;

  [[nodiscard]] std::uint64_t tickOf(Mono deadline) const;
  void place(Timer& timer, std::uint64_t earliest);
  void unlink(Timer& timer);
  void cascade(unsigned level);

  Mono start_;
  std::uint64_t tick_ = 0;  // Everything due at or before it has fired.
  std::size_t size_ = 0;
  std::array<std::array<Timer*, slots>, levels> wheel_{};
  std::array<std::uint64_t, levels> occupied_{};  // One bit a slot.
};

}  // namespace atrium
