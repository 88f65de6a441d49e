#include "analytics/rollup.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analytics/statistics.hpp"

namespace atrium {

static_assert(static_cast<std::size_t>(Tally::sla_missed) + 1 == tally_count);
static_assert(static_cast<std::size_t>(Timing::handling_ms) + 1 == timing_count);

void Activity::note(const Fact& fact) {
  Activity& self = *this;
  const auto inTime = [&fact](double target) { return fact.milliseconds >= 0 && fact.milliseconds <= target; };
  switch (fact.kind) {
    case Fact::Kind::lead_arrived: ++self[Tally::arrived]; break;
    case Fact::Kind::decided:
      ++self[Tally::decided];
      if (fact.degraded) ++self[Tally::degraded];
      self[Timing::decision_us].add(fact.engine_us);
      break;
    case Fact::Kind::offered: ++self[Tally::offered]; break;
    case Fact::Kind::accepted:
      ++self[Tally::accepted];
      if (inTime(assignment_target_ms)) ++self[Tally::accepted_in_time];
      self[Timing::acceptance_ms].add(fact.milliseconds);
      self[Timing::offer_ms].add(fact.offer_milliseconds);
      break;
    case Fact::Kind::rejected: ++self[Tally::rejected]; break;
    case Fact::Kind::expired: ++self[Tally::expired]; break;
    case Fact::Kind::rescinded: ++self[Tally::rescinded]; break;
    case Fact::Kind::first_response:
      ++self[Tally::first_responses];
      if (inTime(first_response_target_ms)) ++self[Tally::first_in_time];
      self[Timing::first_response_ms].add(fact.milliseconds);
      break;
    case Fact::Kind::response:
      ++self[Tally::responses];
      self[Timing::response_ms].add(fact.milliseconds);
      break;
    case Fact::Kind::closed:
      ++self[Tally::closed];
      self[Timing::handling_ms].add(fact.milliseconds);
      if (!fact.won) break;
      ++self[Tally::won];
      if (std::isfinite(fact.value)) value += fact.value;
      break;
    case Fact::Kind::abandoned: ++self[Tally::abandoned]; break;
    case Fact::Kind::handed_over: ++self[Tally::handed_over]; break;
    case Fact::Kind::sla_met: ++self[Tally::sla_met]; break;
    case Fact::Kind::sla_missed: ++self[Tally::sla_missed]; break;
  }
}

void Activity::add(const Activity& other) {
  for (std::size_t at = 0; at < tally_count; ++at) tallies[at] += other.tallies[at];
  for (std::size_t at = 0; at < timing_count; ++at) timings[at].add(other.timings[at]);
  value += other.value;
}

bool Activity::empty() const {
  return std::ranges::all_of(tallies, [](std::uint64_t n) { return n == 0; });
}

void AgentLoad::note(const AgentSample& sample) {
  ++samples;
  if (std::isfinite(sample.satisfaction) && sample.satisfaction > 0) satisfaction = sample.satisfaction;
  if (!isOnline(sample.status)) return;
  ++online;
  if (sample.status == "available") ++available;
  if (sample.capacity > 0 && sample.active_leads >= sample.capacity) ++at_cap;
  if (std::isfinite(sample.utilisation)) utilisation += sample.utilisation;
  active_leads += sample.active_leads;
  active_conversations += sample.active_conversations;
}

void AgentLoad::add(const AgentLoad& other) {
  samples += other.samples;
  online += other.online;
  available += other.available;
  at_cap += other.at_cap;
  utilisation += other.utilisation;
  active_leads += other.active_leads;
  active_conversations += other.active_conversations;
  if (other.satisfaction > 0) satisfaction = other.satisfaction;
}

double AgentLoad::meanUtilisation() const {
  return online == 0 ? std::numeric_limits<double>::quiet_NaN() : utilisation / static_cast<double>(online);
}

void AgentPart::add(const AgentPart& other) {
  if (!other.name.empty()) name = other.name;
  activity.add(other.activity);
  load.add(other.load);
  for (const auto& [kind, outcome] : other.kinds) {
    KindOutcome& sum = kinds[kind];
    sum.closed += outcome.closed;
    sum.won += outcome.won;
    sum.handling_ms += outcome.handling_ms;
  }
}

std::vector<double> onlineUtilisation(const TeamSample& sample) {
  std::vector<double> loads;
  for (const AgentSample& agent : sample.agents)
    if (isOnline(agent.status) && std::isfinite(agent.utilisation)) loads.push_back(agent.utilisation);
  return loads;
}

void TeamLoad::note(const TeamSample& sample) {
  ++samples;
  active_leads += sample.active_leads;
  queue_length += sample.queue_length;
  oldest_wait_seconds = std::max(oldest_wait_seconds, sample.oldest_wait_seconds);
  const std::vector<double> loads = onlineUtilisation(sample);
  agents_online += static_cast<double>(loads.size());
  if (loads.empty()) return;
  ++staffed;
  double sum = 0;
  for (const double load : loads) sum += load;
  utilisation += sum / static_cast<double>(loads.size());
  balance += jain(loads);
}

void TeamLoad::add(const TeamLoad& other) {
  samples += other.samples;
  agents_online += other.agents_online;
  active_leads += other.active_leads;
  queue_length += other.queue_length;
  oldest_wait_seconds = std::max(oldest_wait_seconds, other.oldest_wait_seconds);
  staffed += other.staffed;
  utilisation += other.utilisation;
  balance += other.balance;
}

bool Rollup::empty() const {
  return total.empty() && message_latency_us.count() == 0 && messages_failed == 0 && load.samples == 0 && queues.empty() && agents.empty();
}

void Rollup::add(const Rollup& other) {
  total.add(other.total);
  message_latency_us.add(other.message_latency_us);
  messages_failed += other.messages_failed;
  load.add(other.load);
  for (const auto& [queue, activity] : other.queues) queues[queue].add(activity);
  for (const auto& [agent, part] : other.agents) agents[agent].add(part);
}

}  // namespace atrium
