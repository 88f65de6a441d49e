// What a decision costs: 1,000 agents and all scorers that come with the platform, asked as the server asks them: on a loop, by calls on
// workers, with guards and deadlines.
//
//   bench_decision
//
// The budget, p99: decide() 1 ms, of which the scorers' own work is most; encoding of the record 0.5 ms, which is part of no decision.
// A loop makes one decision after the other; the time is the engine's, from the question to the ranking. Questions are made before.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "coordination/counterfactual.hpp"
#include "coordination/decider.hpp"
#include "coordination/decision_record.hpp"
#include "loop/loop_pool.hpp"
#include "plugin/scorer_panel.hpp"
#include "plugin_world.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {
namespace {

constexpr unsigned kinds = 6;

class OnLoops final : public Shards {
 public:
  explicit OnLoops(LoopPool& loops) : loops_(loops) {}
  [[nodiscard]] unsigned count() const override { return loops_.size(); }
  bool post(unsigned shard, Task task) override { return loops_[shard].post(std::move(task)); }
  void postAlways(unsigned shard, Task task) override { loops_[shard].postAlways(std::move(task)); }

 private:
  LoopPool& loops_;
};

AgentView agentOf(unsigned number, Random& random) {
  const auto share = [&random] { return static_cast<double>(random.below(1001)) / 1000; };
  auto profile = std::make_shared<AgentProfile>();
  profile->agent_id = "agent_" + std::to_string(number);
  profile->name = "Agent " + std::to_string(number);
  std::string text;
  JsonWriter json(text);
  json.begin('{').key("skills").begin('{');
  for (unsigned kind = 0; kind < 3; ++kind) {
    const std::string name = "kind " + std::to_string((number + kind) % kinds);
    json.key(name).value(share());
  }
  json.end('}').key("languages").begin('[').value("en").value("de").end(']').key("territory").value("north");
  json.key("value_received").value(100 * share()).end('}');
  AgentView view;
  view.profile = std::move(profile);
  view.fields = std::make_shared<const JsonDocument>(JsonDocument::parse(text).value());
  view.capacity = static_cast<std::uint32_t>(4 + random.below(4));
  view.active_leads = static_cast<std::uint32_t>(random.below(view.capacity));
  view.avg_response_minutes = 10 * share();
  view.conversion_rate = share();
  view.satisfaction = 5 * share();
  view.idle_ms = random.below(3'600'000);
  return view;
}

std::shared_ptr<const Question> questionOf(unsigned number, unsigned agents, const std::vector<AgentView>& team,
                                           std::shared_ptr<const RoutingPolicy> policy) {
  Question asked;
  asked.tenant_id = "bench";
  asked.seed = number;
  asked.policy = std::move(policy);
  const std::string fields = R"({"name":"Lead","urgency":"high","property_type":"kind )" + std::to_string(number % kinds) + R"("})";
  asked.leads.push_back({"lead_" + std::to_string(number), std::make_shared<const JsonDocument>(JsonDocument::parse(fields).value()), 0});
  asked.agents.assign(team.begin(), team.begin() + agents);
  asked.agents[number % agents].active_leads = 0;
  return std::make_shared<const Question>(std::move(asked));
}

// Runs on the loop what completes later, and waits for it.
template <typename Begin>
void onLoop(Loop& loop, Begin begin) {
  std::promise<void> over;
  loop.postAlways([&] { begin([&over] { over.set_value(); }); });
  over.get_future().wait();
}

void print(const char* what, std::vector<double> us) {
  std::ranges::sort(us);
  const auto at = [&us](double part) {
    return us[std::min(us.size() - 1, static_cast<std::size_t>(part * static_cast<double>(us.size())))];
  };
  std::printf("  %-34s p50 %8.0f us   p99 %8.0f us   max %8.0f us   (%zu)\n", what, at(.5), at(.99), us.back(), us.size());
}

struct Options {
  unsigned agents = 1000;
  unsigned decisions = 2000;
  unsigned threads = 0;
  unsigned explained = 50;
};

int run(const Options& options) {
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  if (const auto started = world.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().detail.c_str());
    return 1;
  }
  PluginRegistry& registry = world.host().registry();
  RoutingPolicy policy{.name = "all", .agents = {}, .queue = {}};
  for (const std::string& name : registry.names(RoutingScorerKind::word))
    if (name != "conversion")
      policy.agents.push_back({name, 1});  // It knows nothing of these agents, and no policy of the platform asks it.

