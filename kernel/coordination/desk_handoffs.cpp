#include <algorithm>
#include <utility>

#include "coordination/desk.hpp"
#include "coordination/desk_ready.hpp"
#include "coordination/stored_json.hpp"
#include "protocol/errors.hpp"

// How a lead changes hands: its owner keeps it until the next one accepts.
namespace atrium {

namespace {

// What event sinks are told of a handoff that is over.
EventType handoffEnd(HandoffState state) {
  if (state == HandoffState::accepted) return EventType::handoff_accepted;
  return state == HandoffState::returned ? EventType::handoff_returned : EventType::handoff_cancelled;
}

}  // namespace

void Desk::beginHandoff(PrincipalPtr caller, BeginHandoff command, Reply done) {
  ready(std::move(done), [this, caller = std::move(caller), command = std::move(command)](Reply done) mutable {
    const auto found = leads_.find(command.lead_id);
    if (found == leads_.end()) return done(fail(unknownLead(command.lead_id)));
    Lead& lead = found->second;
    if (lead.state != LeadState::active) return done(fail(Code::conflict, "Nobody works on this lead yet; there is nothing to hand over."));
    const bool oversees = caller->has(ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE);
    if (lead.owner != caller->user_id && !oversees) return done(fail(Code::forbidden, "This lead is with somebody else."));
    if (!lead.handoff_id.empty()) return done(fail(Code::handoff_pending, "This lead is being handed over already."));
    if (command.to == lead.owner) return done(fail(Code::conflict, "The lead is with him already."));
    if (!command.to.empty()) {
      const Seat* seat = team_.find(command.to);
      if (!seat) return done(fail(Code::agent_unknown, "\"" + command.to + "\" is not on the roster."));
      if (auto refusal = unfit(*seat, lead, false)) return done(fail(*std::move(refusal)));
    }
    startHandoff(caller->user_id, std::move(command), lead, Trigger::handoff, std::move(done));
  });
}

void Desk::startHandoff(const std::string& by, BeginHandoff command, Lead& lead, Trigger trigger, Reply done) {
  Handoff handoff;
  handoff.handoff_id = formatId(handoff_prefix, parts_.ids.next(parts_.now.wall));
  handoff.lead_id = lead.lead_id;
  handoff.from = lead.owner;
  handoff.to = command.to;
  handoff.by = by;
  handoff.fallback = command.fallback;
  handoff.reason = std::move(command.reason);
  handoff.summary = std::move(command.summary);
  handoff.commitments = std::move(command.commitments);
  handoff.lead_json = lead.fields->text();
  handoff.room_id = command.room_id.empty() ? lead.handoff_room_id : std::move(command.room_id);
  handoff.patience = command.patience.value_or(parts_.rules.handoff_deadline);
  handoff.made = parts_.now.wall;
  lead.handoff_id = handoff.handoff_id;
  Handoff& known = handoffs_.emplace(handoff.handoff_id, std::move(handoff)).first->second;
  Change change = this->change();
  change.put(lead);
  change.tell(EventType::handoff_started, known);
  if (Seat* seat = known.to.empty() ? nullptr : team_.find(known.to)) {
    const LeadOffer offer = handoffOffer(known, lead, *seat);
    askToTakeOver(change, known, *seat, offer);
    keep(change, byHand(lead, *seat, trigger),
         {.decision_id = offer.decision_id, .offer_id = offer.offer_id, .note = "Named by " + because(by, known.reason)});
    std::string reply = encodeHandoff(known);
    return commit(std::move(change), std::move(done), std::move(reply));
  }
  change.put(known);
  commit(std::move(change));
  enqueue({.trigger = trigger, .lead_id = lead.lead_id, .handoff_id = known.handoff_id, .policy = lead.policy, .reply = std::move(done)});
}

void Desk::askFor(Handoff& handoff, Trigger trigger) {
  const auto lead = leads_.find(handoff.lead_id);
  enqueue({.trigger = trigger,
           .lead_id = handoff.lead_id,
           .handoff_id = handoff.handoff_id,
           .policy = lead == leads_.end() ? std::string() : lead->second.policy});
}

LeadOffer Desk::handoffOffer(const Handoff& handoff, const Lead& lead, Seat& seat) {
  LeadOffer offer = makeOffer(lead, seat, OfferKind::handoff, handoff.patience);
  offer.handoff_id = handoff.handoff_id;
  offer.by = handoff.by;
  offer.reason = handoff.reason;
  return offer;
}

// Asks one agent whether he takes it over, which the lead's room is told.
void Desk::askToTakeOver(Change& change, Handoff& handoff, Seat& seat, const LeadOffer& offer) {
  handoff.to = offer.agent_id;
  handoff.offer_id = offer.offer_id;
  ++handoff.rounds;
  hold(change, seat, offer);
  change.put(handoff);
  tellOf(change, handoff);
}

// Its room may be made meanwhile, which roomMade() tells those that are under way.
void Desk::tellOf(Change& change, const Handoff& handoff) {
  change.then([this, told = handoff]() mutable {
    const auto lead = leads_.find(told.lead_id);
    if (told.room_id.empty() && lead != leads_.end() && !lead->second.handoff_room_id.empty()) {
      told.room_id = lead->second.handoff_room_id;
      if (told.state != HandoffState::pending) {
        Change late = this->change();
        late.put(told);
        commit(std::move(late));
      }
    }
    parts_.outlet.handoff(tenant_id_, told);
  });
}

// The new owner has accepted: in one change the old offer ends and the handoff with it.
void Desk::handOver(Handoff& handoff, LeadOffer& fresh, Change& change) {
  Lead& lead = leads_.find(handoff.lead_id)->second;
  const auto old = offers_.find(lead.offer_id);
  if (old != offers_.end()) {
    old->second.state = OfferState::closed;
    old->second.outcome = "handed_over";
    old->second.ended = parts_.now.wall;
    freePlace(change, old->second);
  }
  change.note({.kind = Fact::Kind::handed_over}, handoff.from, fresh.queue, {});
  spoken_.erase(lead.lead_id);
  endHandoff(handoff, HandoffState::accepted, {}, change);
}

// Whom it was offered to has not taken it.
void Desk::roundOver(Handoff& handoff, OfferState how, Change& change) {
  handoff.offer_id.clear();
  const std::string why = std::string(word(how)) + " by " + handoff.to;
  if (handoff.fallback == HandoffFallback::back || handoff.rounds >= Handoff::rounds_max)
    return endHandoff(handoff, HandoffState::returned, why, change);
  handoff.to.clear();
  change.put(handoff);
  change.then([this, id = handoff.handoff_id] {
    if (const auto known = handoffs_.find(id); known != handoffs_.end() && known->second.offer_id.empty())
      askFor(known->second, Trigger::handoff);
  });
}

void Desk::roomMade(const std::string& lead_id, const std::string& room_id, std::vector<Handoff> over) {
  const auto nobody_waits = [](const Result<std::string>&) {};
  ready(Reply(nobody_waits), [this, lead_id, room_id, over = std::move(over)](const Reply&) mutable {
    Change change = this->change();
    for (Handoff& ended : over) {
      ended.room_id = room_id;
      change.put(ended);
    }
    if (const auto lead = leads_.find(lead_id); lead != leads_.end()) {
      lead->second.handoff_room_id = room_id;
      change.put(lead->second);
      if (const auto handoff = handoffs_.find(lead->second.handoff_id); handoff != handoffs_.end()) {
        handoff->second.room_id = room_id;
        change.put(handoff->second);
      }
    }
    commit(std::move(change));
  });
}

// Takes the handoff off the desk. The reference dies.
void Desk::endHandoff(Handoff& handoff, HandoffState how, std::string reason, Change& change) {
  if (const auto offer = offers_.find(handoff.offer_id); offer != offers_.end() && offer->second.state == OfferState::pending)
    rescind(change, offer->second, reason);
  handoff.state = how;
  handoff.end_reason = std::move(reason);
  handoff.ended = parts_.now.wall;
  if (const auto lead = leads_.find(handoff.lead_id); lead != leads_.end()) {
    lead->second.handoff_id.clear();
    change.put(lead->second);
  }
  change.put(handoff);
  change.tell(handoffEnd(how), handoff);
  tellOf(change, handoff);
  handoffs_.erase(handoffs_.find(handoff.handoff_id));
}

}  // namespace atrium
