#include <atrium/plugin.hpp>

// How far the value an agent has received for a place is behind the mean of those who could get the lead: 0.5 at the mean, 1 for one who
// has received nothing, 0 for one who has received twice as much.
class Fairness {
 public:
  static void score(const atrium::Lead&, atrium::Agents agents, atrium::Scores scores) {
    double sum = 0;
    std::uint32_t known = 0;
    for (const atrium::Agent agent : agents)
      if (const auto value = received(agent)) sum += *value, ++known;
    if (known == 0 || sum <= 0) return;  // Nobody is behind.
    const double mean = sum / known;
    for (std::uint32_t at = 0; at < agents.size(); ++at)
      if (const auto value = received(agents[at])) {
        const double behind = std::clamp(1 - *value / mean / 2, 0.0, 1.0);
        scores[at] = {behind, behind > 0.6 ? "has received less than the others" : "has had a share"};
      }
  }

 private:
  static std::optional<double> received(const atrium::Agent& agent) { return agent["value_received"].as_number(); }
};

ATRIUM_PLUGIN(Fairness, "atrium.scorer.fairness", "1.0.0")
