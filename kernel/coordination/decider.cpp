#include "coordination/decider.hpp"

#include <algorithm>
#include <utility>

namespace atrium {

namespace {

// Leaves out what is no answer, and says why.
void judgeSize(ScorerAnswer& answer, std::uint32_t candidates) {
  if (answer.failure.empty() && (!answer.scores || answer.scores->size() != candidates))
    answer.failure = "did not answer for every candidate";
  if (!answer.failure.empty()) answer.scores = nullptr;
}
void judgeValues(ScorerAnswer& answer) {
  if (!answer.scores || soundValues(answer.scores->values)) return;
  answer.failure = "said a value that is not between 0 and 1";
  answer.scores = nullptr;
}

bool saysAnything(const ScorerAnswer& answer) {
  return answer.scores && answer.weight > 0 && std::ranges::any_of(answer.scores->values, [](double value) { return value >= 0; });
}

void oldestFirst(const Question& question, std::span<Rank> order) {
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](const Rank& one) { return question.leads[one.candidate].waiting_ms; });
}

void leastLoadFirst(const Question& question, std::span<Rank> order) {
  std::ranges::stable_sort(order, [&](const Rank& one, const Rank& other) {
    const AgentView& a = question.agents[one.candidate];
    const AgentView& b = question.agents[other.candidate];
    const auto load = std::uint64_t{a.active_leads} * b.capacity, other_load = std::uint64_t{b.active_leads} * a.capacity;
    return load != other_load ? load < other_load : a.idle_ms > b.idle_ms;
  });
}

// Puts the leads that waited beyond the guard first. True: there is one.
bool guardAge(const Question& question, std::vector<Rank>& order) {
  const auto guard = question.policy->ageing_guard.count();
  if (guard <= 0) return false;
  const auto rest = std::ranges::stable_partition(
      order, [&](const Rank& one) { return question.leads[one.candidate].waiting_ms > static_cast<std::uint64_t>(guard); });
  oldestFirst(question, {order.begin(), rest.begin()});
  return rest.begin() != order.begin();
}

}  // namespace

Decision conclude(std::shared_ptr<const Question> question, std::vector<ScorerAnswer> answers) {
  Decision decision{.question = std::move(question),
                    .answers = std::move(answers),
                    .ranking = {},
                    .basis = Basis::nobody,
                    .counterfactuals = {},
                    .took = {}};
  const Question& asked = *decision.question;
  const std::uint32_t candidates = asked.candidates();
  if (candidates == 0) return decision;

  std::vector<ScoreColumn> columns;
  for (ScorerAnswer& answer : decision.answers) {
    judgeSize(answer, candidates);
    columns.push_back({answer.weight, answer.scores ? std::span(answer.scores->values) : std::span<const double>()});
  }
  Random ties(asked.seed);
  decision.ranking = rank(columns, candidates, ties);
  // The ranking has looked at every value, and has left out columns with one that is none.
  if (decision.ranking.degraded) std::ranges::for_each(decision.answers, judgeValues);
  std::vector<Rank>& order = decision.ranking.order;
  const bool scored = std::ranges::any_of(decision.answers, saysAnything);
  if (asked.side == Side::agents) {
    decision.basis = scored ? Basis::scores : Basis::load;
    if (!scored) leastLoadFirst(asked, order);
  } else if (!scored) {
    decision.basis = Basis::age;
    oldestFirst(asked, order);
  } else {
    decision.basis = guardAge(asked, order) ? Basis::age : Basis::scores;
  }
  return decision;
}

// One decision under way, shared by the completions of its scorers.
struct Decider::Asking {
  std::shared_ptr<const Question> question;
  std::vector<ScorerAnswer> answers;
  std::size_t open = 1;  // Answers still to come, and one for the asking itself.
  const Clock& clock;
  Mono began;
  Done done;

  void closed() {
    if (--open > 0) return;
    Decision decision = conclude(std::move(question), std::move(answers));
    decision.took = clock.now().mono - began;
    std::exchange(done, nullptr)(std::move(decision));
  }
};

void Decider::decide(std::shared_ptr<const Question> question, Done done, std::vector<ScorerAnswer> known) {
  const auto asking = std::make_shared<Asking>(
      Asking{.question = question, .answers = {}, .clock = clock_, .began = clock_.now().mono, .done = std::move(done)});
  if (question->candidates() > 0)
    for (const Weighted& one : question->scorers())
      if (one.weight > 0)
        asking->answers.push_back({.scorer = one.scorer, .version = {}, .weight = one.weight, .scores = {}, .failure = {}});
  asking->open += asking->answers.size();
  // No answer is added any more: each is filled in where it stands.
  for (std::size_t at = 0; at < asking->answers.size(); ++at) {
    const auto take = [asking, at](ScorerAnswer answer) {
      const double weight = asking->answers[at].weight;
      asking->answers[at] = std::move(answer);
      asking->answers[at].weight = weight;
      asking->closed();
    };
    const std::string scorer = asking->answers[at].scorer;
    const auto answered = std::ranges::find(known, scorer, &ScorerAnswer::scorer);
    if (answered != known.end())
      take(*answered);
    else
      panel_.ask(question, scorer, take);
  }
  asking->closed();
}

}  // namespace atrium
