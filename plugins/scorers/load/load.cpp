#include <atrium/plugin.hpp>

// One minus the square of the load that the agent would have with one lead more: the first places cost little and the last ones much, so
// that leads spread before anybody is full, and who has few places fills up no sooner than others.
class Load {
 public:
  static atrium::Score score(const atrium::Lead&, const atrium::Agent& agent) {
    const double load = std::clamp(agent.capacity_utilization(), 0.0, 1.0);
    const double next = std::min(1.0, load + 1.0 / std::max(1U, agent.capacity()));
    return {1 - next * next, load == 0 ? "has nothing to do" : load < 0.7 ? "has room" : "is nearly full"};
  }
};

ATRIUM_PLUGIN(Load, "atrium.scorer.load", "1.0.0")
