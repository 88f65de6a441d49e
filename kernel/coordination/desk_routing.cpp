#include <algorithm>
#include <limits>
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

constexpr std::string_view decision_prefix = "decision_";
constexpr unsigned tries_max = 3;             // Decisions whose winner was gone by the time they were made, in a row, for one thing.
constexpr std::size_t considered_max = 2000;  // Leads that wait which one agent is asked about.

bool sameWord(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

bool holds(const LeadCondition& condition, const JsonView& lead) {
  const JsonView value = lead[condition.field];
  if (!value.exists() || value.isNull()) return false;
  double number = 0;
  if (condition.bounded) return value.number(number) && number >= condition.at_least && number <= condition.at_most;
  const std::string text = value.isString() ? value.text() : std::string(value.raw());
  return condition.one_of.empty() || std::ranges::any_of(condition.one_of, [&text](const std::string& one) { return sameWord(one, text); });
}

std::int64_t priorityOf(const Lead& lead, const QueueRule& rule, Wall now) {
  const std::int64_t base = std::int64_t{rule.priority} + lead.priority;
  return rule.age_step.count() == 0 ? base : base + std::chrono::duration_cast<std::chrono::seconds>(now - lead.arrived) / rule.age_step;
}

LeadView viewOf(const Lead& lead, Wall now) {
  return {.lead_id = lead.lead_id,
          .fields = lead.fields,
          .waiting_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (now - lead.arrived).count()))};
}

}  // namespace

// ---- Queues

const QueueRule* Desk::queueNamed(std::string_view name) const {
  const auto found = std::ranges::find(parts_.rules.queues, name, &QueueRule::name);
  return found == parts_.rules.queues.end() ? nullptr : &*found;
}

// A lead whose queue has gone from the configuration is one of the last queue, which takes what no other does.
const QueueRule& Desk::ruleOf(std::string_view queue) const {
  const QueueRule* rule = queueNamed(queue);
  return rule ? *rule : parts_.rules.queues.back();
}

