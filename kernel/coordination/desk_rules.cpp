#include <algorithm>

#include "coordination/desk.hpp"
#include "coordination/shadow_policies.hpp"

// What the operator's rules say: which queue a lead belongs to, and what begins anew when they change.
namespace atrium {

namespace {

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

}  // namespace

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

// The policy that a lead is decided by; empty: the tenant's default.
const std::string& Desk::policyOf(const Lead& lead) const { return lead.policy.empty() ? ruleOf(lead.queue).policy : lead.policy; }

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
  for (auto& [key, lead] : queue_) watchLead(*lead);
  std::vector<std::string> agents;
  for (const auto& [id, seat] : team_.seats()) agents.push_back(id);
  for (const std::string& id : agents) lookWhatHeTakes(id, Trigger::slot_freed);
}

}  // namespace atrium
