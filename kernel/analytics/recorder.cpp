#include "analytics/recorder.hpp"

#include <algorithm>
#include <utility>

#include "analytics/minute_series.hpp"
#include "engine/room_key.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

Recorder::Recorder(const Parts& parts, const RecorderOptions& options)
    : parts_(parts),
      options_(options),
      upkeep_(parts.store, parts.now, parts.log, options.keep,
              [this](const std::string& tenant_id, bool well) {
                const auto found = tenants_.find(tenant_id);
                if (found == tenants_.end()) return;
                found->second->looked_after = false;
                if (well) found->second->kept_until = startOf(Span::hour, parts_.now.wall);
              }),
      timer_([this] { tick(); }) {}

void Recorder::begin() {
  parts_.timers.arm(timer_, parts_.now.mono + options_.sampling);
  // So that what is kept of a tenant nobody uses any more is dropped in its time.
  walkDocuments(parts_.store, {.prefix = {std::string(analytics_collection)},
                               .each =
                                   [this](const Document& document) {
                                     if (document.key.size() == 2 && homeOfTenant(document.key[1], parts_.shards) == parts_.index)
                                       tenantOf(document.key[1]);
                                     return true;
                                   },
                               .done =
                                   [this](Result<void> walked) {
                                     if (!walked) parts_.log.warning("analytics.unread", {{"reason", walked.error().detail}});
                                   }});
}

Recorder::Tenant* Recorder::tenantOf(std::string_view tenant_id) {
  if (const auto found = tenants_.find(tenant_id); found != tenants_.end()) return found->second.get();
  if (tenants_.size() >= options_.tenants_max) {
    parts_.metrics.add(Metric::analytics_left_out_tenants);
    return nullptr;
  }
  auto made = std::make_unique<Tenant>(std::string(tenant_id));
  made->opened = startOf(Span::minute, parts_.now.wall);
  made->current.from = made->opened;
  Tenant& tenant = *tenants_.emplace(made->id, std::move(made)).first->second;
  parts_.metrics.set(Metric::analytics_tenants, static_cast<std::int64_t>(tenants_.size()));
  restore(tenant);
  return &tenant;
}

// The last hour as the process before left it, for standing().
void Recorder::restore(Tenant& tenant) {
  const RollupQuery query{.tenant_id = tenant.id, .from = tenant.opened - std::chrono::hours(1), .to = tenant.opened};
  loadHistory(parts_.store, query, [&tenant](Result<RollupHistory> history) {
    if (!history) return;
    for (auto step = history->steps.rbegin(); step != history->steps.rend(); ++step)
      tenant.past.push_front({step->from, std::move(step->total), std::move(step->message_latency_us)});
  });
}

void Recorder::note(std::string_view tenant_id, const Fact& fact) {
  Tenant* tenant = stopping_ ? nullptr : tenantOf(tenant_id);
  if (!tenant) return;
  turn(*tenant);
  parts_.metrics.add(Metric::analytics_facts);
  tenant->current.total.note(fact);
  if (fact.kind == Fact::Kind::accepted) tenant->ring.assignment_ms.add(fact.milliseconds);
  if (fact.kind == Fact::Kind::first_response || fact.kind == Fact::Kind::response)
    tenant->ring.noteResponse(fact.agent_id, fact.milliseconds);
  if (!fact.queue.empty()) {
    auto queue = tenant->current.queues.find(fact.queue);
    if (queue == tenant->current.queues.end() && tenant->current.queues.size() < options_.queues_max)
      queue = tenant->current.queues.emplace(std::string(fact.queue), Activity{}).first;
    if (queue != tenant->current.queues.end())
      queue->second.note(fact);
    else
      parts_.metrics.add(Metric::analytics_left_out_queues);
  }
  AgentPart* agent = fact.agent_id.empty() ? nullptr : agentOf(*tenant, fact.agent_id);
  if (!agent) return;
  agent->activity.note(fact);
  if (fact.kind != Fact::Kind::closed || fact.lead_kind.empty()) return;
  auto kind = agent->kinds.find(fact.lead_kind);
  if (kind == agent->kinds.end()) {
    if (agent->kinds.size() >= options_.kinds_max) return parts_.metrics.add(Metric::analytics_left_out_kinds);
    kind = agent->kinds.emplace(std::string(fact.lead_kind), KindOutcome{}).first;
  }
  ++kind->second.closed;
  if (fact.won) ++kind->second.won;
  if (fact.milliseconds > 0) kind->second.handling_ms += fact.milliseconds;
}

