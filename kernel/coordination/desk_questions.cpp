#include <algorithm>
#include <limits>
#include <utility>

#include "coordination/decider.hpp"
#include "coordination/desk.hpp"

// What is asked where something is to be decided: who may take a lead, or which leads an agent may take.
namespace atrium {

namespace {

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

// The leads that wait and that he may take: of the highest priority, and of those the ones that are decided by the policy of the oldest;
// the others have their turn when these have gone. Null: there is none.
std::shared_ptr<Question> Desk::questionForAgent(Seat& seat) {
  const Wall now = parts_.now.wall;
  if (const auto hindrance = Team::hindrance(seat, now)) {
    if (hindrance->until != Wall{}) lookLater(seat, hindrance->until);
    return nullptr;
  }
  if (seat.places() >= seat.profile->capacity) return nullptr;
  auto question = std::make_shared<Question>();
  question->side = Side::queue;
  std::int64_t best = std::numeric_limits<std::int64_t>::min();
  std::string policy;  // Of the oldest of the best.
  looked_ += queue_.size();
  for (const auto& [key, waits] : queue_) {
    const Lead& lead = *waits;
    if (held_.contains(lead.lead_id)) continue;
    const QueueRule& rule = ruleOf(lead.queue);
    const std::int64_t priority = priorityOf(lead, rule, now);
    if (priority < best || (priority == best && (policyOf(lead) != policy || question->leads.size() == considered_max))) continue;
    if (const auto hindrance = Team::hindrance(seat, lead, rule, now)) {
      if (hindrance->until != Wall{}) lookLater(seat, hindrance->until);
      continue;
    }
    if (priority > best) {
      question->leads.clear();
      best = priority;
      policy = policyOf(lead);
    }
    question->leads.push_back(viewOf(lead, now));
  }
  if (question->leads.empty()) return nullptr;
  question->agents = {Team::view(seat, now)};
  return question;
}

// What a decision by hand is made of: nobody else was looked at.
Decision Desk::byHand(const Lead& lead, Seat& seat, Trigger trigger) const {
  static const auto policy = std::make_shared<const RoutingPolicy>(RoutingPolicy{.name = std::string(by_hand), .agents = {}, .queue = {}});
  const Wall now = parts_.now.wall;
  auto question = std::make_shared<Question>();
  question->tenant_id = tenant_id_;
  question->trigger = trigger;
  question->side = Side::agents;
  question->at = now;
  question->policy = policy;
  question->agents = {Team::view(seat, now)};
  question->leads = {viewOf(lead, now)};
  return conclude(std::move(question), {});
}

void Desk::lookLater(Seat& seat, Wall until) {
  // Never at once: what stands against it now would still do so.
  until = std::max(until, parts_.now.wall + std::chrono::milliseconds(100));
  const Mono then = moment(until);
  if (seat.look_at != Mono{} && seat.look_at <= then) return;
  seat.look_at = then;
  alarm(until, Alarm::Kind::look, seat.profile->agent_id);
}

}  // namespace atrium
