#include "routing/simulation/policy_chooser.hpp"

#include <algorithm>
#include <iterator>

#include "protocol/json_writer.hpp"

namespace atrium::simulation {

namespace {

constexpr double response_minutes_max = 10;  // Of an agent of no responsiveness.

std::string typeName(std::size_t type) { return "type " + std::to_string(type + 1); }
std::uint64_t toMs(Seconds time) { return static_cast<std::uint64_t>(std::max(time, 0.0) * 1000); }
atrium_text textOf(const std::string& text) { return {text.data(), text.size()}; }

std::string skillsOf(const AgentModel& model) {
  std::string out;
  JsonWriter json(out);
  json.begin('{');
  for (std::size_t type = 0; type < lead_types; ++type)
    if (model.proficiency[type] > 0) json.key(typeName(type)).value(model.proficiency[type]);
  json.end('}');
  return out;
}

}  // namespace

PolicyChooser::PolicyChooser(RoutingPolicy policy, const std::map<std::string, Scorer*, std::less<>>& scorers)
    : policy_(std::move(policy)) {
  const auto take = [&scorers](const std::vector<Weighted>& weighted, Side& side) {
    for (const Weighted& one : weighted) side.scorers.emplace_back(one.weight, scorers.find(one.scorer)->second);
    side.values.resize(side.scorers.size());
  };
  take(policy_.agents, agents_side_);
  take(policy_.queue, queue_side_);
}

void PolicyChooser::begin(const World& world, std::uint64_t seed) {
  world_ = &world;
  ties_ = Random(seed);
  agent_facts_.clear();
  agent_facts_.resize(world.agents.size());
  lead_facts_.clear();
  lead_facts_.resize(world.leads.size());
  stale_.assign(world.agents.size(), true);
}

const atrium_agent& PolicyChooser::agentView(std::uint32_t number, Seconds now) {
  auto& facts = agent_facts_[number];
  const AgentState& state = agent(number);
  if (!facts) {
    facts = std::make_unique<AgentFacts>();
    facts->id = "agent_" + std::to_string(number);
    facts->skills = skillsOf(*state.model);
    facts->view = {.struct_size = sizeof(atrium_agent),
                   .status = ATRIUM_AGENT_AVAILABLE,
                   .agent_id = textOf(facts->id),
                   .active_leads = 0,
                   .capacity = state.model->places,
                   .capacity_utilization = 0,
                   .avg_response_minutes = response_minutes_max * (1 - state.model->responsiveness),
                   .conversion_rate = state.model->performance,
                   .satisfaction = -1,
                   .idle_ms = 0,
                   .fields = {}};
  }
  if (stale_[number]) {
    stale_[number] = false;
    std::string text;
    JsonWriter json(text);
    json.begin('{').key("skills").raw(facts->skills).key("value_received").value(state.value_received / state.model->places).end('}');
    facts->fields = *JsonDocument::parse(text);
    facts->view.fields = facts->fields.root().abi();
    facts->view.active_leads = state.busy;
    facts->view.capacity_utilization = state.utilization();
  }
  facts->view.idle_ms = toMs(now - state.idle_since);
  return facts->view;
}

const atrium_lead& PolicyChooser::leadView(std::uint32_t number, Seconds now) {
  auto& facts = lead_facts_[number];
  const LeadModel& model = world_->leads[number];
  if (!facts) {
    facts = std::make_unique<LeadFacts>();
    facts->id = "lead_" + std::to_string(number);
    std::string text;
    JsonWriter json(text);
    json.begin('{').key("name").value(facts->id).key("property_type").value(typeName(model.type)).end('}');
    facts->fields = *JsonDocument::parse(text);
    facts->view = {.struct_size = sizeof(atrium_lead),
                   .reserved = 0,
                   .lead_id = textOf(facts->id),
                   .tenant_id = {"simulation", 10},
                   .waiting_ms = 0,
                   .fields = facts->fields.root().abi()};
  }
  facts->view.waiting_ms = toMs(now - model.at);
  return facts->view;
}

// Asks each scorer of the side, and returns the place of the best of `count`.
template <typename Ask>
std::uint32_t PolicyChooser::best(Side& side, std::uint32_t count, Ask ask) {
  std::vector<ScoreColumn> columns;
  for (std::size_t at = 0; at < side.scorers.size(); ++at) {
    scores_.resize(count);
    for (atrium_score& score : scores_) score.value = -1, score.reason_size = 0;
    const bool answered = ask(*side.scorers[at].second, std::span<atrium_score>(scores_));
    std::vector<double>& values = side.values[at];
    values.clear();
    if (answered) std::ranges::transform(scores_, std::back_inserter(values), &atrium_score::value);
    columns.push_back({side.scorers[at].first, values});
  }
  const Ranking ranking = rank(columns, count, ties_);
  degraded_ += ranking.degraded ? 1 : 0;
  return ranking.order.front().candidate;
}

std::uint32_t PolicyChooser::agentFor(std::uint32_t lead, std::span<const std::uint32_t> candidates, Seconds now) {
  agent_pointers_.clear();
  for (const std::uint32_t candidate : candidates) agent_pointers_.push_back(&agentView(candidate, now));
  const atrium_lead& view = leadView(lead, now);
  return candidates[best(agents_side_, static_cast<std::uint32_t>(candidates.size()),
                         [&](Scorer& scorer, std::span<atrium_score> out) { return scorer.scoreAgents(view, agent_pointers_, out); })];
}

std::size_t PolicyChooser::leadFor(std::uint32_t number, std::span<const std::uint32_t> waiting, Seconds now) {
  const double guard = std::chrono::duration<double>(policy_.ageing_guard).count();
  if (queue_side_.scorers.empty() || (guard > 0 && now - world_->leads[waiting.front()].at > guard)) return 0;
  waiting = waiting.first(std::min<std::size_t>(waiting.size(), ATRIUM_SCORER_BATCH_MAX));  // The oldest, of more than a scorer takes.
  lead_pointers_.clear();
  for (const std::uint32_t lead : waiting) lead_pointers_.push_back(&leadView(lead, now));
  const atrium_agent& view = agentView(number, now);
  return best(queue_side_, static_cast<std::uint32_t>(waiting.size()),
              [&](Scorer& scorer, std::span<atrium_score> out) { return scorer.scoreQueue(view, lead_pointers_, out); });
}

}  // namespace atrium::simulation
