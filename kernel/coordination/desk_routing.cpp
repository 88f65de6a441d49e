#include <algorithm>
#include <utility>

#include "coordination/counterfactual.hpp"
#include "coordination/decider.hpp"
#include "coordination/desk.hpp"
#include "coordination/desk_ready.hpp"
#include "coordination/shadow_policies.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

// Who gets which lead: what comes up is decided one thing after the other, so that each decision sees what the ones before it did.
namespace atrium {

namespace {

constexpr unsigned tries_max = 3;                       // Decisions whose winner was gone when they were made, in a row, for one thing.
constexpr auto unread_pause = std::chrono::seconds(1);  // Until it is looked again where policies could not be read...
constexpr auto gone_pause = std::chrono::seconds(1);    // ...or whoever was found was gone each time.

bool degraded(const Decision& decision) {
  return std::ranges::any_of(decision.answers, [](const ScorerAnswer& answer) { return !answer.failure.empty(); });
}

}  // namespace

Result<Lead> Desk::leadOf(RouteLead& command) const {
  const QueueRule* named = command.queue.empty() ? &queueFor(command.fields.root()) : queueNamed(command.queue);
  if (!named) {
    Error error{Code::validation_failed, "There is no such queue.", 0, {}};
    error.fields.push_back({"/queue", "must name a queue of the configuration"});
    return fail(std::move(error));
  }
  const Wall now = parts_.now.wall;
  Lead lead;
  lead.lead_id = command.lead_id.empty() ? formatId(lead_prefix, parts_.ids.next(now)) : command.lead_id;
  lead.fields = std::make_shared<const JsonDocument>(std::move(command.fields));
  lead.queue = named->name;
  lead.channel = command.channel.empty() ? named->channel : command.channel;
  lead.policy = command.policy;
  lead.priority = command.priority.value_or(0);
  lead.room_id = command.room_id;
  lead.arrived = lead.queued = now;
  return lead;
}

// ---- Requests

void Desk::route(RouteLead command, Mono received, Reply done) {
  ready(std::move(done), [this, command = std::move(command), received](Reply done) mutable {
    const auto known = leads_.find(command.lead_id);
    if (known != leads_.end() && !command.dry_run) {
      if (known->second.state != LeadState::waiting || held_.contains(command.lead_id)) return done(fail(takenError(known->second)));
      return enqueue({.trigger = Trigger::manual,
                      .lead_id = command.lead_id,
                      .policy = command.policy,
                      .received = received,
                      .reply = std::move(done)});
    }
    auto fresh = leadOf(command);
    if (!fresh) return done(fail(fresh.error()));
    if (command.dry_run) {
      auto trial = std::make_shared<Lead>(*std::move(fresh));
      return enqueue({.trigger = Trigger::arrival,
                      .lead_id = trial->lead_id,
                      .trial = trial,
                      .policy = command.policy,
                      .received = received,
                      .reply = std::move(done)});
    }
    if (leads_.size() >= parts_.rules.leads_max) return done(fail(Code::overloaded, "As many leads are open as may be.", 1000));
    // One that was here before is known again, so that it can go to whom it had.
    const std::string id = fresh->lead_id;
    fetch(closed_lead_collection, id,
          [this, received, lead = *std::move(fresh), era = era_, done = std::move(done)](Result<std::optional<Document>> before) mutable {
            if (!before) return done(fail(before.error()));
            if (era != era_) return done(fail(Code::storage_unavailable, "Storage has failed.", 1000));
            if (const auto closed = *before ? decodeLead(**before) : std::nullopt) lead.last_owner = closed->last_owner;
            arrive(std::move(lead), received, std::move(done));
          });
  });
}

void Desk::arrive(Lead lead, Mono received, Reply done) {
  const std::string id = lead.lead_id;
  const auto [at, fresh] = leads_.emplace(id, std::move(lead));
  if (!fresh) return done(fail(takenError(at->second)));  // It came twice at once.
  queue_.emplace(std::pair(at->second.arrived, id), &at->second);
  held_.insert(id);
  enqueue({.trigger = Trigger::arrival, .lead_id = id, .policy = at->second.policy, .received = received, .reply = std::move(done)});
}

Error Desk::takenError(const Lead& lead) const {
  if (lead.owner.empty()) return {Code::lead_taken, "This lead is being offered already.", 0, {}};
  return {Code::lead_taken, "This lead is with \"" + lead.owner + "\"; a handoff moves it.", 0, {}};
}

// ---- What is to be decided

void Desk::enqueue(Job job) {
  jobs_.push_back(std::move(job));
  pump();
}

void Desk::lookFor(const std::string& lead_id, Trigger trigger) {
  const auto lead = leads_.find(lead_id);
  if (lead == leads_.end() || lead->second.state != LeadState::waiting || !held_.insert(lead_id).second) return;
  enqueue({.trigger = trigger, .lead_id = lead_id, .policy = lead->second.policy});
}

void Desk::lookWhatHeTakes(const std::string& agent_id, Trigger trigger) {
  if (queue_.empty() || !jobs_for_.insert(agent_id).second) return;
  enqueue({.trigger = trigger, .agent_id = agent_id});
}

void Desk::pump() {
  if (pumping_) return;  // The loop below goes on, so that what is decided at once does not nest.
  pumping_ = true;
  while (!deciding_ && !loading_ && !jobs_.empty() && !hasLookedEnough()) {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (job.lead_id.empty()) jobs_for_.erase(job.agent_id);
    begin(std::move(job));
  }
  pumping_ = false;
}

// Whether the rest has to wait for the next turn, as agents were asked about so many leads in this one.
bool Desk::hasLookedEnough() {
  if (turn_ != parts_.now.mono) {
    turn_ = parts_.now.mono;
    looked_ = 0;
  }
  if (looked_ < looks_max) return false;
  parts_.timers.arm(pump_timer_, parts_.now.mono + std::chrono::milliseconds(1));
  return true;
}

void Desk::begin(Job job) {
  deciding_ = true;
  std::shared_ptr<Question> question = questionOf(job);
  if (!question) return settle(std::move(job), fail(Code::conflict, "Somebody else has seen to this lead meanwhile."));
  std::string name = job.policy;
  if (name.empty()) name = policyOf(job.trial ? *job.trial : leads_.find(question->leads.front().lead_id)->second);
  withPolicy(std::move(job), std::move(question), std::move(name));
}

// Null: there is nothing to be decided any more.
std::shared_ptr<Question> Desk::questionOf(const Job& job) {
  if (job.lead_id.empty()) {
    Seat* seat = team_.find(job.agent_id);
    return seat ? questionForAgent(*seat) : nullptr;
  }
  if (job.trial) return questionForLead(job, *job.trial);
  const auto lead = leads_.find(job.lead_id);
  if (lead == leads_.end() || (job.handoff_id.empty() && lead->second.state != LeadState::waiting)) return nullptr;
  return questionForLead(job, lead->second);
}

void Desk::withPolicy(Job job, std::shared_ptr<Question> question, std::string name) {
  parts_.policies.find(
      tenant_id_, name,
      [this, era = era_, job = std::move(job), question = std::move(question), name](Result<PolicyInForce> policy) mutable {
        if (era != era_) return dropJob(std::move(job), {Code::storage_unavailable, "Storage has failed.", 1000, {}});
        if (!policy) return refused(std::move(job), std::move(policy.error()));
        if (policy->policy) return ask(std::move(job), std::move(question), *std::move(policy));
        // A handoff names none: it has the one that its lead came with.
        if (job.reply && job.handoff_id.empty() && !job.policy.empty()) {
          Error error{Code::validation_failed, "There is no such policy.", 0, {}};
          error.fields.push_back({"/policy", "must name a policy; GET /coordination/policies has them"});
          return refused(std::move(job), std::move(error));
        }
        // It was there when the lead came.
        parts_.log.warning("coordination.no_policy", {{"tenant", tenant_id_}, {"policy", name}});
        withPolicy(std::move(job), std::move(question), {});
      });
}

// Nothing is decided. A lead whose arrival this was has never come, a handoff is over; whatever else was to be decided is looked at again.
void Desk::refused(Job job, Error error) {
  const auto lead = leads_.find(job.lead_id);
  const auto handoff = handoffs_.find(job.handoff_id);
  const bool waits = lead != leads_.end() && lead->second.state == LeadState::waiting;
  if (waits && !lead->second.kept) {
    queue_.erase({lead->second.arrived, job.lead_id});
    leads_.erase(lead);
  } else if (handoff != handoffs_.end() && handoff->second.offer_id.empty()) {
    Change change = this->change();
    endHandoff(handoff->second, HandoffState::returned, "nobody could be looked for", change);
    commit(std::move(change));
  } else if (waits) {
    lookAgain(lead->second, parts_.now.wall + unread_pause);
  } else if (Seat* seat = team_.find(job.agent_id)) {
    lookLater(*seat, parts_.now.wall + unread_pause);
  }
  settle(std::move(job), fail(std::move(error)));
}

void Desk::ask(Job job, std::shared_ptr<Question> question, PolicyInForce policy) {
  if (job.trigger == Trigger::arrival && !job.trial)
    if (const auto lead = leads_.find(job.lead_id); lead != leads_.end()) {
      Change change = this->change();
      change.note({.kind = Fact::Kind::lead_arrived}, {}, lead->second.queue, lead->second.text(ruleOf(lead->second.queue).skill_field));
      commit(std::move(change));
    }
  question->tenant_id = tenant_id_;
  question->trigger = job.trigger;
  question->at = parts_.now.wall;
  question->seed = parts_.random.next();
  question->policy = std::move(policy.policy);
  question->policy_version = policy.version;
  auto next = [this, era = era_, job = std::move(job)](Decision decision) mutable {
    if (era != era_) return dropJob(std::move(job), {Code::storage_unavailable, "Storage has failed.", 1000, {}});
    parts_.metrics.add(Metric::coordination_decisions);
    if (degraded(decision)) parts_.metrics.add(Metric::coordination_degraded);
    if (!job.trial) parts_.shadows.observe(decision);
    explain(std::move(job), std::move(decision));
  };
  parts_.decider.decide(std::move(question), std::move(next));
}

// ---- What came of it

// What would have made somebody else win is found out before anything is told, so that it is on record with the rest: for somebody who
// asked, everything; else what costs no more than a look at the scores.
void Desk::explain(Job job, Decision decision) {
  if (!decision.winner() || decision.question->side == Side::queue) return decided(std::move(job), std::move(decision));
  const auto depth = job.reply ? Explainer::Depth::everything : Explainer::Depth::weights;
  auto next = [this, era = era_, job = std::move(job)](Decision explained) mutable {
    if (era != era_) return dropJob(std::move(job), {Code::storage_unavailable, "Storage has failed.", 1000, {}});
    decided(std::move(job), std::move(explained));
  };
  parts_.explainer.explain(std::move(decision), std::move(next), depth);
}

void Desk::decided(Job job, Decision decision) {
  if (job.trial) {
    std::string reply =
        routeReply(decision, {.decision_id = {}}, {.lead_id = job.lead_id, .took = sinceThen(job.received), .dry_run = true});
    return settle(std::move(job), std::move(reply));
  }
  const auto winner = decision.winner();
  const Question& question = *decision.question;
  const std::string lead_id = question.side == Side::agents || !winner ? question.leads.front().lead_id : question.leads[*winner].lead_id;
  const auto lead = leads_.find(lead_id);
  if (lead == leads_.end() || (job.handoff_id.empty() && lead->second.state != LeadState::waiting)) return overtaken(std::move(job));
  if (!winner) return nobodyTakes(std::move(job), std::move(decision), lead->second);
  const AgentView& view = question.side == Side::agents ? question.agents[*winner] : question.agents.front();
  Seat* seat = team_.find(view.profile->agent_id);
  const bool fit = seat && !Team::hindrance(*seat, lead->second, ruleOf(lead->second.queue), parts_.now.wall);
  if (fit) return offerTo(std::move(job), std::move(decision), lead->second, *seat);
  // He was there when it was decided, and is not any more.
  if (++job.tries < tries_max) {
    deciding_ = false;
    jobs_.push_front(std::move(job));
    return pump();
  }
  nobodyTakes(std::move(job), std::move(decision), lead->second);
}

// The lead has gone another way meanwhile. An agent who was to take it may take another.
void Desk::overtaken(Job job) {
  const std::string agent_id = job.agent_id;
  const Trigger trigger = job.trigger;
  settle(std::move(job), fail(Code::conflict, "Somebody else has seen to this lead meanwhile."));
  if (!agent_id.empty()) lookWhatHeTakes(agent_id, trigger);
}

void Desk::offerTo(Job job, Decision decision, Lead& lead, Seat& seat) {
  Change change = this->change();
  if (!job.handoff_id.empty()) {
    const auto handoff = handoffs_.find(job.handoff_id);
    // It may have been decided twice, once by an earlier reading of the store.
    if (handoff == handoffs_.end() || !handoff->second.offer_id.empty())
      return settle(std::move(job), fail(Code::conflict, "The handoff is over, or somebody is asked already."));
    const LeadOffer offer = handoffOffer(handoff->second, lead, seat);
    askToTakeOver(change, handoff->second, seat, offer);
    record(change, decision, {.decision_id = offer.decision_id, .offer_id = offer.offer_id});
    std::string text = encodeHandoff(handoff->second);
    commit(std::move(change), std::exchange(job.reply, {}), std::move(text));
    return settle(std::move(job), std::string());
  }
  const LeadOffer offer = makeOffer(lead, seat, OfferKind::routed, ruleOf(lead.queue).lease);
  const DecisionPlace place{.decision_id = offer.decision_id, .offer_id = offer.offer_id};
  takeOffer(change, lead, seat, offer);
  record(change, decision, place);
  Reply reply = std::exchange(job.reply, {});
  std::string text = reply ? routeReply(decision, place, {.lead_id = lead.lead_id, .took = sinceThen(job.received)}) : std::string();
  commit(std::move(change), std::move(reply), std::move(text));
  const bool more = decision.question->side == Side::queue;
  const std::string agent_id = seat.profile->agent_id;
  settle(std::move(job), std::string());
  if (more) lookWhatHeTakes(agent_id, Trigger::slot_freed);
}

void Desk::nobodyTakes(Job job, Decision decision, Lead& lead) {
  Change change = this->change();
  if (!job.handoff_id.empty()) {
    const auto handoff = handoffs_.find(job.handoff_id);
    if (handoff != handoffs_.end() && handoff->second.offer_id.empty())
      endHandoff(handoff->second, HandoffState::returned, "nobody else can take it", change);
    commit(std::move(change));
    return settle(std::move(job), fail(Code::agent_unavailable, "Nobody else can take this lead now; it stays with its owner."));
  }
  held_.erase(lead.lead_id);
  change.put(lead);
  const std::string decision_id = formatId(decision_prefix, parts_.ids.next(parts_.now.wall));
  DecisionPlace place{.decision_id = decision_id};
  watchLead(lead);
  if (decision.winner()) {
    place.note = "Whoever was found could take it no more; the lead waits.";
    lookAgain(lead, parts_.now.wall + gone_pause);
  }
  // What has been said before of a lead that goes on waiting needs no record.
  if (job.reply || job.trigger == Trigger::arrival) record(change, decision, place);
  Reply reply = std::move(job.reply);
  std::string text =
      reply ? routeReply(decision, place, {.lead_id = lead.lead_id, .took = sinceThen(job.received), .queued = true}) : std::string();
  commit(std::move(change), std::move(reply), std::move(text));
  settle(std::move(job), std::string());
}

void Desk::record(Change& change, const Decision& decision, const DecisionPlace& place) {
  keep(change, decision, place);
  change.note({.kind = Fact::Kind::decided, .engine_us = static_cast<double>(decision.took.count()) / 1000, .degraded = degraded(decision)},
              {}, {}, {});
}

void Desk::keep(Change& change, const Decision& decision, const DecisionPlace& place) {
  std::vector<DocumentWrite> writes = decisionWrites(decision, place);
  change.showDecision(std::string(place.decision_id), *writes.front().value);  // The summary comes first.
  change.add(std::move(writes));
}

std::chrono::nanoseconds Desk::sinceThen(Mono received) const { return parts_.now.mono - received; }

// One decision is over. A job that still has somebody waiting for it is answered.
void Desk::settle(Job job, Result<std::string> result) {
  deciding_ = false;
  if (!result && !job.trial) held_.erase(job.lead_id);
  if (job.reply) job.reply(std::move(result));
  pump();
}

void Desk::dropJob(Job job, const Error& error) {
  if (job.reply) job.reply(fail(error));
}

}  // namespace atrium
