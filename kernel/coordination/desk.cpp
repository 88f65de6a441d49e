#include "coordination/desk.hpp"

#include <algorithm>
#include <utility>

#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

// How a desk learns what the store has, keeps it there, and wakes up in time.
namespace atrium {

namespace {

constexpr std::uint32_t load_page = 1000;
constexpr auto reload_pause = std::chrono::seconds(1);
constexpr auto balance_pause = std::chrono::minutes(1);
constexpr std::size_t mended_at_once = 500;  // Writes.

}  // namespace

Desk::Desk(const DeskParts& parts, std::string tenant_id)
    : parts_(parts),
      tenant_id_(std::move(tenant_id)),
      ledger_(parts.store, tenant_id_, [this] { broken(); }),
      pump_timer_([this] { pump(); }),
      timer_([this] { ring(); }),
      reload_timer_([this] { load(); }) {
  watchShadows();
  load();
}

// ---- Loading

// In a turn of its own: whoever has handed a change over goes on with what the desk knows until he returns. Nothing of that is stored any
// more.
void Desk::broken() {
  parts_.metrics.add(Metric::coordination_reloads);
  parts_.log.warning("coordination.reload", {{"tenant", tenant_id_}, {"reason", "a change could not be stored"}});
  loading_ = true;
  parts_.timers.arm(reload_timer_, parts_.now.mono);
}

void Desk::forgetAll() {
  ++era_;
  for (auto& [id, seat] : team_.seats()) {
    seat.record = {};
    seat.offers.clear();
    seat.taken.clear();
    seat.look_at = {};
    seat.known = false;
  }
  leads_.clear();
  offers_.clear();
  handoffs_.clear();
  queue_.clear();
  held_.clear();
  spoken_.clear();
  alarms_.clear();
  timer_.disarm();
  jobs_for_.clear();
  pump_timer_.disarm();
  freed_.clear();
  deciding_ = false;
  const Error why{Code::storage_unavailable, "Storage has failed; what the desk knows is being read anew.", 1000, {}};
  for (Job& job : std::exchange(jobs_, {}))
    if (job.reply) job.reply(fail(why));
}

void Desk::load() {
  loading_ = true;
  forgetAll();
  ledger_.renew([this, era = era_](const Result<void>& renewed) {
    if (era != era_) return;  // It has begun anew.
    if (!renewed) return loadFailed(renewed.error());
    loadAgents();
  });
}

template <typename Take>
void Desk::loadAll(std::string_view collection, DocumentKey after, Take take, std::move_only_function<void()> next) {
  DocumentKey prefix{std::string(collection), tenant_id_};
  parts_.store.scan(std::move(prefix), std::move(after), load_page,
                    [this, era = era_, collection, take, next = std::move(next)](Result<std::vector<Document>> found) mutable {
                      if (era != era_) return;
                      if (!found) return loadFailed(found.error());
                      for (const Document& document : *found)
                        if (!take(document))
                          parts_.log.error("coordination.damaged",
                                           {{"tenant", tenant_id_}, {"collection", collection}, {"id", document.key.back()}});
                      if (found->size() < load_page) return next();
                      loadAll(collection, std::move(found->back().key), take, std::move(next));
                    });
}

void Desk::loadAgents() {
  const auto agent = [this](const Document& document) {
    auto profile = decodeAgent(document);
    if (profile) team_.put(*std::move(profile)).known = true;
    return profile.has_value();
  };
  const auto record = [this](const Document& document) {
    auto known = decodeRecord(document);
    if (Seat* seat = known ? team_.find(document.key.back()) : nullptr) seat->record = *std::move(known);
    return known.has_value();
  };
  loadAll(agent_collection, {}, agent, [this, record] {
    // Whom an earlier reading, or a change that failed, has left behind.
    std::erase_if(team_.seats(), [](const auto& one) { return !one.second.known; });
    loadAll(agent_record_collection, {}, record, [this] { loadLeads(); });
  });
}

void Desk::loadLeads() {
  const auto lead = [this](const Document& document) {
    auto known = decodeLead(document);
    if (!known) return false;
    const std::string id = known->lead_id;
    Lead& lead = leads_.insert_or_assign(id, *std::move(known)).first->second;
    if (lead.state == LeadState::waiting) queue_.emplace(std::pair(lead.arrived, id), &lead);
    return true;
  };
  const auto offer = [this](const Document& document) {
    auto known = decodeOffer(document);
    if (!known) return false;
    if (Seat* seat = team_.find(known->agent_id)) Team::take(*seat, *known, parts_.now.wall);
    offers_.insert_or_assign(known->offer_id, *std::move(known));
    return true;
  };
  const auto handoff = [this](const Document& document) {
    auto known = decodeHandoff(document);
    if (known) handoffs_.insert_or_assign(known->handoff_id, *std::move(known));
    return known.has_value();
  };
  loadAll(lead_collection, {}, lead, [this, offer, handoff] {
    loadAll(offer_collection, {}, offer, [this, handoff] { loadAll(handoff_collection, {}, handoff, [this] { loaded(); }); });
  });
}

// Whoever watches is told everything anew: nobody knows what was told of before.
void Desk::showAll() {
  const Wall now = parts_.now.wall;
  for (const auto& [id, seat] : team_.seats()) parts_.outlet.agent(tenant_id_, id, agentJson(seat, now));
  for (const auto& [id, lead] : leads_) parts_.outlet.lead(tenant_id_, id, leadJson(lead, now));
  for (const auto& [id, offer] : offers_) parts_.outlet.offerRow(tenant_id_, id, encodeOffer(offer));
}

// What does not fit together, because a part of it was damaged or deleted by somebody else, is brought to a state that does: a lead without
// its offer waits again, an offer or a handoff without its lead is over.
void Desk::mend() {
  std::optional<Change> change(this->change());
  // There may be more than one change holds; with each the desk is nearer to what fits.
  const auto enough = [&] {
    if (change->size() < mended_at_once) return;
    commit(*std::move(change));
    change.emplace(this->change());
  };
  for (auto at = offers_.begin(); at != offers_.end();) {
    LeadOffer& offer = at++->second;
    const auto lead = leads_.find(offer.lead_id);
    const bool handed = offer.kind == OfferKind::handoff && offer.state == OfferState::pending;
    if (lead != leads_.end() && (handed ? handoffs_.contains(offer.handoff_id) : lead->second.offer_id == offer.offer_id)) continue;
    parts_.log.error("coordination.damaged", {{"tenant", tenant_id_}, {"collection", offer_collection}, {"id", offer.offer_id}});
    rescind(*change, offer, "what it belonged to is gone");
    enough();
  }
  for (auto at = handoffs_.begin(); at != handoffs_.end();) {
    Handoff& handoff = at++->second;
    const auto lead = leads_.find(handoff.lead_id);
    if (lead == leads_.end() || lead->second.handoff_id != handoff.handoff_id)
      endHandoff(handoff, HandoffState::cancelled, "its lead is gone", *change);
    else if (!handoff.offer_id.empty() && !offers_.contains(handoff.offer_id))
      handoff.offer_id.clear();  // The next one is asked.
    enough();
  }
  for (auto& [id, lead] : leads_) {
    if (!lead.handoff_id.empty() && !handoffs_.contains(lead.handoff_id)) lead.handoff_id.clear();
    if (lead.state != LeadState::waiting && !offers_.contains(lead.offer_id)) putBack(*change, lead);
    enough();
  }
  freed_.clear();
  commit(*std::move(change));
}

void Desk::loaded() {
  loading_ = false;
  const Wall now = parts_.now.wall;
  mend();
  showAll();
  for (auto& [id, offer] : offers_)
    if (offer.state != OfferState::active)
      alarm(offer.state == OfferState::pending ? offer.expires : offer.free_at,
            offer.state == OfferState::pending ? Alarm::Kind::lease : Alarm::Kind::wrapped_up, id);
  for (auto& [id, lead] : leads_)
    if (lead.state == LeadState::waiting) watchLead(lead);
  for (auto& [id, seat] : team_.seats()) {
    if (seat.sessions > 0) continue;
    if (seat.lost == Wall{}) seat.lost = now;
    alarm(seat.lost + parts_.rules.lost_after, Alarm::Kind::lost, id);
  }
  alarm(now + balance_pause, Alarm::Kind::balance, {});
  for (auto& waiting : std::exchange(waiting_, {})) waiting({});
  goOn();
}

// Takes up what an earlier process, or this one before a failure of the store, had not come to.
void Desk::goOn() {
  std::vector<std::string> here, handoffs;
  for (const auto& [id, seat] : team_.seats())
    if (seat.sessions > 0) here.push_back(id);
  for (const auto& [id, handoff] : handoffs_)
    if (handoff.offer_id.empty()) handoffs.push_back(id);
  for (const std::string& id : handoffs)
    if (const auto handoff = handoffs_.find(id); handoff != handoffs_.end()) askFor(handoff->second, Trigger::handoff);
  for (const std::string& id : here) lookWhatHeTakes(id, Trigger::agent_online);
  pump();
}

void Desk::loadFailed(const Error& error) {
  parts_.log.warning("coordination.unread", {{"tenant", tenant_id_}, {"reason", error.detail}});
  for (auto& waiting : std::exchange(waiting_, {})) waiting(fail(error));
  parts_.timers.arm(reload_timer_, parts_.now.mono + reload_pause);
}

// ---- Storing

void Desk::commit(Change change, Ledger::Then then) {
  auto told = std::make_shared<std::vector<std::move_only_function<void()>>>(change.told());
  ledger_.commit(change.writes(), [told, then = std::move(then)](const Result<void>& stored) mutable {
    if (stored)
      for (auto& tell : *told) tell();
    then(stored);
  });
}

void Desk::commit(Change change, Reply done, std::string reply) {
  commit(std::move(change), [done = std::move(done), reply = std::move(reply)](const Result<void>& stored) mutable {
    if (!done) return;
    if (!stored) return done(fail(stored.error()));
    done(std::move(reply));
  });
}

// What is read is told when it is stored: it may be the work of a change that is on its way.
void Desk::read(std::string json, Reply done) {
  ledger_.afterAll([json = std::move(json), done = std::move(done)](const Result<void>& stored) mutable {
    if (!stored) return done(fail(stored.error()));
    done(std::move(json));
  });
}

// ---- Alarms

void Desk::alarm(Wall at, Alarm::Kind kind, const std::string& id) {
  alarms_.emplace(moment(at), Alarm{kind, id});
  armNext();
}

Mono Desk::moment(Wall at) const { return parts_.now.mono + std::max(at - parts_.now.wall, std::chrono::milliseconds(0)); }

void Desk::armNext() {
  if (alarms_.empty()) return timer_.disarm();
  if (!timer_.armed() || timer_.deadline() > alarms_.begin()->first) parts_.timers.arm(timer_, alarms_.begin()->first);
}

void Desk::ring() {
  if (loading_) return;  // All of them are set anew.
  while (!alarms_.empty() && alarms_.begin()->first <= parts_.now.mono) {
    const Alarm due = std::move(alarms_.extract(alarms_.begin()).mapped());
    rung(due);
  }
  armNext();
}

// Each looks whether what it was set for still is so.
void Desk::rung(const Alarm& due) {
  const Wall now = parts_.now.wall;
  switch (due.kind) {
    case Alarm::Kind::lease:
      if (const auto offer = offers_.find(due.id); offer != offers_.end() && offer->second.state == OfferState::pending)
        endPending(due.id, OfferState::expired, {}, Trigger::offer_expired, {});
      return;
    case Alarm::Kind::wrapped_up:
      if (const auto offer = offers_.find(due.id); offer != offers_.end() && offer->second.state == OfferState::wrapping)
        wrappedUp(offer->second);
      return;
    case Alarm::Kind::lost:
      if (Seat* seat = team_.find(due.id); seat && seat->sessions == 0 && seat->lost != Wall{}) {
        if (seat->lost + parts_.rules.lost_after > now) return alarm(seat->lost + parts_.rules.lost_after, due.kind, due.id);
        loseAgent(*seat);
      }
      return;
    case Alarm::Kind::lead:
      if (const auto lead = leads_.find(due.id);
          lead != leads_.end() && lead->second.look_at != Mono{} && lead->second.look_at <= parts_.now.mono) {
        lead->second.look_at = {};
        if (lead->second.state == LeadState::waiting) leadIsDue(lead->second);
      }
      return;
    case Alarm::Kind::look:
      if (Seat* seat = team_.find(due.id); seat && seat->look_at != Mono{} && seat->look_at <= parts_.now.mono) {
        seat->look_at = {};
        lookWhatHeTakes(due.id, Trigger::slot_freed);
      }
      return;
    case Alarm::Kind::balance: balanceIfAsked(); return alarm(now + balance_pause, Alarm::Kind::balance, {});
  }
}

}  // namespace atrium
