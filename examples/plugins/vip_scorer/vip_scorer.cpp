// Sends vip leads to senior agents: the smallest useful plugin.
// [snippet:whole]
#include <atrium/plugin.hpp>
struct VipScorer {
  atrium::Score score(const atrium::Lead& lead, const atrium::Agent& agent) const {
    const bool vip = lead["tier"] == "vip";
    return {vip == agent.has_skill("senior") ? 1.0 : 0.2, "vip leads go to senior agents"};
  }
};
ATRIUM_PLUGIN(VipScorer, "com.acme.vip-scorer", "1.0.0")
// [/snippet]
