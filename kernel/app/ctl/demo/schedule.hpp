#pragma once

#include <algorithm>
#include <functional>
#include <map>

#include "base/clock.hpp"

namespace atrium::demo {

// What is to be done, and when. What is due is done in the order of time; of equal times, in that in which it was asked for. One thread.
class Schedule {
 public:
  using Action = std::move_only_function<void()>;

  void at(Mono time, Action action) { actions_.emplace(time, std::move(action)); }
  // Does the first that is due, if there is one.
  bool doNext(Mono now) {
    if (actions_.empty() || actions_.begin()->first > now) return false;
    auto first = actions_.extract(actions_.begin());
    first.mapped()();
    return true;
  }
  // How long nothing is due, and so long at most.
  [[nodiscard]] std::chrono::nanoseconds pause(Mono now, std::chrono::nanoseconds most) const {
    if (actions_.empty()) return most;
    return std::clamp<std::chrono::nanoseconds>(actions_.begin()->first - now, std::chrono::nanoseconds{0}, most);
  }

 private:
  std::multimap<Mono, Action> actions_;
};

}  // namespace atrium::demo