const QueueRule& Desk::queueFor(const JsonView& lead) const {
  for (const QueueRule& rule : parts_.rules.queues)
    if (std::ranges::all_of(rule.match, [&lead](const LeadCondition& condition) { return holds(condition, lead); })) return rule;
  return parts_.rules.queues.back();
}

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
    DocumentKey key{std::string(closed_lead_collection), tenant_id_, fresh->lead_id};
    parts_.store.get(std::move(key), [this, received, lead = *std::move(fresh), era = era_,
                                      done = std::move(done)](Result<std::optional<Document>> before) mutable {
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
  queue_.emplace(at->second.arrived, id);
  held_.insert(id);
  Change change = this->change();
  change.note({.kind = Fact::Kind::lead_arrived}, {}, at->second.queue, at->second.text(ruleOf(at->second.queue).skill_field));
  commit(std::move(change));
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
  while (!deciding_ && !loading_ && !jobs_.empty()) {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (job.lead_id.empty()) jobs_for_.erase(job.agent_id);
    begin(std::move(job));
  }
  pumping_ = false;
}

void Desk::begin(Job job) {
  deciding_ = true;
  std::string name = policyNameOf(job);
  parts_.policies.find(tenant_id_, std::move(name), [this, era = era_, job = std::move(job)](Result<PolicyInForce> policy) mutable {
    if (era != era_) return dropJob(std::move(job), {Code::storage_unavailable, "Storage has failed.", 1000, {}});
    if (!policy) return settle(std::move(job), fail(policy.error()));
    if (!policy->policy) {
      Error error{Code::validation_failed, "There is no such policy.", 0, {}};
      error.fields.push_back({"/policy", "must name a policy; GET /coordination/policies has them"});
      return settle(std::move(job), fail(std::move(error)));
    }
    ask(std::move(job), *std::move(policy));
  });
}

std::string Desk::policyNameOf(const Job& job) const {
  if (!job.policy.empty()) return job.policy;
  const Lead* lead = job.trial.get();
  if (const auto known = leads_.find(job.lead_id); !lead && known != leads_.end()) lead = &known->second;
  if (!lead && !queue_.empty()) lead = &leads_.find(queue_.begin()->second)->second;
  return lead ? ruleOf(lead->queue).policy : std::string();
}

void Desk::ask(Job job, PolicyInForce policy) {
  const bool for_agent = job.lead_id.empty();
  std::shared_ptr<Question> question;
  if (for_agent) {
    Seat* seat = team_.find(job.agent_id);
    question = seat ? questionForAgent(*seat) : nullptr;
  } else {
    const auto lead = leads_.find(job.lead_id);
    if (job.trial)
      question = questionForLead(job, *job.trial);
    else if (lead != leads_.end())
      question = questionForLead(job, lead->second);
  }
  if (!question) return settle(std::move(job), fail(Code::conflict, "There is nothing to be decided any more."));
  question->tenant_id = tenant_id_;
  question->trigger = job.trigger;
  question->at = parts_.now.wall;
  question->seed = parts_.random.next();
  question->policy = std::move(policy.policy);
  question->policy_version = policy.version;
  auto next = [this, era = era_, job = std::move(job)](Decision decision) mutable {
    if (era != era_) return dropJob(std::move(job), {Code::storage_unavailable, "Storage has failed.", 1000, {}});
    parts_.metrics.add(Metric::coordination_decisions);
    if (std::ranges::any_of(decision.answers, [](const ScorerAnswer& answer) { return !answer.failure.empty(); }))
      parts_.metrics.add(Metric::coordination_degraded);
    if (!job.trial) parts_.shadows.observe(decision);
    explain(std::move(job), std::move(decision));
  };
  parts_.decider.decide(std::move(question), std::move(next));
}

// Everybody who may take the lead, and what keeps the others from it.
std::shared_ptr<Question> Desk::questionForLead(const Job& job, const Lead& lead) {
  const Wall now = parts_.now.wall;
  const QueueRule& rule = ruleOf(lead.queue);
  auto question = std::make_shared<Question>();
  question->side = Side::agents;
  question->leads = {viewOf(lead, now)};
  question->skill = rule.skill_field.empty() ? std::string() : lead.text(rule.skill_field);
  Seat* before = nullptr;
  for (auto& [id, seat] : team_.seats()) {
    if (id == lead.owner) continue;  // Who hands it over.
    const auto hindrance = Team::hindrance(seat, lead, rule, now);
    if (!hindrance) {
      if (rule.sticky && id == lead.last_owner) before = &seat;
      question->agents.push_back(Team::view(seat, now));
      continue;
    }
    question->excluded.push_back({seat.profile, hindrance->rule});
    if (hindrance->until != Wall{} && !job.trial) lookLater(seat, hindrance->until);
  }
  if (before) {
    for (const AgentView& other : question->agents)
      if (other.profile != before->profile) question->excluded.push_back({other.profile, Exclusion::had_by_another});
    question->agents = {Team::view(*before, now)};
  }
  return question;
}

// The leads that wait and that he may take, of the highest priority, and of the policy of the oldest; null: there is none.
std::shared_ptr<Question> Desk::questionForAgent(Seat& seat) {
  const Wall now = parts_.now.wall;
  auto question = std::make_shared<Question>();
  question->side = Side::queue;
  std::int64_t best = std::numeric_limits<std::int64_t>::min();
  const std::string policy = queue_.empty() ? std::string() : ruleOf(leads_.find(queue_.begin()->second)->second.queue).policy;
  for (const auto& [arrived, id] : queue_) {
    const Lead& lead = leads_.find(id)->second;
    const QueueRule& rule = ruleOf(lead.queue);
    if (held_.contains(id)) continue;
    if (const auto hindrance = Team::hindrance(seat, lead, rule, now)) {
      if (hindrance->until != Wall{}) lookLater(seat, hindrance->until);
      continue;
    }
    const std::int64_t priority = priorityOf(lead, rule, now);
    if (priority < best || (rule.policy != policy && !question->leads.empty())) continue;
    if (priority > best) question->leads.clear(), best = priority;
    question->leads.push_back(viewOf(lead, now));
    if (question->leads.size() == considered_max) break;
  }
  if (question->leads.empty()) return nullptr;
  question->agents = {Team::view(seat, now)};
  return question;
}

void Desk::lookLater(Seat& seat, Wall until) {
  // Never at once: what stands against it now would still do so.
  until = std::max(until, parts_.now.wall + std::chrono::milliseconds(100));
  if (seat.look_at != Wall{} && seat.look_at <= until && seat.look_at > parts_.now.wall) return;
  seat.look_at = until;
  alarm(until, Alarm::Kind::look, seat.profile->agent_id);
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
  if (lead == leads_.end() || (job.handoff_id.empty() && lead->second.state != LeadState::waiting))
    return settle(std::move(job), fail(Code::conflict, "Somebody else has seen to this lead meanwhile."));
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

void Desk::offerTo(Job job, Decision decision, Lead& lead, Seat& seat) {
  Change change = this->change();
  const std::string decision_id = formatId(decision_prefix, parts_.ids.next(parts_.now.wall));
  if (!job.handoff_id.empty()) {
    const auto handoff = handoffs_.find(job.handoff_id);
    // It may have been decided twice, once by an earlier reading of the store.
    if (handoff == handoffs_.end() || !handoff->second.offer_id.empty())
      return settle(std::move(job), fail(Code::conflict, "The handoff is over, or somebody is asked already."));
    record(change, decision, {.decision_id = decision_id});
    offerHandoff(handoff->second, seat, std::move(change), std::move(job.reply), decision_id);
    return settle(std::move(job), std::string());
  }
  LeadOffer offer = makeOffer(lead, seat, OfferKind::routed, ruleOf(lead.queue).lease);
  offer.decision_id = decision_id;
  const DecisionPlace place{.decision_id = decision_id, .offer_id = offer.offer_id};
  takeOffer(change, lead, seat, offer);
  record(change, decision, place);
  Reply reply = std::move(job.reply);
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
  // What has been said before of a lead that goes on waiting needs no record.
  if (job.reply || job.trigger == Trigger::arrival) record(change, decision, {.decision_id = decision_id});
  watchLead(lead);
  // Whoever was found was gone each time; there may be somebody in a moment.
  if (decision.winner()) alarm(parts_.now.wall + std::chrono::seconds(1), Alarm::Kind::lead, lead.lead_id);
  Reply reply = std::move(job.reply);
  std::string text =
      reply ? routeReply(decision, {.decision_id = decision_id}, {.lead_id = lead.lead_id, .took = sinceThen(job.received), .queued = true})
            : std::string();
  commit(std::move(change), std::move(reply), std::move(text));
  settle(std::move(job), std::string());
}

void Desk::record(Change& change, const Decision& decision, const DecisionPlace& place) {
  std::vector<DocumentWrite> writes = decisionWrites(decision, place);
  change.showDecision(std::string(place.decision_id), *writes.front().value);  // The summary comes first.
  change.add(std::move(writes));
  change.note({.kind = Fact::Kind::decided,
               .engine_us = static_cast<double>(decision.took.count()) / 1000,
               .degraded = std::ranges::any_of(decision.answers, [](const ScorerAnswer& answer) { return !answer.failure.empty(); })},
              {}, {}, {});
}

std::chrono::nanoseconds Desk::sinceThen(Mono received) const { return parts_.now.mono - received; }

// One decision is over. A job that still has somebody waiting for it is answered.
void Desk::settle(Job job, Result<std::string> result) {
  deciding_ = false;
  if (!result) held_.erase(job.lead_id);
  if (job.reply) job.reply(std::move(result));
  pump();
}

void Desk::dropJob(Job job, const Error& error) {
  if (job.reply) job.reply(fail(error));
}

// ---- Waiting

void Desk::watchLead(const Lead& lead) {
  const QueueRule& rule = ruleOf(lead.queue);
  if (rule.overflow_after.count() > 0) alarm(lead.queued + rule.overflow_after, Alarm::Kind::lead, lead.lead_id);
  if (rule.fallback_after.count() > 0) alarm(lead.queued + rule.fallback_after, Alarm::Kind::lead, lead.lead_id);
  if (rule.skill_relax_after.count() > 0) alarm(lead.queued + rule.skill_relax_after, Alarm::Kind::lead, lead.lead_id);
}

// It has waited for as long as its queue lets it: somebody with less of a skill may do, another queue, or the one who gets what nobody
// takes.
void Desk::leadIsDue(Lead& lead) {
  const Wall now = parts_.now.wall;
  const QueueRule& rule = ruleOf(lead.queue);
  if (held_.contains(lead.lead_id)) return alarm(now + std::chrono::seconds(1), Alarm::Kind::lead, lead.lead_id);
  if (!rule.overflow_to.empty() && rule.overflow_after.count() > 0 && now >= lead.queued + rule.overflow_after) {
    Change change = this->change();
    moveOn(change, lead);
    commit(std::move(change));
    return lookFor(lead.lead_id, Trigger::overflow);
  }
  if (!rule.fallback_agent.empty() && rule.fallback_after.count() > 0 && now >= lead.queued + rule.fallback_after) {
    if (Seat* seat = team_.find(rule.fallback_agent)) {
      Change change = this->change();
      LeadOffer offer = makeOffer(lead, *seat, OfferKind::direct, std::chrono::hours(24 * 365));
      offer.over_cap = seat->places() >= seat->profile->capacity;
      offer.reason = "nobody took it for " + std::to_string(rule.fallback_after.count()) + " s";
      takeOffer(change, lead, *seat, offer);
      return commit(std::move(change));
    }
    parts_.log.warning("coordination.no_fallback", {{"tenant", tenant_id_}, {"queue", rule.name}, {"agent", rule.fallback_agent}});
  }
  lookFor(lead.lead_id, Trigger::overflow);
}

// Looks up the policies that decide along without effect.
void Desk::watchShadows() {
  struct Found {
    std::size_t open = 1;
    std::vector<std::shared_ptr<const RoutingPolicy>> policies;
  };
  const auto found = std::make_shared<Found>();
  const auto closed = [this, found] {
    if (--found->open > 0) return;
    if (!parts_.shadows.set(tenant_id_, std::move(found->policies)))
      parts_.log.warning("coordination.no_shadows", {{"tenant", tenant_id_}, {"reason", "more are watched than may be"}});
  };
  found->open += parts_.rules.shadow_policies.size();
  for (const std::string& name : parts_.rules.shadow_policies)
    parts_.policies.find(tenant_id_, name, [found, closed](const Result<PolicyInForce>& policy) {
      if (policy && policy->policy) found->policies.push_back(policy->policy);
      closed();
    });
  closed();
}

void Desk::rulesChanged() {
  watchShadows();
  if (loading_) return;
  for (const auto& [arrived, id] : queue_) watchLead(leads_.find(id)->second);
  std::vector<std::string> agents;
  for (const auto& [id, seat] : team_.seats()) agents.push_back(id);
  for (const std::string& id : agents) lookWhatHeTakes(id, Trigger::slot_freed);
}

}  // namespace atrium