AgentPart* Recorder::agentOf(Tenant& tenant, std::string_view agent_id) {
  AgentParts& agents = tenant.current.agents;
  if (const auto known = agents.find(agent_id); known != agents.end()) return &known->second;
  if (agents.size() >= options_.agents_max) {
    parts_.metrics.add(Metric::analytics_left_out_agents);
    return nullptr;
  }
  return &agents.emplace(std::string(agent_id), AgentPart{}).first->second;
}

void Recorder::noteMessages(std::string_view tenant_id, const Distribution& latency_us, std::uint64_t failed) {
  Tenant* tenant = stopping_ ? nullptr : tenantOf(tenant_id);
  if (!tenant) return;
  turn(*tenant);
  tenant->current.message_latency_us.add(latency_us);
  tenant->ring.latency_us.add(latency_us.sum(), latency_us.count());
  tenant->current.messages_failed += failed;
  tenant->ring.messages_failed += failed;
}

void Recorder::tick() {
  parts_.timers.arm(timer_, parts_.now.mono + options_.sampling);
  if (teams_)
    for (const std::string& tenant_id : teams_->tenants()) tenantOf(tenant_id);
  for (auto& [id, tenant] : tenants_) {
    turn(*tenant);
    sample(*tenant);
    writeOn(*tenant);
    maintain(*tenant);
  }
}

void Recorder::sample(Tenant& tenant) {
  sample_ = {};
  const bool known = teams_ && teams_->sample(tenant.id, sample_);
  tenant.ring.take(parts_.now.wall, known ? &sample_ : nullptr, options_.agents_max);
  if (!known) return;
  tenant.current.load.note(sample_);
  for (const AgentSample& one : sample_.agents) {
    AgentPart* agent = agentOf(tenant, one.agent_id);
    if (!agent) continue;
    if (agent->name != one.name) agent->name = one.name;
    agent->load.note(one);
  }
}

// Ends the current minute when it is over. When the clock was set back, it goes on until the clock is there again.
void Recorder::turn(Tenant& tenant) {
  const Wall minute = startOf(Span::minute, parts_.now.wall);
  if (minute <= tenant.current.from) return;
  Rollup over = std::exchange(tenant.current, Rollup{});
  tenant.current.from = minute;
  std::erase_if(tenant.past, [minute](const PastMinute& past) { return past.from + std::chrono::hours(1) < minute; });
  if (over.empty()) return;
  tenant.past.push_back({over.from, over.total, over.message_latency_us});
  tenant.waiting.push_back(std::move(over));
  if (tenant.waiting.size() > options_.waiting_max) {
    // Not the one that is on its way.
    if (!tenant.writing) tenant.replaced.clear();
    tenant.waiting.erase(tenant.waiting.begin() + (tenant.writing ? 1 : 0));
    parts_.metrics.add(Metric::analytics_minutes_lost);
  }
  writeOn(tenant);
}

void Recorder::writeOn(Tenant& tenant) {
  if (tenant.writing || tenant.waiting.empty()) return;
  tenant.writing = true;
  if (tenant.waiting.front().from == tenant.opened) return mergeFirst(tenant);
  writeFirst(tenant);
}

// Adds what the process before this one wrote of the same minute when it stopped.
void Recorder::mergeFirst(Tenant& tenant) {
  RollupQuery query{
      .tenant_id = tenant.id, .from = tenant.opened, .to = tenant.opened + std::chrono::minutes(1), .agents = RollupQuery::Agents::sum};
  loadHistory(parts_.store, std::move(query), [this, &tenant](Result<RollupHistory> history) {
    if (!history) return written(tenant, fail(std::move(history.error())));
    Rollup& first = tenant.waiting.front();
    Rollup merged;
    merged.from = first.from;
    for (const Rollup& before : history->steps) merged.add(before);
    for (const auto& [id, part] : history->agents) merged.agents[id].add(part);
    // Documents of agents are named by the first of each, who may be another one by now: the old ones go as the new ones come.
    if (!history->steps.empty())
      for (DocumentWrite& before : toDocuments(Span::minute, tenant.id, merged)) tenant.replaced.push_back(std::move(before.key));
    merged.add(first);
    first = std::move(merged);
    tenant.opened = Wall{};  // Once: what is written from now on is this process's own.
    writeFirst(tenant);
  });
}

