#include "coordination/counterfactual.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "coordination/decision_record.hpp"
#include "coordination/weight_change.hpp"
#include "protocol/json_merge.hpp"

namespace atrium {

namespace {

constexpr std::string_view weight_prefix = "weight.";
constexpr std::string_view load_word = "agent.active_leads";
constexpr std::string_view skill_prefix = "agent.skill.";
constexpr std::string_view waiting_word = "lead.waiting_ms";
constexpr double shown_steps = 1000;  // Three digits behind the point are shown.

std::string shown(double number) {
  std::string out;
  JsonWriter<std::string>(out).value(number);
  return out;
}

std::string sentence(const Question& question, const Counterfactual& change) {
  const std::string_view what = change.what;
  std::string of;
  if (what.starts_with(weight_prefix))
    of = "the weight of " + std::string(what.substr(weight_prefix.size()));
  else if (what.starts_with(skill_prefix))
    of = "the proficiency in " + std::string(what.substr(skill_prefix.size()));
  else
    of = what == load_word ? "active_leads" : "waiting_ms";
  return candidateName(question, change.candidate) + " would win if " + of + " were " + shown(change.to) + " instead of " +
         shown(change.from);
}

std::shared_ptr<const JsonDocument> withSkill(const std::shared_ptr<const JsonDocument>& fields, std::string_view skill,
                                              double proficiency) {
  const JsonDocument none = JsonDocument::emptyObject();
  const JsonView before = fields ? fields->root() : none.root();
  std::string one = "{";
  JsonWriter<std::string>(one).value(skill);
  one += ":" + shown(proficiency) + "}";
  const auto over = JsonDocument::parse(one);
  const auto skills = JsonDocument::parse(R"({"skills":)" + mergedObject(before["skills"], over->root()) + "}");
  auto merged = JsonDocument::parse(mergedObject(before, skills->root()));
  return merged ? std::make_shared<const JsonDocument>(std::move(*merged)) : fields;
}

// One thing of one candidate that is changed step by step; the nearest step that flips is looked for by halves.
struct Trial {
  Counterfactual change;    // `to` is each step's.
  double base = 0;          // What step zero is...
  double step = 1;          // ...and a step...
  double divide_by = 1;     // ...in parts: (base + n * step) / divide_by is exact in three digits.
  std::uint64_t below = 0;  // This one does not flip.
  std::uint64_t above = 0;  // This one does, once `proven`.
  bool proven = false;

  [[nodiscard]] std::uint64_t next() const { return proven ? below + (above - below) / 2 : above; }
  [[nodiscard]] double at(std::uint64_t steps) const { return (base + static_cast<double>(steps) * step) / divide_by; }
};

void addTrials(const Question& question, std::uint32_t rival, std::vector<Trial>& trials) {
  if (question.side == Side::queue) {
    std::uint64_t most = static_cast<std::uint64_t>(std::max<std::int64_t>(question.policy->ageing_guard.count(), 0));
    for (const LeadView& lead : question.leads) most = std::max(most, lead.waiting_ms);
    const std::uint64_t own = question.leads[rival].waiting_ms;
    const auto waited = static_cast<double>(own);
    trials.push_back({.change = {.candidate = rival, .what = std::string(waiting_word), .from = waited, .to = 0, .text = {}},
                      .base = waited,
                      .step = 1000,
                      .above = (most - own) / 1000 + 1});
    return;
  }
  const AgentView& agent = question.agents[rival];
  if (agent.active_leads > 0)
    trials.push_back(
        {.change = {.candidate = rival, .what = std::string(load_word), .from = double(agent.active_leads), .to = 0, .text = {}},
         .base = static_cast<double>(agent.active_leads),
         .step = -1,
         .above = agent.active_leads});
  if (question.skill.empty()) return;
  double proficiency = 0;
  if (agent.fields && !agent.fields->root()["skills"][question.skill].number(proficiency)) proficiency = 0;
  const double base = std::floor(std::clamp(proficiency, 0.0, 1.0) * shown_steps);
  if (base < shown_steps)
    trials.push_back(
        {.change = {.candidate = rival, .what = std::string(skill_prefix) + question.skill, .from = proficiency, .to = 0, .text = {}},
         .base = base,
         .divide_by = shown_steps,
         .above = static_cast<std::uint64_t>(shown_steps - base)});
}

// The smallest change of one weight with which `rival` wins, by its part of the weight; nothing: there is none of a sensible size.
std::optional<Counterfactual> nearestWeight(const Decision& decision, const WeightChange& sums, std::uint32_t rival) {
  std::vector<WeightChange::Found> found;
  for (std::size_t scorer = 0; scorer < decision.answers.size(); ++scorer)
    for (const bool up : {true, false})
      if (const auto one = sums.nearest(scorer, rival, decision.ranking.order.front().candidate, up)) found.push_back(*one);
  const auto changeOf = [&](const WeightChange::Found& one) {
    return std::abs(one.weight - decision.answers[one.scorer].weight) / decision.answers[one.scorer].weight;
  };
  std::ranges::stable_sort(found, {}, changeOf);
  for (const WeightChange::Found& one : found) {
    std::vector<ScorerAnswer> answers = decision.answers;
    answers[one.scorer].weight = one.weight;
    if (conclude(decision.question, std::move(answers)).winner() != rival) continue;
    const ScorerAnswer& answer = decision.answers[one.scorer];
    return Counterfactual{
        .candidate = rival, .what = std::string(weight_prefix) + answer.scorer, .from = answer.weight, .to = one.weight, .text = {}};
  }
  return std::nullopt;
}

// One explanation under way.
struct Search : std::enable_shared_from_this<Search> {
  Search(Decider& with, Decision of, Decider::Done then)
      : decider(with), decision(std::move(of)), done(std::move(then)), last_start(with.now() + Explainer::time_max - decision.took) {}

