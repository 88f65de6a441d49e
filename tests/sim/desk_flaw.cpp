#include "sim/desk_flaw.hpp"

#include <map>

#include "coordination/agent.hpp"
#include "coordination/lead.hpp"
#include "coordination/offer.hpp"

namespace atrium::sim {

std::string deskFlaw(const std::function<std::vector<Document>(const DocumentKey& prefix)>& documents, const std::string& tenant_id,
                     const std::function<bool(const std::string& agent_id)>& shrinks) {
  std::map<std::string, std::uint32_t> places, caps;
  std::map<std::string, std::vector<LeadOffer>> by_lead;
  std::map<std::string, bool> meant;
  for (const Document& document : documents({"agent", tenant_id})) caps[document.key[2]] = decodeAgent(document)->capacity;
  for (const Document& document : documents({"offer", tenant_id})) {
    const auto offer = decodeOffer(document);
    if (!offer || !offer->open()) return "an offer that is over is among the open ones: " + document.value;
    ++places[offer->agent_id];
    meant[offer->agent_id] |= offer->over_cap;
    by_lead[offer->lead_id].push_back(*offer);
  }
  for (const auto& [agent, taken] : places)
    if (taken > caps[agent] && !meant[agent] && !(shrinks && shrinks(agent)))
      return agent + " has " + std::to_string(taken) + " of " + std::to_string(caps[agent]);
  for (const Document& document : documents({"lead", tenant_id})) {
    const auto lead = decodeLead(document);
    if (!lead || lead->state == LeadState::closed) return "a lead that is over is among the open ones: " + document.value;
    std::uint32_t asked = 0, owned = 0, handed = 0;
    for (const LeadOffer& offer : by_lead[lead->lead_id]) {
      if (offer.kind == OfferKind::handoff && offer.state == OfferState::pending)
        ++handed;
      else if (offer.state == OfferState::pending)
        ++asked;
      else if (offer.agent_id == lead->owner)
        ++owned;
      else
        return "a second owner of " + lead->lead_id + ": " + offer.agent_id;
    }
    const bool has_owner = lead->state == LeadState::active || lead->state == LeadState::wrapping;
    if (owned != (has_owner ? 1U : 0U))
      return lead->lead_id + " is " + std::string(word(lead->state)) + " and has " + std::to_string(owned) + " owners";
    if (asked != (lead->state == LeadState::offered ? 1U : 0U))
      return lead->lead_id + " is " + std::string(word(lead->state)) + " and is offered to " + std::to_string(asked);
    if (handed > (lead->handoff_id.empty() ? 0U : 1U)) return lead->lead_id + " is handed over to " + std::to_string(handed);
    if (has_owner == lead->owner.empty())
      return lead->lead_id + " is " + std::string(word(lead->state)) + " and has owner \"" + lead->owner + "\"";
    by_lead.erase(lead->lead_id);
  }
  for (const auto& [lead, offers] : by_lead)
    if (!offers.empty()) return "an offer of a lead that is not open: " + lead;
  return {};
}

}  // namespace atrium::sim
