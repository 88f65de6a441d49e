#include <algorithm>
#include <utility>

#include "coordination/desk.hpp"
#include "coordination/desk_ready.hpp"
#include "coordination/stored_json.hpp"

// What would even out the load.
namespace atrium {

namespace {

constexpr std::size_t moves_max = 20;     // Of one rebalancing.
constexpr std::size_t movable_max = 200;  // Leads that are looked at for it.

}  // namespace

// From the fullest to the emptiest who may take it, while that makes the difference smaller; leads nobody has answered yet, newest first.
std::vector<Move> Desk::plan() const {
  std::map<std::string, double> load;  // As it would be, in parts of the capacity.
  for (const auto& [id, seat] : team_.seats())
    if (seat.sessions > 0 && !seat.profile->isPaused()) load[id] = seat.utilisation();
  std::vector<const LeadOffer*> movable;
  for (const auto& [id, offer] : offers_)
    if (offer.state == OfferState::active && offer.first_response == Wall{} && load.contains(offer.agent_id)) movable.push_back(&offer);
  std::ranges::sort(movable, std::ranges::greater{},
                    [&load](const LeadOffer* offer) { return std::pair(load[offer->agent_id], offer->accepted); });
  if (movable.size() > movable_max) movable.resize(movable_max);

  std::vector<Move> moves;
  std::map<std::string, Seat> filled;  // Those to whom something moves, as they would be.
  for (const LeadOffer* offer : movable) {
    if (moves.size() == moves_max) break;
    const Lead& lead = leads_.find(offer->lead_id)->second;
    if (!lead.handoff_id.empty()) continue;
    double& his = load[offer->agent_id];
    const double leaves = 1.0 / team_.find(offer->agent_id)->profile->capacity;
    const Seat* best = emptiestFor(lead, offer->agent_id, his - leaves, load, filled);
    if (!best) continue;
    double& others = load[best->profile->agent_id];
    moves.push_back(
        {lead.lead_id, offer->agent_id, best->profile->agent_id,
         "evens out " + std::to_string(static_cast<int>(his * 100)) + " % and " + std::to_string(static_cast<int>(others * 100)) + " %"});
    his -= leaves;
    others += 1.0 / best->profile->capacity;
    LeadOffer moved;
    moved.offer_id = lead.lead_id;
    moved.channel = lead.channel;
    moved.made = parts_.now.wall;
    Team::take(filled.try_emplace(best->profile->agent_id, *best).first->second, moved, parts_.now.wall);
  }
  return moves;
}

// Who may take the lead and has the least to do, and with it would have no more than `left`; with more it would only swap who is the fuller
// one. Null: nobody.
const Seat* Desk::emptiestFor(const Lead& lead, const std::string& owner, double left, const std::map<std::string, double>& load,
                              const std::map<std::string, Seat>& filled) const {
  const Seat* best = nullptr;
  double least = 0;
  for (const auto& [id, his] : load) {
    const Seat& seat = *team_.find(id);
    const double with_it = his + 1.0 / seat.profile->capacity;
    if (id == owner || with_it > left || (best && his >= least)) continue;
    const auto planned = filled.find(id);
    if (Team::hindrance(planned == filled.end() ? seat : planned->second, lead, ruleOf(lead.queue), parts_.now.wall)) continue;
    best = &seat;
    least = his;
  }
  return best;
}

void Desk::rebalance(PrincipalPtr caller, bool preview, Reply done) {
  ready(std::move(done), [this, caller = std::move(caller), preview](Reply done) {
    const std::vector<Move> moves = plan();
    std::string out;
    JsonText json(out);
    json.begin('{').key("preview").value(preview).key("moves").begin('[');
    for (const Move& move : moves)
      json.begin('{')
          .key("lead_id")
          .value(move.lead_id)
          .key("from")
          .value(move.from)
          .key("to")
          .value(move.to)
          .key("reason")
          .value(move.reason)
          .end('}');
    json.end(']').end('}');
    if (!preview) carryOut(moves, caller->user_id);
    read(std::move(out), std::move(done));
  });
}

void Desk::carryOut(const std::vector<Move>& moves, const std::string& by) {
  for (const Move& move : moves) {
    const auto lead = leads_.find(move.lead_id);
    if (lead == leads_.end() || lead->second.owner != move.from || !lead->second.handoff_id.empty()) continue;
    startHandoff(by,
                 {.lead_id = move.lead_id,
                  .to = move.to,
                  .reason = "rebalance",
                  .summary = move.reason,
                  .commitments = {},
                  .room_id = {},
                  .patience = {}},
                 lead->second, Trigger::rebalance, {});
  }
}

void Desk::balanceIfAsked() {
  if (parts_.rules.rebalance_auto && !loading_) carryOut(plan(), "rebalance");
}

}  // namespace atrium