  // A panel may answer before it returns: then this goes on where it is, instead of nesting.
  void run() {
    running = true;
    while (!waits) {
      if (trials.empty() || probes >= Explainer::probes_max || decider.now() > last_start) return end();
      probe();
    }
    running = false;
  }
  void probe() {
    Trial& trial = trials.front();
    ++probes;
    const std::uint64_t steps = trial.next();
    trial.change.to = trial.at(steps);
    waits = true;
    decider.decide(changedBy(*decision.question, trial.change), [self = shared_from_this(), steps](const Decision& made) {
      self->waits = false;
      self->take(steps, made);
      if (!self->running) self->run();
    });
  }
  void take(std::uint64_t steps, const Decision& made) {
    if (made.ranking.degraded) return trials.clear();
    Trial& trial = trials.front();
    if (made.winner() == trial.change.candidate)
      trial.above = steps, trial.proven = true;
    else if (!trial.proven)
      return static_cast<void>(trials.erase(trials.begin()));  // Not even the most of it would do.
    else
      trial.below = steps;
    if (trial.above - trial.below > 1) return;
    trial.change.to = trial.at(trial.above);
    decision.counterfactuals.push_back(trial.change);
    trials.erase(trials.begin());
  }
  void end() {
    for (Counterfactual& one : decision.counterfactuals) one.text = sentence(*decision.question, one);
    std::exchange(done, nullptr)(std::move(decision));
  }

  Decider& decider;
  Decision decision;
  Decider::Done done;
  const Mono last_start;  // Of a probe.
  std::vector<Trial> trials;
  unsigned probes = 0;
  bool waits = false;
  bool running = false;
};

}  // namespace

void Explainer::explain(Decision decision, Decider::Done done, Depth depth) {
  const std::vector<Rank>& order = decision.ranking.order;
  const std::size_t rivals = std::min(order.size(), rivals_max + 1);
  auto search = std::make_shared<Search>(decider_, std::move(decision), std::move(done));
  const Decision& decided = search->decision;
  if (decided.basis == Basis::scores && rivals > 1) {
    const WeightChange sums(decided);
    for (std::size_t place = 1; place < rivals; ++place)
      if (auto found = nearestWeight(decided, sums, decided.ranking.order[place].candidate))
        search->decision.counterfactuals.push_back(std::move(*found));
  }
  if (depth == Depth::everything && !decided.ranking.degraded && decided.ranking.order.size() <= candidates_max)
    for (std::size_t place = 1; place < rivals; ++place)
      addTrials(*decided.question, decided.ranking.order[place].candidate, search->trials);
  search->run();
}

std::shared_ptr<const Question> changedBy(const Question& question, const Counterfactual& change) {
  auto changed = std::make_shared<Question>(question);
  const std::string_view what = change.what;
  if (what.starts_with(weight_prefix)) {
    auto policy = std::make_shared<RoutingPolicy>(*question.policy);
    for (Weighted& one : question.side == Side::agents ? policy->agents : policy->queue)
      if (one.scorer == what.substr(weight_prefix.size())) one.weight = change.to;
    changed->policy = std::move(policy);
  } else if (what == load_word) {
    changed->agents[change.candidate].active_leads = static_cast<std::uint32_t>(change.to);
  } else if (what.starts_with(skill_prefix)) {
    AgentView& agent = changed->agents[change.candidate];
    agent.fields = withSkill(agent.fields, what.substr(skill_prefix.size()), change.to);
  } else if (what == waiting_word) {
    changed->leads[change.candidate].waiting_ms = static_cast<std::uint64_t>(change.to);
  }
  return changed;
}

}  // namespace atrium
