#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordination/decider.hpp"

// Questions of plain values, and scorers that are functions of a test.
namespace atrium::test {

inline std::shared_ptr<const JsonDocument> fields(std::string_view text) {
  return std::make_shared<const JsonDocument>(JsonDocument::parse(text).value());
}

inline AgentView agent(std::string id, std::uint32_t active, std::uint32_t capacity = 5, std::string_view json = "{}") {
  auto profile = std::make_shared<AgentProfile>();
  profile->name = "Agent " + id;
  profile->agent_id = std::move(id);
  AgentView view;
  view.profile = std::move(profile);
  view.fields = fields(json);
  view.active_leads = active;
  view.capacity = capacity;
  return view;
}

inline LeadView lead(std::string id, std::uint64_t waiting_ms = 0, std::string_view json = "{}") {
  LeadView view;
  view.lead_id = std::move(id);
  view.fields = fields(json);
  view.waiting_ms = waiting_ms;
  return view;
}

// What agents are asked for a lead, or leads for an agent, by this policy.
inline Question question(Side side, std::vector<Weighted> weights) {
  RoutingPolicy policy;
  policy.name = "tested";
  (side == Side::agents ? policy.agents : policy.queue) = std::move(weights);
  Question asked;
  asked.tenant_id = "acme";
  asked.side = side;
  asked.at = fromMillis(1'768'000'000'000);
  asked.seed = 7;
  asked.policy = std::make_shared<const RoutingPolicy>(std::move(policy));
  asked.policy_version = 3;
  return asked;
}
inline std::shared_ptr<const Question> shared(Question asked) { return std::make_shared<const Question>(std::move(asked)); }

// Up to forty agents for a lead, or leads for an agent, and a policy; some of what scorers look at is missing.
inline Question randomQuestion(Random& random) {
  const Side side = random.below(2) == 0 ? Side::agents : Side::queue;
  const auto share = [&random] { return static_cast<double>(random.below(1001)) / 1000; };
  std::vector<Weighted> weights{{"match", 0.1 + share()}};
  weights.push_back({side == Side::agents ? "load" : "urgency", 0.1 + share()});
  if (random.below(4) == 0) weights.push_back({"gone", share()});
  Question asked = question(side, std::move(weights));
  asked.seed = random.next();
  asked.trigger = static_cast<Trigger>(random.below(10));
  asked.skill = "villa";
  const auto anAgent = [&](std::uint64_t number) {
    AgentView view = agent("agent" + std::to_string(number), static_cast<std::uint32_t>(random.below(6)),
                           static_cast<std::uint32_t>(5 + random.below(3)),
                           random.below(5) == 0 ? "{}" : R"({"skills":{"villa":)" + std::to_string(share()) + "}}");
    view.idle_ms = random.below(100'000);
    view.conversion_rate = random.below(3) == 0 ? -1 : share();
    return view;
  };
  const std::uint64_t oldest = random.below(3) == 0 ? 1'500'000 : 600'000;  // Beyond the ageing guard, or not.
  const auto aLead = [&](std::uint64_t number) {
    return lead("lead" + std::to_string(number), random.below(oldest),
                random.below(6) == 0 ? R"({"name":"No kind"})" : R"({"name":"Ünal","property_type":"villa"})");
  };
  const std::uint64_t many = random.below(40);
  for (std::uint64_t n = 0; n < (side == Side::agents ? many : 1); ++n) asked.agents.push_back(anAgent(n));
  for (std::uint64_t n = 0; n < (side == Side::queue ? many : 1); ++n) asked.leads.push_back(aLead(n));
  if (side == Side::agents)
    for (std::uint64_t n = random.below(5); n > 0; --n)
      asked.excluded.push_back({agent("out" + std::to_string(n), 0).profile, static_cast<Exclusion>(random.below(exclusion_rules))});
  return asked;
}

class FakePanel final : public ScorerPanel {
 public:
  // The value of one candidate; negative: it abstains.
  using Scorer = std::function<double(const Question&, std::uint32_t candidate)>;

  void ask(std::shared_ptr<const Question> asked, std::string_view scorer, std::move_only_function<void(ScorerAnswer)> done) override {
    ++asks;
    ScorerAnswer answer{.scorer = std::string(scorer), .version = version, .weight = 0, .scores = {}, .failure = {}};
    const auto found = scorers.find(scorer);
    if (found == scorers.end()) {
      answer.failure = "is not there";
    } else {
      auto scores = std::make_shared<ScoreSheet>();
      for (std::uint32_t at = 0; at < asked->candidates(); ++at) {
        scores->values.push_back(found->second(*asked, at));
        const std::string reason = reason_of ? reason_of(scorer, scores->values.back()) : "fits " + std::string(scorer);
        const auto place = std::ranges::find(scores->reasons, reason) - scores->reasons.begin();
        scores->places.push_back(static_cast<std::uint16_t>(place));
        if (scores->places.back() == scores->reasons.size()) scores->reasons.push_back(reason);
      }
      answer.scores = std::move(scores);
    }
    if (scorer == held)
      kept.emplace_back([done = std::move(done), answer = std::move(answer)]() mutable { done(std::move(answer)); });
    else
      done(std::move(answer));
  }

  std::map<std::string, Scorer, std::less<>> scorers{
      {"match",
       [](const Question& asked, std::uint32_t at) {
         const bool agents = asked.side == Side::agents;
         const LeadView& lead = asked.leads[agents ? 0 : at];
         const AgentView& agent = asked.agents[agents ? at : 0];
         const std::string about = lead.fields->root()["property_type"].text();
         double proficiency = 0;
         return about.empty() ? -1 : agent.fields->root()["skills"][about].number(proficiency) ? proficiency : 0;
       }},
      {"load",
       [](const Question& asked, std::uint32_t at) {
         const AgentView& agent = asked.agents[at];
         const double load = std::min(1.0, (agent.active_leads + 1.0) / agent.capacity);
         return 1 - load * load;
       }},
      {"urgency",
       [](const Question& asked, std::uint32_t at) { return std::min(1.0, static_cast<double>(asked.leads[at].waiting_ms) / 600'000); }}};
  std::function<std::string(std::string_view scorer, double value)> reason_of;
  std::string version = "1.0.0";
  std::string held;                                   // Its answers come when the test says so.
  std::vector<std::move_only_function<void()>> kept;  // Those answers.
  unsigned asks = 0;
};

}  // namespace atrium::test
