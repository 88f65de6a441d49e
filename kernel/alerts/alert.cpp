#include "alerts/alert.hpp"

#include <algorithm>
#include <array>

namespace atrium {

namespace {

constexpr std::array<std::string_view, 6> state_words = {"normal", "pending", "firing", "recovering", "resolved", "no_data"};
constexpr std::array<std::string_view, 4> severity_words = {"low", "medium", "high", "critical"};

template <typename Enum, std::size_t count>
std::optional<Enum> enumOf(std::string_view word, const std::array<std::string_view, count>& words) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

}  // namespace

std::string_view word(AlertState state) { return state_words[static_cast<std::size_t>(state)]; }
std::optional<AlertState> alertStateOf(std::string_view word) { return enumOf<AlertState>(word, state_words); }
std::string_view word(Severity severity) { return severity_words[static_cast<std::size_t>(severity)]; }
std::optional<Severity> severityOf(std::string_view word) { return enumOf<Severity>(word, severity_words); }

AlertPhase stepPhase(const AlertPhase& before, Sight sight, Wall at, const AlertTimes& times) {
  const bool raised = sight == Sight::raised;
  const auto lasted = [&](std::chrono::milliseconds how_long) { return at >= before.since + how_long; };
  const AlertState ending = times.keep_firing_for.count() == 0 ? AlertState::resolved : AlertState::recovering;
  AlertState after = before.state;
  switch (before.state) {
    case AlertState::normal:
    case AlertState::resolved:
      if (raised) after = times.pending.count() == 0 ? AlertState::firing : AlertState::pending;
      break;
    case AlertState::pending:
      if (!raised)
        after = AlertState::normal;
      else if (lasted(times.pending))
        after = AlertState::firing;
      break;
    case AlertState::firing:
      if (!raised) after = sight == Sight::no_data ? AlertState::no_data : ending;
      break;
    case AlertState::recovering:
      if (raised)
        after = AlertState::firing;
      else if (lasted(times.keep_firing_for))
        after = AlertState::resolved;
      break;
    case AlertState::no_data:
      if (raised)
        after = AlertState::firing;
      else if (sight == Sight::clear)
        after = ending;
      else if (lasted(times.no_data_for))
        after = AlertState::resolved;
      break;
  }
  return after == before.state ? before : AlertPhase{after, at};
}

Severity Alert::severity() const {
  return static_cast<Severity>(
      std::min(static_cast<std::uint32_t>(said.severity) + escalations, static_cast<std::uint32_t>(Severity::critical)));
}

std::string_view Alert::label(std::string_view name) const {
  if (name == "rule") return rule;
  if (name == "subject") return said.subject;
  if (name == "severity") return word(severity());
  return {};
}

RulePolicy AlertOptions::policyOf(std::string_view rule) const {
  const auto found = rules.find(rule);
  RulePolicy policy = found == rules.end() ? RulePolicy{} : found->second;
  policy.times.no_data_for = no_data_for;
  return policy;
}

std::string groupOf(const Alert& alert, const RulePolicy& policy) {
  std::string group;
  for (const std::string& name : policy.group_by) {
    if (!group.empty()) group += ",";
    group.append(name).append("=").append(alert.label(name));
  }
  return group;
}

}  // namespace atrium
