#include <algorithm>
#include <array>
#include <charconv>

#include "coordination/decision_record.hpp"

// What a decision is in words.
namespace atrium {

namespace {

// The winner's reasons, the weightiest first, at most three: "is the right one for this kind, has a free place".
std::string weightiestReasons(const Decision& decision, std::uint32_t candidate) {
  struct Said {
    double counts;
    std::string_view reason;
  };
  std::vector<Said> said;
  for (const ScorerAnswer& answer : decision.answers) {
    if (!answer.scores) continue;
    const double value = answer.scores->values[candidate];
    const std::string_view reason = answer.scores->reason(candidate);
    if (value > 0 && !reason.empty()) said.push_back({answer.weight * value, reason});
  }
  std::ranges::stable_sort(said, std::ranges::greater{}, &Said::counts);
  if (said.size() > 3) said.resize(3);
  std::string out;
  for (std::size_t at = 0; at < said.size(); ++at) {
    if (at > 0) out += at + 1 == said.size() ? " and " : ", ";
    out += said[at].reason;
  }
  return out;
}

std::string exclusionsInWords(const Question& question) {
  std::array<std::size_t, exclusion_rules> counts{};
  for (const ExcludedAgent& one : question.excluded) ++counts[static_cast<std::size_t>(one.rule)];
  std::string out;
  for (std::size_t rule = 0; rule < counts.size(); ++rule)
    if (counts[rule] > 0)
      out += (out.empty() ? "" : ", ") + std::to_string(counts[rule]) + " " + std::string(word(static_cast<Exclusion>(rule)));
  return out;
}

}  // namespace

std::string candidateName(const Question& question, std::uint32_t candidate) {
  if (question.side == Side::agents) {
    const AgentProfile& profile = *question.agents[candidate].profile;
    return profile.name.empty() ? profile.agent_id : profile.name;
  }
  const LeadView& lead = question.leads[candidate];
  std::string name = lead.fields ? lead.fields->root()["name"].text() : std::string();
  return name.empty() ? lead.lead_id : name;
}

std::string reasoningOf(const Decision& decision, std::string_view note) {
  if (!note.empty()) return std::string(note);
  const Question& question = *decision.question;
  const auto winner = decision.winner();
  if (!winner) {
    if (question.side == Side::queue) return "No lead waits.";
    const std::string why = exclusionsInWords(question);
    return why.empty() ? "There is no agent." : "Nobody can take it: " + why + ".";
  }
  const std::string name = candidateName(question, *winner);
  const bool failed = decision.ranking.degraded;
  switch (decision.basis) {
    case Basis::load: return name + " has the least to do; no scorer " + (failed ? "answered." : "said anything.");
    case Basis::age: return name + " has waited longest.";
    default: break;
  }
  const std::string reasons = weightiestReasons(decision, *winner);
  return reasons.empty() ? name + " fits best." : name + " " + reasons + ".";
}

std::string policyHash(const RoutingPolicy& policy) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
  const auto add = [&hash](const void* data, std::size_t size) {
    for (std::size_t at = 0; at < size; ++at) hash = (hash ^ static_cast<const unsigned char*>(data)[at]) * 0x100000001B3ULL;
  };
  add(policy.name.data(), policy.name.size() + 1);
  for (const auto* side : {&policy.agents, &policy.queue}) {
    for (const Weighted& one : *side) {
      add(one.scorer.data(), one.scorer.size() + 1);
      add(&one.weight, sizeof one.weight);
    }
    add("|", 1);
  }
  const std::int64_t guard = policy.ageing_guard.count();
  add(&guard, sizeof guard);
  std::array<char, 16> digits;
  digits.fill('0');
  std::array<char, 16> bare;
  const auto end = std::to_chars(bare.data(), bare.data() + bare.size(), hash, 16).ptr;
  std::copy(bare.data(), end, digits.end() - (end - bare.data()));
  return {digits.data(), digits.size()};
}

}  // namespace atrium
