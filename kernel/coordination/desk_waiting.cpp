#include <algorithm>
#include <utility>

#include "coordination/desk.hpp"
#include "coordination/desk_ready.hpp"
#include "coordination/stored_json.hpp"

// Leads that wait: when time alone changes something for them, and where they go that nobody takes in their queue.
namespace atrium {

namespace {

constexpr auto held_pause = std::chrono::seconds(1);
constexpr auto no_fallback_pause =
    std::chrono::minutes(1);  // Until it is looked again whether the one who takes what nobody does is there.
constexpr auto fallback_lease = std::chrono::hours(24 * 365);

}  // namespace

// Sees to it that a lead that waits is looked at when its queue wants more or less of it. What has been so for a while already needs no
// other look, but for what makes it move on.
void Desk::watchLead(Lead& lead) {
  const QueueRule& rule = ruleOf(lead.queue);
  const Wall now = parts_.now.wall;
  if (!rule.overflow_to.empty() && rule.overflow_after.count() > 0) lookAgain(lead, lead.queued + rule.overflow_after);
  if (!rule.fallback_agent.empty() && rule.fallback_after.count() > 0) {
    const Wall due = lead.queued + rule.fallback_after;
    lookAgain(lead, due > now || team_.find(rule.fallback_agent) ? due : now + no_fallback_pause);
  }
  if (const Wall relaxed = lead.queued + rule.skill_relax_after; rule.skill_relax_after.count() > 0 && relaxed > now)
    lookAgain(lead, relaxed);
}

// One alarm a lead: a later one is set when the earlier one has rung.
void Desk::lookAgain(Lead& lead, Wall at) {
  const Mono then = moment(at);
  if (lead.look_at != Mono{} && lead.look_at <= then) return;
  lead.look_at = then;
  alarm(at, Alarm::Kind::lead, lead.lead_id);
}

// It has waited for as long as its queue lets it: somebody with less of a skill may do, another queue, or the one who gets what nobody
// takes.
void Desk::leadIsDue(Lead& lead) {
  const Wall now = parts_.now.wall;
  const QueueRule& rule = ruleOf(lead.queue);
  if (held_.contains(lead.lead_id)) return lookAgain(lead, now + held_pause);
  if (!rule.overflow_to.empty() && rule.overflow_after.count() > 0 && now >= lead.queued + rule.overflow_after) {
    Change change = this->change();
    moveOn(change, lead);
    commit(std::move(change));
  } else if (!rule.fallback_agent.empty() && rule.fallback_after.count() > 0 && now >= lead.queued + rule.fallback_after) {
    if (Seat* seat = team_.find(rule.fallback_agent)) return fallBack(lead, *seat, rule);
    parts_.log.warning("coordination.no_fallback", {{"tenant", tenant_id_}, {"queue", rule.name}, {"agent", rule.fallback_agent}});
  }
  lookFor(lead.lead_id, Trigger::overflow);
}

// Offers it to the one who gets what nobody takes, whatever stands against that.
void Desk::fallBack(Lead& lead, Seat& seat, const QueueRule& rule) {
  LeadOffer offer = makeOffer(lead, seat, OfferKind::direct, fallback_lease);
  offer.over_cap = Team::full(seat, lead.channel);
  offer.reason = "Nobody took it for " + std::to_string(rule.fallback_after.count()) + " s.";
  Change change = this->change();
  takeOffer(change, lead, seat, offer);
  keep(change, byHand(lead, seat, Trigger::overflow), {.decision_id = offer.decision_id, .offer_id = offer.offer_id, .note = offer.reason});
  commit(std::move(change));
}

// The queue it overflows to is in the rules.
void Desk::moveOn(Change& change, Lead& lead) {
  const std::string before = std::exchange(lead.queue, ruleOf(lead.queue).overflow_to);
  lead.queued = parts_.now.wall;
  ++lead.overflows;
  change.put(lead);
  change.tell(EventType::lead_moved, lead, {.from = before});
  watchLead(lead);
}

void Desk::overflow(Reply done) {
  ready(std::move(done), [this](Reply done) {
    std::string out;
    JsonText json(out);
    json.begin('{').key("moved").begin('[');
    std::vector<std::string> moved;
    std::size_t left = 0;
    Change change = this->change();
    for (auto& [key, waits] : queue_) {
      Lead& lead = *waits;
      const std::string& id = lead.lead_id;
      // One for which somebody is being found stays where it is looked for.
      if (held_.contains(id) || ruleOf(lead.queue).overflow_to.empty()) continue;
      if (moved.size() == overflow_max) {
        ++left;
        continue;
      }
      json.begin('{').key("lead_id").value(id).key("from").value(lead.queue);
      moveOn(change, lead);
      json.key("to").value(lead.queue).end('}');
      moved.push_back(id);
    }
    json.end(']').key("left").value(left).end('}');
    commit(std::move(change), std::move(done), std::move(out));
    for (const std::string& id : moved) lookFor(id, Trigger::overflow);
  });
}

}  // namespace atrium
