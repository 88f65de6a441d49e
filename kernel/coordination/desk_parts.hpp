#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "analytics/facts.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/timer_wheel.hpp"
#include "coordination/handoff.hpp"
#include "coordination/lead.hpp"
#include "coordination/queue_rule.hpp"
#include "engine/event_outbox.hpp"
#include "engine/ports.hpp"
#include "routing/policy.hpp"

// What a desk is built on.
namespace atrium {

class Decider;
class Explainer;
class ShadowPolicies;

// A policy and which of its versions this is.
struct PolicyInForce {
  std::shared_ptr<const RoutingPolicy> policy;  // Null: there is none of that name.
  std::uint64_t version = 0;
};

// The policies of a tenant. On its home loop.
class PolicySource {
 public:
  virtual ~PolicySource() = default;
  // Completes, possibly before it returns, with the policy of that name, or the tenant's default one for an empty name. Refusals are the
  // store's.
  virtual void find(const std::string& tenant_id, std::string name, Completion<PolicyInForce> done) = 0;
};

// What is told to people of a desk's changes, once they are stored. On the tenant's home loop; each text is one JSON object.
class DeskOutlet {
 public:
  virtual ~DeskOutlet() = default;
  // To every live session of one user.
  virtual void offer(const std::string& tenant_id, const std::string& agent_id, const std::string& offer) = 0;
  // For those who watch. An empty value: there is nothing under this key any more.
  virtual void agent(const std::string& tenant_id, const std::string& agent_id, std::string value) = 0;
  virtual void lead(const std::string& tenant_id, const std::string& lead_id, std::string value) = 0;
  virtual void offerRow(const std::string& tenant_id, const std::string& offer_id, std::string value) = 0;
  virtual void decision(const std::string& tenant_id, const std::string& decision_id, std::string value) = 0;
  // A handoff began, or ended: it is told in the lead's room.
  virtual void handoff(const std::string& tenant_id, const Handoff& handoff) = 0;
  // For the figures.
  virtual void note(const std::string& tenant_id, const Fact& fact) = 0;
};

// All outlives the desks.
struct DeskParts {
  Store& store;
  Decider& decider;
  Explainer& explainer;
  ShadowPolicies& shadows;
  PolicySource& policies;
  DeskOutlet& outlet;
  EventOutbox& events;
  TimerWheel& timers;
  const Now& now;
  IdSource& ids;
  Random& random;
  MetricSet& metrics;
  Log& log;
  const CoordinationRules& rules;
};

}  // namespace atrium
