#include <algorithm>
#include <utility>

#include "coordination/decision_record.hpp"
#include "coordination/desk.hpp"
#include "coordination/desk_ready.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

// The life of an offer, from the asking to the place that is free again.
namespace atrium {

namespace {

// What event sinks are told of an offer that has ended so.
EventType offerEnd(OfferState state) {
  switch (state) {
    case OfferState::rejected: return EventType::offer_rejected;
    case OfferState::expired: return EventType::offer_expired;
    case OfferState::rescinded: return EventType::offer_rescinded;
    default: return EventType::offer_closed;
  }
}

bool oversees(const Principal& caller) { return caller.has(ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE); }

}  // namespace

LeadOffer Desk::makeOffer(const Lead& lead, Seat& seat, OfferKind kind, std::chrono::milliseconds lease) {
  const Wall now = parts_.now.wall;
  LeadOffer offer;
  offer.offer_id = formatId(offer_prefix, parts_.ids.next(now));
  offer.decision_id = formatId(decision_prefix, parts_.ids.next(now));
  offer.lead_id = lead.lead_id;
  offer.agent_id = seat.profile->agent_id;
  offer.kind = kind;
  offer.channel = lead.channel;
  offer.queue = lead.queue;
  offer.made = now;
  offer.expires = now + lease;
  return offer;
}

// The offer takes a place of the agent; the lead waits no more but for him.
void Desk::takeOffer(Change& change, Lead& lead, Seat& seat, const LeadOffer& offer) {
  lead.state = LeadState::offered;
  lead.offer_id = offer.offer_id;
  queue_.erase({lead.arrived, lead.lead_id});
  held_.erase(lead.lead_id);
  change.put(lead);
  hold(change, seat, offer);
}

void Desk::hold(Change& change, Seat& seat, const LeadOffer& offer) {
  Team::take(seat, offer, parts_.now.wall);
  offers_.emplace(offer.offer_id, offer);
  change.put(offer);
  change.tell(EventType::offer_made, offer);
  change.show(seat);
  change.note({.kind = Fact::Kind::offered}, offer.agent_id, offer.queue, {});
  parts_.metrics.add(Metric::coordination_offers);
  alarm(offer.expires, Alarm::Kind::lease, offer.offer_id);
}

Result<LeadOffer*> Desk::offerOf(const Principal& caller, const std::string& offer_id, bool supervisors) {
  const auto offer = offers_.find(offer_id);
  if (offer == offers_.end()) return nullptr;
  if (offer->second.agent_id == caller.user_id || (supervisors && oversees(caller))) return &offer->second;
  return fail(Code::forbidden, "This offer is for somebody else.");
}

Error Desk::endedError(const LeadOffer& offer) const {
  const auto lead = leads_.find(offer.lead_id);
  std::string who;
  if (lead != leads_.end() && !lead->second.owner.empty()) who = " \"" + lead->second.owner + "\" has the lead now.";
  if (offer.state == OfferState::expired) return {Code::offer_expired, "This offer has expired." + who, 0, {}};
  return {Code::offer_ended, "This offer is " + std::string(word(offer.state)) + "." + who, 0, {}};
}

// What somebody wants of an offer that is not open: what became of it, as the store knows.
void Desk::refuseEnded(const std::string& offer_id, const PrincipalPtr& caller, Reply done) {
  fetch(ended_offer_collection, offer_id, [this, caller, done = std::move(done)](Result<std::optional<Document>> found) mutable {
    if (!found) return done(fail(found.error()));
    const auto offer = *found ? decodeOffer(**found) : std::nullopt;
    if (!offer) return done(fail(Code::not_found, "There is no such offer."));
    if (offer->agent_id != caller->user_id && !oversees(*caller)) return done(fail(Code::forbidden, "This offer is for somebody else."));
    done(fail(endedError(*offer)));
  });
}

// ---- What agents answer

void Desk::accept(PrincipalPtr caller, std::string offer_id, Reply done) {
  ready(std::move(done), [this, caller = std::move(caller), offer_id = std::move(offer_id)](Reply done) {
    auto found = offerOf(*caller, offer_id, false);
    if (!found) return done(fail(found.error()));
    if (!*found) return refuseEnded(offer_id, caller, std::move(done));
    LeadOffer& offer = **found;
    if (offer.state == OfferState::active) return read(encodeOffer(offer), std::move(done));  // Said twice.
    if (offer.state != OfferState::pending) return done(fail(endedError(offer)));
    if (parts_.now.wall >= offer.expires)
      return endPending(offer_id, OfferState::expired, {}, Trigger::offer_expired,
                        [this, done = std::move(done), ended = offer](const Result<std::string>&) mutable {
                          ended.state = OfferState::expired;
                          done(fail(endedError(ended)));
                        });
    accepted(offer, std::move(done));
  });
}

void Desk::accepted(LeadOffer& offer, Reply done) {
  const Wall now = parts_.now.wall;
  Lead& lead = leads_.find(offer.lead_id)->second;
  Seat* seat = team_.find(offer.agent_id);
  Change change = this->change();
  offer.state = OfferState::active;
  offer.accepted = now;
  change.tell(EventType::offer_accepted, offer);
  if (!offer.handoff_id.empty()) handOver(handoffs_.find(offer.handoff_id)->second, offer, change);
  lead.state = LeadState::active;
  lead.owner = offer.agent_id;
  lead.offer_id = offer.offer_id;
  const std::string kind = lead.text(ruleOf(lead.queue).skill_field);
  if (seat) {
    const double proficiency = kind.empty() ? 1 : seat->profile->skill(kind);
    seat->record.receive(lead.value() * (proficiency > 0 ? proficiency : 1), now);
    seat->fields = nullptr;
    change.putRecord(*seat);
    change.show(*seat);
  }
  change.put(lead);
  change.put(offer);
  change.tell(EventType::lead_assigned, lead);
  const double waited = static_cast<double>((now - lead.arrived).count());
  if (offer.kind != OfferKind::handoff)
    change.note(
        {.kind = Fact::Kind::accepted, .milliseconds = waited, .offer_milliseconds = static_cast<double>((now - offer.made).count())},
        offer.agent_id, offer.queue, kind);
  commit(std::move(change), std::move(done), encodeOffer(offer));
  lookAround();
}

void Desk::reject(PrincipalPtr caller, std::string offer_id, OfferEnd end, Reply done) {
  ready(std::move(done), [this, caller = std::move(caller), offer_id = std::move(offer_id), end = std::move(end)](Reply done) {
    auto found = offerOf(*caller, offer_id, false);
    if (!found) return done(fail(found.error()));
    if (!*found) return refuseEnded(offer_id, caller, std::move(done));
    if ((*found)->state != OfferState::pending)
      return done(fail(Code::conflict, "This offer was accepted; complete it, or hand the lead over."));
    endPending(offer_id, OfferState::rejected, end.reason, Trigger::offer_rejected, std::move(done));
  });
}

void Desk::complete(PrincipalPtr caller, std::string offer_id, OfferEnd end, Reply done) {
  ready(std::move(done), [this, caller = std::move(caller), offer_id = std::move(offer_id), end = std::move(end)](Reply done) {
    auto found = offerOf(*caller, offer_id, true);
    if (!found) return done(fail(found.error()));
    if (!*found) return refuseEnded(offer_id, caller, std::move(done));
    LeadOffer& offer = **found;
    if (offer.state == OfferState::pending) return done(fail(Code::conflict, "This offer was not accepted yet."));
    if (offer.state == OfferState::wrapping) return read(encodeOffer(offer), std::move(done));
    completed(offer, end, std::move(done));
  });
}

void Desk::completed(LeadOffer& offer, const OfferEnd& end, Reply done) {
  const Wall now = parts_.now.wall;
  Lead& lead = leads_.find(offer.lead_id)->second;
  const QueueRule& rule = ruleOf(lead.queue);
  Change change = this->change();
  offer.completed = now;
  offer.outcome = end.outcome;
  offer.value = end.value;
  offer.note = end.reason;
  const std::string kind = lead.text(rule.skill_field);
  const bool won = end.outcome == "won";
  if (Seat* seat = team_.find(offer.agent_id)) {
    seat->record.close(kind, won);
    seat->fields = nullptr;
    change.putRecord(*seat);
  }
  if (const auto handoff = handoffs_.find(lead.handoff_id); handoff != handoffs_.end())
    endHandoff(handoff->second, HandoffState::cancelled, "its owner completed it", change);
  change.note(
      {.kind = Fact::Kind::closed, .milliseconds = static_cast<double>((now - offer.accepted).count()), .value = end.value, .won = won},
      offer.agent_id, offer.queue, kind);
  offer.state = OfferState::wrapping;
  offer.free_at = now + rule.wrap_up;
  lead.state = LeadState::wrapping;
  change.tell(EventType::lead_completed, lead, {.reason = end.reason, .outcome = end.outcome, .value = end.value});
  if (rule.wrap_up.count() > 0) {
    change.put(offer);
    change.put(lead);
    alarm(offer.free_at, Alarm::Kind::wrapped_up, offer.offer_id);
    return commit(std::move(change), std::move(done), encodeOffer(offer));
  }
  closeOffer(offer, std::move(change), std::move(done));
}

void Desk::wrappedUp(LeadOffer& offer) { closeOffer(offer, this->change(), {}); }

// The lead is over, and the place free.
void Desk::closeOffer(LeadOffer& offer, Change change, Reply done) {
  const auto lead = leads_.find(offer.lead_id);
  offer.state = OfferState::closed;
  offer.ended = parts_.now.wall;
  if (lead != leads_.end()) {
    lead->second.state = LeadState::closed;
    lead->second.queued = offer.ended;
    lead->second.last_owner = std::exchange(lead->second.owner, {});
    change.put(lead->second);
    spoken_.erase(lead->first);
    leads_.erase(lead);
  }
  std::string reply = encodeOffer(offer);
  freePlace(change, offer);
  commit(std::move(change), std::move(done), std::move(reply));
  lookAround();
}

// ---- How offers end otherwise

// Takes the offer off the desk; its agent can be offered another. The reference dies.
void Desk::freePlace(Change& change, const LeadOffer& offer) {
  change.put(offer);
  change.tell(offerEnd(offer.state), offer);
  Seat* seat = team_.find(offer.agent_id);
  const std::string agent_id = offer.agent_id;
  if (seat) {
    Team::free(*seat, offer);
    change.show(*seat);
  }
  offers_.erase(offers_.find(offer.offer_id));
  if (seat) freed_.push_back(agent_id);
}

// What is noted of an offer that ends without being completed.
void Desk::endOffer(Change& change, LeadOffer& offer, OfferState how, std::string reason) {
  if (offer.state == OfferState::pending) {
    const Seat* seat = team_.find(offer.agent_id);
    offer.places_taken = seat ? seat->places() : 0;
    change.note({.kind = how == OfferState::rejected  ? Fact::Kind::rejected
                         : how == OfferState::expired ? Fact::Kind::expired
                                                      : Fact::Kind::rescinded},
                offer.agent_id, offer.queue, {});
  }
  offer.state = how;
  offer.reason = std::move(reason);
  offer.ended = parts_.now.wall;
}

// Takes an offer back, in a change that sees to its lead. The reference dies.
void Desk::rescind(Change& change, LeadOffer& offer, std::string reason) {
  endOffer(change, offer, OfferState::rescinded, std::move(reason));
  freePlace(change, offer);
}

// An offer that nobody accepted: the lead waits again, or its handoff goes on.
void Desk::endPending(const std::string& offer_id, OfferState how, std::string reason, Trigger next, Reply done) {
  LeadOffer& offer = offers_.find(offer_id)->second;
  Change change = this->change();
  endOffer(change, offer, how, std::move(reason));
  const std::string lead_id = offer.lead_id, handoff_id = offer.handoff_id, agent_id = offer.agent_id;
  std::string reply = encodeOffer(offer);
  Lead& lead = leads_.find(lead_id)->second;
  if (how != OfferState::rescinded) decline(lead, agent_id, parts_.now.wall);
  freePlace(change, offer);
  if (!handoff_id.empty())
    roundOver(handoffs_.find(handoff_id)->second, how, change);
  else
    putBack(change, lead);
  commit(std::move(change), std::move(done), std::move(reply));
  if (handoff_id.empty()) lookFor(lead_id, next);
  lookAround();
}

void Desk::decline(Lead& lead, const std::string& agent_id, Wall now) {
  std::erase_if(lead.declined, [&](const auto& one) { return one.first == agent_id || one.second <= now; });
  if (lead.declined.size() >= Lead::declined_max) lead.declined.erase(lead.declined.begin());
  lead.declined.emplace_back(agent_id, now + ruleOf(lead.queue).declined_for);
}

void Desk::putBack(Change& change, Lead& lead) {
  const std::string before = std::exchange(lead.owner, {});
  lead.state = LeadState::waiting;
  lead.offer_id.clear();
  queue_.emplace(std::pair(lead.arrived, lead.lead_id), &lead);
  change.put(lead);
  if (!before.empty()) change.tell(EventType::lead_reopened, lead, {.from = before});
  watchLead(lead);
}

// Those whose places came free look what they can take.
void Desk::lookAround() {
  for (const std::string& agent_id : std::exchange(freed_, {})) lookWhatHeTakes(agent_id, Trigger::slot_freed);
}

// He has been gone for as long as may be: what he was offered is offered to others, and what he works on, where the rules say so.
void Desk::loseAgent(Seat& seat) {
  const std::set<std::string> his = seat.offers;
  for (const std::string& offer_id : his) {
    const auto offer = offers_.find(offer_id);
    if (offer == offers_.end()) continue;
    if (offer->second.state == OfferState::pending)
      endPending(offer_id, OfferState::rescinded, "the agent has gone", Trigger::agent_lost, {});
    else if (offer->second.state == OfferState::active && parts_.rules.lost_active)
      loseActive(offer->second);
  }
}

void Desk::loseActive(LeadOffer& offer) {
  Lead& lead = leads_.find(offer.lead_id)->second;
  const std::string lead_id = lead.lead_id;
  Change change = this->change();
  if (const auto handoff = handoffs_.find(lead.handoff_id); handoff != handoffs_.end())
    endHandoff(handoff->second, HandoffState::cancelled, "its owner has gone", change);
  lead.last_owner = lead.owner;
  putBack(change, lead);
  spoken_.erase(lead_id);
  rescind(change, offer, "the agent has gone");
  commit(std::move(change));
  lookFor(lead_id, Trigger::agent_lost);
  lookAround();
}

}  // namespace atrium