  const SystemClock clock;
  MetricRegistry metrics{metric_table};
  LoopPool loops{1, {}, clock, metrics};
  OnLoops shards{loops};
  WorkerPool workers{{.threads = options.threads}, clock, world.log, metrics.makeSet()};
  Loop& loop = loops[0];
  WorkerCalls calls{
      {.workers = workers, .shards = shards, .shard = 0, .timers = loop.timers(), .now = loop.now(), .metrics = loop.metrics()}};
  ScorerCalls panel{registry, calls};
  Decider decider{panel, clock};
  Explainer explainer{decider};

  Random random(1);
  std::vector<AgentView> team;
  for (unsigned n = 0; n < options.agents; ++n) team.push_back(agentOf(n, random));
  const auto shared_policy = std::make_shared<const RoutingPolicy>(policy);

  std::vector<double> decided, encoded;
  std::uint64_t checksum = 0, degraded = 0;
  std::size_t bytes = 0;
  loops.start();
  // The first hundredth warms up.
  const unsigned warm = std::max(1u, options.decisions / 100);
  for (unsigned n = 0; n < options.decisions + warm; ++n) {
    const auto question = questionOf(n, options.agents, team, shared_policy);
    onLoop(loop, [&](auto over) {
      decider.decide(question, [&, over](Decision decision) {
        const auto began = std::chrono::steady_clock::now();
        const auto writes = decisionWrites(decision, {.decision_id = "dec_1", .offer_id = "offer_1"});
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
        bytes = 0;
        for (const DocumentWrite& write : writes) bytes += write.value->size();
        degraded += decision.ranking.degraded ? 1 : 0;
        checksum = checksum * 31 + decision.winner().value_or(0);
        if (n >= warm) {
          decided.push_back(std::chrono::duration<double, std::micro>(decision.took).count());
          encoded.push_back(took.count());
        }
        over();
      });
    });
  }
  std::vector<double> explained;
  std::uint64_t stated = 0;
  for (unsigned n = 0; n < options.explained; ++n) {
    auto asked =
        std::make_shared<Question>(*questionOf(n, std::min<unsigned>(options.agents, Explainer::candidates_max), team, shared_policy));
    asked->skill = "kind " + std::to_string(n % kinds);
    onLoop(loop, [&](auto over) {
      decider.decide(asked, [&, over](Decision decision) {
        const auto began = std::chrono::steady_clock::now();
        explainer.explain(std::move(decision), [&, over, began](const Decision& told) {
          explained.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count());
          stated += told.counterfactuals.size();
          over();
        });
      });
    });
  }
  workers.stop();
  loops.stop();
  std::printf("%u agents, %zu scorers, %u worker threads\n", options.agents, policy.agents.size(), workers.threads());
  print("decide(), question to ranking", decided);
  print("encoding of the record", encoded);
  if (!explained.empty()) print("explain(), at most 50 candidates", explained);
  std::printf("  a record has %zu bytes; %llu decisions were degraded; checksum %016llx\n", bytes,
              static_cast<unsigned long long>(degraded), static_cast<unsigned long long>(checksum));
  return degraded == 0 ? 0 : 1;
}

}  // namespace
}  // namespace atrium::test

int main(int argc, char** argv) {
  CLI::App app("What a decision costs.");
  atrium::test::Options options;
  app.add_option("--agents", options.agents, "Candidates")->check(CLI::Range(1, 10000));
  app.add_option("--decisions", options.decisions, "How many are measured")->check(CLI::Range(1, 1000000));
  app.add_option("--threads", options.threads, "Worker threads; 0: as many as the server has")->check(CLI::Range(0, 64));
  app.add_option("--explained", options.explained, "Decisions whose counterfactuals are looked for, among 50 agents")
      ->check(CLI::Range(0, 10000));
  CLI11_PARSE(app, argc, argv);
  return atrium::test::run(options);
}
