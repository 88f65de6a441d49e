#include <atrium/plugin.hpp>

// Leads of a high tier go to senior agents. The same lead and agent always get the same score.
struct SampleName {
  static atrium::Score score(const atrium::Lead& lead, const atrium::Agent& agent) {
    const bool vip = lead["tier"] == "vip";
    return {vip == agent.has_skill("senior") ? 1.0 : 0.2, "vip leads go to senior agents"};
  }
  static constexpr atrium::RoutingScorerInfo routing_scorer{.name = "sample_name"};
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