void Recorder::writeFirst(Tenant& tenant) {
  std::vector<DocumentWrite> writes = toDocuments(Span::minute, tenant.id, tenant.waiting.front());
  for (const DocumentKey& before : tenant.replaced)
    if (std::ranges::find(writes, before, &DocumentWrite::key) == writes.end()) writes.push_back({.key = before, .value = std::nullopt});
  parts_.store.write(std::move(writes), [this, &tenant](Result<void> result) { written(tenant, result); });
}

void Recorder::written(Tenant& tenant, const Result<void>& result) {
  tenant.writing = false;
  if (result) {
    tenant.replaced.clear();
    tenant.waiting.pop_front();
    writeOn(tenant);
    maintain(tenant);
  } else {
    parts_.log.warning("analytics.unwritten", {{"tenant_id", tenant.id}, {"reason", result.error().detail}});
  }
  endIfDone();
}

// Once an hour, when no minute of the hour before is still on its way.
void Recorder::maintain(Tenant& tenant) {
  if (stopping_ || tenant.looked_after || !tenant.waiting.empty()) return;
  if (startOf(Span::hour, parts_.now.wall) <= tenant.kept_until) return;
  // The minute that has just ended comes into its hour first.
  if (startOf(Span::minute, parts_.now.wall) > tenant.current.from) return;
  tenant.looked_after = true;
  upkeep_.look(tenant.id);
}

void Recorder::read(const std::string& tenant_id, std::vector<std::string> metrics, Wall from, Wall to,
                    Completion<std::vector<MetricSeries>> done) {
  const auto known = tenants_.find(tenant_id);
  const Wall oldest = known == tenants_.end() ? Wall::max() : known->second->ring.oldest();
  auto append = [this, tenant_id, metrics, from, to, done = std::move(done)](Result<std::vector<MetricSeries>> series) mutable {
    if (!series) return done(fail(std::move(series.error())));
    if (const auto live = tenants_.find(tenant_id); live != tenants_.end()) live->second->ring.read(metrics, from, to, *series);
    std::erase_if(*series, [](const MetricSeries& one) { return std::ranges::all_of(one.values, [](double v) { return v != v; }); });
    done(std::move(series));
  };
  if (from >= oldest) return append(std::vector<MetricSeries>{});
  const Wall end = to < oldest ? to + std::chrono::milliseconds(1) : oldest;
  readMinuteSeries(parts_.store, tenant_id, metrics, from, end, std::move(append));
}

CoordinationNow Recorder::standing(std::string_view tenant_id) {
  CoordinationNow standing;
  sample_ = {};
  if (teams_ && teams_->sample(tenant_id, sample_)) standing.take(sample_);
  const auto known = tenants_.find(tenant_id);
  if (known == tenants_.end()) return standing;
  const Wall since = parts_.now.wall - std::chrono::hours(1);
  for (const PastMinute& past : known->second->past) {
    if (past.from < since) continue;
    standing.last_hour.add(past.total);
    standing.message_latency_us.add(past.message_latency_us);
  }
  standing.last_hour.add(known->second->current.total);
  standing.message_latency_us.add(known->second->current.message_latency_us);
  return standing;
}

void Recorder::stop(std::move_only_function<void()> done) {
  stopping_ = true;
  timer_.disarm();
  for (auto& [id, tenant] : tenants_) {
    if (Rollup rest = std::exchange(tenant->current, Rollup{}); !rest.empty()) tenant->waiting.push_back(std::move(rest));
    writeOn(*tenant);
  }
  stopped_ = std::move(done);  // Not before all have begun: one that is answered at once ends nothing for the others.
  endIfDone();
}

void Recorder::endIfDone() {
  if (!stopped_) return;
  // One whose write was refused waits for nothing any more.
  for (const auto& [id, tenant] : tenants_)
    if (tenant->writing) return;
  std::exchange(stopped_, {})();
}

}  // namespace atrium
