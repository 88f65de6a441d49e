#include "coordination/replay.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "coordination/decision_record.hpp"
#include "protocol/json_writer.hpp"
#include "routing/simulation/simulation.hpp"

namespace atrium {

namespace {

bool sameBits(double one, double other) { return std::bit_cast<std::uint64_t>(one) == std::bit_cast<std::uint64_t>(other); }

bool sameOrder(const Ranking& one, const Ranking& other) {
  return one.degraded == other.degraded && std::ranges::equal(one.order, other.order, [](const Rank& a, const Rank& b) {
           return a.candidate == b.candidate && sameBits(a.total, b.total);
         });
}

ScorerReplay compare(const ScorerAnswer& then, const ScorerAnswer& now) {
  ScorerReplay out{.scorer = then.scorer,
                   .version_then = then.version,
                   .version_now = now.version,
                   .failure_then = then.failure,
                   .failure_now = now.failure};
  if (!then.scores || !now.scores) return out;
  for (std::uint32_t at = 0; at < then.scores->size(); ++at) {
    const double before = then.scores->values[at], after = now.scores->values[at];
    if (sameBits(before, after) && then.scores->reason(at) == now.scores->reason(at)) continue;
    if (out.differences++ == 0) out.candidate = at, out.then = before, out.now = after;
  }
  return out;
}

ReplayReport report(const Decision& then, Decision now) {
  ReplayReport out;
  out.identical = then.answers.size() == now.answers.size() && then.basis == now.basis && sameOrder(then.ranking, now.ranking);
  for (const ScorerAnswer& before : then.answers) {
    const auto after = std::ranges::find(now.answers, before.scorer, &ScorerAnswer::scorer);
    if (after == now.answers.end()) continue;
    out.scorers.push_back(compare(before, *after));
    if (out.scorers.back().differences > 0 || before.failure.empty() != after->failure.empty()) out.identical = false;
  }
  out.now = std::move(now);
  return out;
}

std::string winnerName(const Decision& decision) {
  const auto winner = decision.winner();
  return winner ? candidateName(*decision.question, *winner) : std::string();
}

void textOrNothing(JsonWriter<std::string>& json, std::string_view key, std::string_view text) {
  json.key(key);
  if (text.empty())
    json.null();
  else
    json.value(text);
}

// All digits, for values that may differ in the last one.
std::string allDigits(double number) {
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

std::shared_ptr<const Question> underPolicy(const Question& question, std::shared_ptr<const RoutingPolicy> policy) {
  auto other = std::make_shared<Question>(question);
  other->policy = std::move(policy);
  other->policy_version = 0;
  return other;
}

// Recorded decisions on their way through a decider, one after the other.
struct Traffic : std::enable_shared_from_this<Traffic> {
  // What it asks may be answered before that returns: then this goes on where it is, instead of nesting.
  void run() {
    running = true;
    while (!waits) {
      waits = true;
      if (current)
        decider->decide(underPolicy(*current->decision.question, policy), [self = shared_from_this()](const Decision& now) {
          self->count(now);
          self->current.reset();
          self->goOn();
        });
      else
        next([self = shared_from_this()](std::optional<RecordedDecision> one) {
          if (!one) return self->end();
          self->current = std::move(one);
          self->goOn();
        });
    }
    running = false;
  }
  void goOn() {
    waits = false;
    if (!running) run();
  }
  void count(const Decision& now) {
    const RecordedDecision& one = *current;
    const auto before = one.decision.winner(), after = now.winner();
    ++report.decisions;
    report.degraded += now.ranking.degraded ? 1 : 0;
    if (before && now.question->side == Side::agents) {
      ++got[now.question->agents[*before].profile->agent_id].first;
      ++got[now.question->agents[*after].profile->agent_id].second;
    }
    if (before == after) return static_cast<void>(++report.agreed);
    const auto chosen = std::ranges::find(one.decision.ranking.order, *after, &Rank::candidate);
    const double loss = one.decision.matchScore() - chosen->total;
    report.loss_sum += loss;
    report.differences.push_back({one.decision_id, winnerName(one.decision), winnerName(now), loss});
  }
  void end() {
    std::vector<double> before, after;
    for (const auto& [agent, counts] : got) {
      before.push_back(static_cast<double>(counts.first));
      after.push_back(static_cast<double>(counts.second));
    }
    report.fairness_then = simulation::jain(before);
    report.fairness_now = simulation::jain(after);
    std::exchange(done, nullptr)(std::move(report));
  }

  NextRecorded next;
  std::optional<RecordedDecision> current;  // The one at hand; nothing: the next is asked for.
  std::shared_ptr<const RoutingPolicy> policy;
  Decider* decider = nullptr;
  std::move_only_function<void(TrafficReport)> done;
  TrafficReport report;
  std::unordered_map<std::string, std::pair<std::uint64_t, std::uint64_t>> got;  // Leads of each agent, then and now.
  bool waits = false;
  bool running = false;
};

}  // namespace

void replay(const Decision& then, Decider& decider, std::move_only_function<void(ReplayReport)> done) {
  std::vector<ScorerAnswer> left_out;
  std::ranges::copy_if(then.answers, std::back_inserter(left_out), [](const ScorerAnswer& answer) { return !answer.failure.empty(); });
  decider.decide(
      then.question, [then, done = std::move(done)](Decision now) mutable { done(report(then, std::move(now))); }, std::move(left_out));
}

void replayWith(const Decision& then, std::shared_ptr<const RoutingPolicy> policy, Decider& decider,
                std::move_only_function<void(ReplayReport)> done) {
  decider.decide(underPolicy(*then.question, std::move(policy)),
                 [then, done = std::move(done)](Decision now) mutable { done(report(then, std::move(now))); });
}

std::string replayJson(const Decision& then, const ReplayReport& report) {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("identical").value(report.identical).key("policy").value(report.now.question->policy->name);
  textOrNothing(json, "winner_then", winnerName(then));
  textOrNothing(json, "winner_now", winnerName(report.now));
  json.key("winner_changed").value(then.winner() != report.now.winner());
  json.key("match_score_then").value(then.matchScore()).key("match_score_now").value(report.now.matchScore());
  json.key("degraded_now").value(report.now.ranking.degraded).key("scorers").begin('[');
  for (const ScorerReplay& one : report.scorers) {
    json.begin('{').key("scorer").value(one.scorer);
    textOrNothing(json, "version_then", one.version_then);
    textOrNothing(json, "version_now", one.version_now);
    textOrNothing(json, "failure_then", one.failure_then);
    textOrNothing(json, "failure_now", one.failure_now);
    json.key("differences").value(one.differences);
    if (one.differences > 0) {
      json.key("first").begin('{').key("candidate").value(candidateName(*then.question, one.candidate));
      json.key("then").raw(allDigits(one.then)).key("now").raw(allDigits(one.now)).end('}');
    }
    json.end('}');
  }
  json.end(']').end('}');
  return out;
}

void replayTraffic(NextRecorded next, std::shared_ptr<const RoutingPolicy> policy, Decider& decider,
                   std::move_only_function<void(TrafficReport)> done) {
  const auto traffic = std::make_shared<Traffic>();
  traffic->next = std::move(next);
  traffic->report.policy = policy->name;
  traffic->policy = std::move(policy);
  traffic->decider = &decider;
  traffic->done = std::move(done);
  traffic->run();
}

std::string trafficJson(const TrafficReport& report) {
  std::string out;
  JsonWriter json(out);
  const auto of = [](double sum, std::uint64_t count) { return count > 0 ? sum / static_cast<double>(count) : 0.0; };
  json.begin('{').key("policy").value(report.policy).key("decisions").value(report.decisions).key("agreed").value(report.agreed);
  json.key("agreement").value(of(static_cast<double>(report.agreed), report.decisions)).key("degraded").value(report.degraded);
  json.key("loss_mean").value(of(report.loss_sum, report.decisions));
  json.key("fairness_then").value(report.fairness_then).key("fairness_now").value(report.fairness_now).key("differences").begin('[');
  for (const TrafficDifference& one : report.differences) {
    json.begin('{').key("decision_id").value(one.decision_id);
    textOrNothing(json, "then", one.then);
    textOrNothing(json, "now", one.now);
    json.key("loss").value(one.loss).end('}');
  }
  json.end(']').end('}');
  return out;
}

}  // namespace atrium
