#pragma once

#include <string>
#include <vector>

#include "analytics/recorder.hpp"
#include "base/timer_wheel.hpp"
#include "engine/topics.hpp"

namespace atrium {

// Shows how each measured tenant's team stands and fared in its topic `metrics`: under the key "coordination" what
// GET /coordination/metrics answers, anew at each sampling. A few tenants at a time, so that a loop with many of them does not stand still
// while it adds up their hours. On the home loop of those tenants.
class MetricsTopic {
 public:
  static constexpr std::string_view key = "coordination";
  static constexpr std::size_t tenants_at_once = 10;
  static constexpr std::chrono::milliseconds pause{20};  // Before the next ones.

  // All of it outlives this.
  MetricsTopic(Recorder& recorder, Topics& topics, TimerWheel& timers, const Now& now)
      : recorder_(recorder), topics_(topics), timers_(timers), now_(now), timer_([this] { turn(); }) {}

  // Once, when the loop runs.
  void begin() { timers_.arm(timer_, now_.mono + recorder_.options().sampling); }

 private:
  void turn();

  Recorder& recorder_;
  Topics& topics_;
  TimerWheel& timers_;
  const Now& now_;
  std::vector<std::string> waiting_;  // Tenants whose turn comes in this round; as many as the recorder measures.
  Mono next_round_{};
  Timer timer_;
};

}  // namespace atrium
