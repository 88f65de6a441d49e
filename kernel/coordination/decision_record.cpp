#include "coordination/decision_record.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "atrium/ext/storage_backend.h"
#include "coordination/decision_inputs.hpp"
#include "protocol/json_writer.hpp"

// Keys in the order in which a person reads them. Weights and values are shown with three digits; the inputs have all of them.
namespace atrium {

namespace {

using Json = JsonWriter<std::string>;

void textOrNull(Json& json, std::string_view key, std::string_view text) {
  json.key(key);
  if (text.empty())
    json.null();
  else
    json.value(text);
}

void writeContributions(Json& json, const Decision& decision, std::uint32_t candidate) {
  double weights = 0;
  for (const ScorerAnswer& answer : decision.answers)
    if (answer.scores && answer.scores->values[candidate] >= 0) weights += answer.weight;
  json.key("contributions").begin('[');
  for (const ScorerAnswer& answer : decision.answers) {
    if (!answer.scores) continue;
    const double value = answer.scores->values[candidate];
    json.begin('{').key("scorer").value(answer.scorer).key("weight").value(answer.weight).key("value");
    if (value < 0)
      json.null().key("contribution").value(0);
    else
      json.value(value).key("contribution").value(weights > 0 ? answer.weight * value / weights : 0.0);
    textOrNull(json, "reason", answer.scores->reason(candidate));
    json.end('}');
  }
  json.end(']');
}

// "agent_id" and "agent_name", or "lead_id" and "lead_name".
void writeWho(Json& json, const Question& question, std::uint32_t candidate) {
  const bool agents = question.side == Side::agents;
  json.key(agents ? "agent_id" : "lead_id")
      .value(agents ? question.agents[candidate].profile->agent_id : question.leads[candidate].lead_id);
  json.key(agents ? "agent_name" : "lead_name").value(candidateName(question, candidate));
}

void writeCandidate(Json& json, const Decision& decision, std::size_t place) {
  const Rank& rank = decision.ranking.order[place];
  const Question& question = *decision.question;
  json.begin('{').key("rank").value(place + 1);
  writeWho(json, question, rank.candidate);
  json.key("match_score").value(rank.total);
  if (question.side == Side::agents) {
    const AgentView& agent = question.agents[rank.candidate];
    json.key("active_leads").value(agent.active_leads).key("capacity").value(agent.capacity).key("idle_ms").value(agent.idle_ms);
  } else {
    json.key("waiting_ms").value(question.leads[rank.candidate].waiting_ms);
  }
  writeContributions(json, decision, rank.candidate);
  json.end('}');
}

void writeExcluded(Json& json, const Question& question, std::size_t most) {
  json.begin('[');
  for (std::size_t at = 0; at < std::min(most, question.excluded.size()); ++at) {
    const ExcludedAgent& one = question.excluded[at];
    json.begin('{').key("agent_id").value(one.profile->agent_id).key("agent_name").value(one.profile->name);
    json.key("rule").value(word(one.rule)).end('}');
  }
  json.end(']');
}

void writeExclusionCounts(Json& json, const Question& question) {
  std::array<std::size_t, exclusion_rules> counts{};
  for (const ExcludedAgent& one : question.excluded) ++counts[static_cast<std::size_t>(one.rule)];
  json.key("excluded_counts").begin('{');
  for (std::size_t rule = 0; rule < counts.size(); ++rule)
    if (counts[rule] > 0) json.key(word(static_cast<Exclusion>(rule))).value(counts[rule]);
  json.end('}');
}

void writeAlternatives(Json& json, const Decision& decision) {
  json.key("alternatives").begin('[');
  const auto& order = decision.ranking.order;
  for (std::size_t at = 1; at < std::min(order.size(), decision_alternatives_shown + 1); ++at) {
    json.begin('{');
    writeWho(json, *decision.question, order[at].candidate);
    json.key("match_score").value(order[at].total).key("behind").value(order[0].total - order[at].total).end('}');
  }
  json.end(']');
}

void writeCounterfactuals(Json& json, const Decision& decision) {
  json.key("counterfactuals").begin('[');
  for (const Counterfactual& one : decision.counterfactuals) {
    json.begin('{');
    writeWho(json, *decision.question, one.candidate);
    json.key("what").value(one.what).key("from").value(one.from).key("to").value(one.to).key("text").value(one.text).end('}');
  }
  json.end(']');
}

void writePolicy(Json& json, const Question& question) {
  const RoutingPolicy& policy = *question.policy;
  json.key("policy").begin('{').key("name").value(policy.name).key("version").value(question.policy_version);
  json.key("hash").value(policyHash(policy)).key("weights").begin('[');
  for (const Weighted& one : question.scorers()) json.begin('{').key("scorer").value(one.scorer).key("weight").value(one.weight).end('}');
  json.end(']').key("ageing_guard_ms").value(policy.ageing_guard.count()).end('}');
}

void writeScorers(Json& json, const Decision& decision) {
  json.key("scorers").begin('[');
  for (const ScorerAnswer& answer : decision.answers) {
    json.begin('{').key("scorer").value(answer.scorer);
    textOrNull(json, "version", answer.version);
    json.key("weight").value(answer.weight);
    textOrNull(json, "failure", answer.failure);
    json.end('}');
  }
  json.end(']');
}

// Who is given what: both sides of the decision by name.
void writePair(Json& json, const Decision& decision, const DecisionPlace& place) {
  const Question& question = *decision.question;
  const auto winner = decision.winner();
  const bool agents = question.side == Side::agents;
  const LeadView* lead = agents ? &question.leads.front() : winner ? &question.leads[*winner] : nullptr;
  textOrNull(json, "lead_id", lead ? std::string_view(lead->lead_id) : std::string_view());
  const AgentView* agent = !agents ? &question.agents.front() : winner ? &question.agents[*winner] : nullptr;
  textOrNull(json, "agent_id", agent ? std::string_view(agent->profile->agent_id) : std::string_view());
  textOrNull(json, "offer_id", place.offer_id);
}

void writeOutcome(Json& json, const Decision& decision) {
  const auto& order = decision.ranking.order;
  json.key("winner");
  if (order.empty()) {
    json.null();
  } else {
    json.begin('{');
    writeWho(json, *decision.question, order.front().candidate);
    json.end('}');
  }
  json.key("basis").value(word(decision.basis)).key("degraded").value(decision.ranking.degraded);
  json.key("match_score").value(decision.matchScore()).key("confidence").value(decision.confidence());
  json.key("margin").value(order.size() < 2 ? 0.0 : order[0].total - order[1].total);
}

std::string summaryOf(const Decision& decision, const DecisionPlace& place, bool replayable) {
  const Question& question = *decision.question;
  std::string out;
  out.reserve(16 * 1024);
  Json json(out);
  json.begin('{').key("decision_id").value(place.decision_id).key("decided_at").time(question.at);
  json.key("trigger").value(word(question.trigger)).key("side").value(question.side == Side::agents ? "agents" : "queue");
  writePair(json, decision, place);
  textOrNull(json, "note", place.note);
  writeOutcome(json, decision);
  json.key("reasoning").value(reasoningOf(decision, place.note));
  writePolicy(json, question);
  writeScorers(json, decision);
  json.key("candidate_count").value(decision.ranking.order.size()).key("candidates").begin('[');
  for (std::size_t at = 0; at < std::min(decision.ranking.order.size(), decision_candidates_shown); ++at)
    writeCandidate(json, decision, at);
  json.end(']');
  writeAlternatives(json, decision);
  json.key("excluded");
  writeExcluded(json, question, decision_exclusions_shown);
  writeExclusionCounts(json, question);
  writeCounterfactuals(json, decision);
  json.key("engine_us").value(std::chrono::duration_cast<std::chrono::microseconds>(decision.took).count());
  // As text: it has more digits than a number of JavaScript.
  json.key("seed").value(std::to_string(question.seed)).key("replayable").value(replayable).end('}');
  return out;
}

std::string partName(std::size_t part) { return {static_cast<char>('0' + part / 10), static_cast<char>('0' + part % 10)}; }

}  // namespace

std::vector<DocumentWrite> decisionWrites(const Decision& decision, const DecisionPlace& place) {
  const std::string& tenant = decision.question->tenant_id;
  const std::string id(place.decision_id), inputs = encodeInputs(decision);
  const std::size_t parts = (inputs.size() + ATRIUM_VALUE_MAX - 1) / ATRIUM_VALUE_MAX;
  const bool replayable = parts <= decision_parts_max;
  std::vector<DocumentWrite> writes;
  writes.push_back({.key = {std::string(decision_collection), tenant, id}, .value = summaryOf(decision, place, replayable)});
  for (std::size_t part = 0; replayable && part < parts; ++part)
    writes.push_back({.key = {std::string(decision_inputs_collection), tenant, id, partName(part)},
                      .value = inputs.substr(part * ATRIUM_VALUE_MAX, ATRIUM_VALUE_MAX)});
  return writes;
}

std::optional<Decision> readInputs(std::span<const Document> parts) {
  if (parts.size() == 1) return decodeInputs(parts.front().value);
  std::string whole;
  for (const Document& part : parts) whole += part.value;
  return decodeInputs(whole);
}

std::string decisionJson(std::string_view summary, const Decision* inputs) {
  std::string out(summary);
  if (!inputs || !out.ends_with('}')) return out;
  out.pop_back();
  out += ",\"every_candidate\":";
  Json candidates(out);
  candidates.begin('[');
  for (std::size_t at = 0; at < inputs->ranking.order.size(); ++at) writeCandidate(candidates, *inputs, at);
  candidates.end(']');
  out += ",\"every_exclusion\":";
  Json exclusions(out);
  writeExcluded(exclusions, *inputs->question, inputs->question->excluded.size());
  out += '}';
  return out;
}

std::string routeReply(const Decision& decision, const DecisionPlace& place, const RouteReply& reply) {
  const Question& question = *decision.question;
  const auto winner = reply.queued ? std::nullopt : decision.winner();
  std::string out;
  Json json(out);
  json.begin('{');
  textOrNull(json, "decision_id", reply.dry_run ? std::string_view() : place.decision_id);
  textOrNull(json, "offer_id", place.offer_id);
  json.key("lead_id").value(reply.lead_id);
  textOrNull(json, "agent_id", winner ? std::string_view(question.agents[*winner].profile->agent_id) : std::string_view());
  textOrNull(json, "agent_name", winner ? candidateName(question, *winner) : std::string());
  json.key("match_score").value(decision.matchScore()).key("confidence").value(decision.confidence());
  json.key("assignment_time_ms").value(std::chrono::duration<double, std::milli>(reply.took).count());
  json.key("reasoning").value(reasoningOf(decision, place.note));
  if (winner)
    writeContributions(json, decision, *winner);
  else
    json.key("contributions").begin('[').end(']');
  writeAlternatives(json, decision);
  json.key("excluded");
  writeExcluded(json, question, decision_exclusions_shown);
  writeExclusionCounts(json, question);
  writeCounterfactuals(json, decision);
  json.key("degraded").value(decision.ranking.degraded).key("queued").value(reply.queued).key("dry_run").value(reply.dry_run).end('}');
  return out;
}

}  // namespace atrium
