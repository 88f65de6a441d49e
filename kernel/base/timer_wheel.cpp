#include "base/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace atrium {

void Timer::disarm() {
  if (wheel_) wheel_->unlink(*this);
}

TimerWheel::~TimerWheel() {
  for (auto& level : wheel_)
    for (Timer* head : level)
      while (head) {
        Timer* next = head->next_;
        unlink(*head);
        head = next;
      }
}

std::uint64_t TimerWheel::tickOf(Mono deadline) const {
  if (deadline <= start_) return 0;
  // Rounded up: a timer may be late by a tick, never early.
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(deadline - start_).count());
}

void TimerWheel::arm(Timer& timer, Mono deadline) {
  if (timer.wheel_) timer.wheel_->unlink(timer);
  timer.wheel_ = this;
  timer.deadline_ = deadline;
  ++size_;
  place(timer, tick_ + 1);
}

void TimerWheel::place(Timer& timer, std::uint64_t earliest) {
  const std::uint64_t due = std::max(tickOf(timer.deadline_), earliest);
  const std::uint64_t distance = due - tick_;
  unsigned level = 0;
  while (level + 1 < levels && distance >= 1ULL << (bits * (level + 1))) ++level;
  const std::uint64_t reach = 1ULL << (bits * levels);
  const std::uint64_t placed = distance < reach ? due : tick_ + reach - 1;
  const auto slot = static_cast<unsigned>(placed >> (bits * level)) % slots;
  timer.slot_ = level * slots + slot;
  Timer*& head = wheel_[level][slot];
  timer.next_ = head;
  timer.link_ = &head;
  if (head) head->link_ = &timer.next_;
  head = &timer;
  occupied_[level] |= 1ULL << slot;
}

void TimerWheel::unlink(Timer& timer) {
  *timer.link_ = timer.next_;
  if (timer.next_) timer.next_->link_ = timer.link_;
  const unsigned level = timer.slot_ / slots, slot = timer.slot_ % slots;
  if (!wheel_[level][slot]) occupied_[level] &= ~(1ULL << slot);
  timer.wheel_ = nullptr;
  timer.next_ = nullptr;
  timer.link_ = nullptr;
  --size_;
}

void TimerWheel::cascade(unsigned level) {
  if (level >= levels) return;
  const auto slot = static_cast<unsigned>(tick_ >> (bits * level)) % slots;
  if (slot == 0) cascade(level + 1);
  Timer* timer = std::exchange(wheel_[level][slot], nullptr);
  occupied_[level] &= ~(1ULL << slot);
  while (timer) {
    Timer* next = timer->next_;
    place(*timer, tick_);  // What is due at this very tick lands in the slot about to fire.
    timer = next;
  }
}

void TimerWheel::advance(Mono now) {
  if (now < start_) return;
  const auto target = static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(now - start_).count());
  while (tick_ < target) {
    if (size_ == 0) {
      tick_ = target;
      return;
    }
    ++tick_;
    const auto slot = static_cast<unsigned>(tick_) % slots;
    if (slot == 0) cascade(1);
    while (Timer* timer = wheel_[0][slot]) {
      if (tickOf(timer->deadline_) > tick_) break;  // Cannot be: level 0 holds one lap. Kept so that a mistake is a late timer.
      unlink(*timer);
      timer->fire_();
    }
  }
}

std::optional<Mono> TimerWheel::nextDeadline() const {
  if (size_ == 0) return std::nullopt;
  std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
  for (unsigned level = 0; level < levels; ++level) {
    if (!occupied_[level]) continue;
    const std::uint64_t position = tick_ >> (bits * level);
    // The first occupied slot after the current one; the current one itself is a whole lap away.
    const auto turned = std::rotr(occupied_[level], static_cast<int>((position + 1) % slots));
    const std::uint64_t ahead = 1 + static_cast<unsigned>(std::countr_zero(turned));
    best = std::min(best, (position + ahead) << (bits * level));
  }
  return start_ + std::chrono::milliseconds{static_cast<std::int64_t>(best)};
}

}  // namespace atrium
