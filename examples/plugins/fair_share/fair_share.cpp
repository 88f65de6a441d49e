// [snippet:whole]
#include <atrium/plugin.hpp>

// Spreads leads: the emptier an agent's desk and the longer he has been idle, the better he fits; from the queue, the lead that waited
// longest.
class FairShare {
 public:
  explicit FairShare(const atrium::Json& options)
      : idle_ms_(60'000.0 * options["idle_minutes"].as_number().value_or(30)),
        waiting_ms_(60'000.0 * options["waiting_minutes"].as_number().value_or(15)) {}

  void score(const atrium::Lead&, atrium::Agents agents, atrium::Scores scores) const {
    for (std::uint32_t at = 0; at < agents.size(); ++at) {
      const atrium::Agent agent = agents[at];
      if (!agent.is_available()) continue;  // Not set: it abstains.
      const double load = std::clamp(agent.capacity_utilization(), 0.0, 1.0);
      const double idle = std::min(1.0, static_cast<double>(agent.idle_ms()) / idle_ms_);
      // The square lets the last free place weigh more than the first.
      scores[at] = {0.7 * (1 - load * load) + 0.3 * idle, load == 0 ? "has an empty desk" : "has a free place"};
    }
  }

  atrium::Score score_queue(const atrium::Agent&, const atrium::Lead& lead) const {
    return {std::min(1.0, static_cast<double>(lead.waiting_ms()) / waiting_ms_), "has waited"};
  }

 private:
  double idle_ms_;
  double waiting_ms_;
};

ATRIUM_PLUGIN(FairShare, "com.acme.fair-share", "1.0.0")
// [/snippet]
