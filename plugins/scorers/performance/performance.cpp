#include <atrium/plugin.hpp>

// The conversion rate, and where it is known with it the satisfaction, half and half.
class Performance {
 public:
  static atrium::Score score(const atrium::Lead&, const atrium::Agent& agent) {
    const auto conversion = agent.conversion_rate(), satisfaction = agent.satisfaction();
    if (!conversion && !satisfaction) return {};
    const double one = conversion ? *conversion : *satisfaction / 5, other = satisfaction ? *satisfaction / 5 : one;
    const double value = std::clamp((one + other) / 2, 0.0, 1.0);
    return {value, value >= 0.8 ? "has done very well" : "has done this before"};
  }
};

ATRIUM_PLUGIN(Performance, "atrium.scorer.performance", "1.0.0")
