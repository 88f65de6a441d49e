#pragma once

#include <deque>
#include <functional>
#include <utility>

namespace atrium {

// Runs steps one after the other, although each may end later than it began. One thread. The owner bounds how many wait (size()) and
// outlives them.
class Serial {
 public:
  using Next = std::move_only_function<void()>;
  using Step = std::move_only_function<void(Next)>;  // Calls its argument exactly once, at its end.

  void run(Step step) {
    steps_.push_back(std::move(step));
    advance();
  }
  // Runs those that wait at once, although the present one has not ended; for steps that know it and refuse.
  void runWaiting() {
    for (Step& step : std::exchange(steps_, {})) step([] {});
  }
  [[nodiscard]] std::size_t size() const { return steps_.size() + (busy_ ? 1 : 0); }

 private:
  void advance() {
    if (advancing_) return;  // The loop below goes on, so that steps that end at once do not nest.
    advancing_ = true;
    while (!steps_.empty() && !busy_) {
      busy_ = true;
      Step step = std::move(steps_.front());
      steps_.pop_front();
      step([this] {
        busy_ = false;
        advance();
      });
    }
    advancing_ = false;
  }
  std::deque<Step> steps_;
  bool busy_ = false;
  bool advancing_ = false;
};

}  // namespace atrium
