#include <atrium/plugin.hpp>

// The free part of an agent's places: linear, so the last free place weighs as much as the first.
class Availability {
 public:
  static atrium::Score score(const atrium::Lead&, const atrium::Agent& agent) {
    const double free = 1 - std::clamp(agent.capacity_utilization(), 0.0, 1.0);
    return {free, free == 1 ? "has nothing to do" : free > 0 ? "has a free place" : "has no free place"};
  }
};

ATRIUM_PLUGIN(Availability, "atrium.scorer.availability", "1.0.0")
