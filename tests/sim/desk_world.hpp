#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "coordination/counterfactual.hpp"
#include "coordination/decider.hpp"
#include "coordination/desk.hpp"
#include "coordination/shadow_policies.hpp"
#include "engine/event_log.hpp"
#include "sim/store.hpp"
#include "sim/storm_witness.hpp"

// One tenant's desk without threads, clock and plugins: a store, scorers and people driven by one seed.
namespace atrium::sim {

// Scorers that look at load alone, or fail, as the test decides; they answer at once or a turn later.
class DeskPanel final : public ScorerPanel {
 public:
  explicit DeskPanel(Random& random) : random_(random) {}
  void ask(std::shared_ptr<const Question> question, std::string_view scorer, std::move_only_function<void(ScorerAnswer)> done) override;
  // Answers what waits.
  void work();
  [[nodiscard]] bool idle() const { return waiting_.empty(); }
  // Who asked is gone.
  void forget() { waiting_.clear(); }

  unsigned fail_per_mille = 0;
  bool late = false;  // Answers wait for work().

 private:
  Random& random_;
  std::vector<std::move_only_function<void()>> waiting_;
};

class DeskPolicies final : public PolicySource {
 public:
  void find(const std::string&, std::string name, Completion<PolicyInForce> done) override;

  bool unread = false;          // What is stored of them cannot be read.
  std::set<std::string> house;  // Names that the tenant has beside the platform's.
};

// What was told, as those see it whom it was told.
class DeskAudience final : public DeskOutlet {
 public:
  void offer(const std::string&, const std::string& agent_id, const std::string& offer) override;
  void agent(const std::string&, const std::string& agent_id, std::string value) override { agents[agent_id] = std::move(value); }
  void lead(const std::string&, const std::string& lead_id, std::string value) override;
  void offerRow(const std::string&, const std::string& offer_id, std::string value) override { put(rows, offer_id, std::move(value)); }
  void decision(const std::string&, const std::string& decision_id, std::string) override { decisions.push_back(decision_id); }
  void handoff(const std::string&, const Handoff& handoff) override { handoffs.push_back(handoff); }
  void note(const std::string&, const Fact& fact) override { ++facts[fact.kind]; }

  std::map<std::string, std::vector<std::string>> offers;  // By agent, all that was said.
  std::map<std::string, std::string> agents, leads, rows;  // As they stand.
  std::vector<std::string> decisions;
  std::vector<Handoff> handoffs;
  std::map<Fact::Kind, std::uint64_t> facts;
  StormWitness* witness = nullptr;  // Hears of offers and leads, too; null: nobody.

 private:
  static void put(std::map<std::string, std::string>& map, const std::string& key, std::string value) {
    if (value.empty())
      map.erase(key);
    else
      map[key] = std::move(value);
  }
};

// What event sinks would be told. Nothing leaves the outbox, so that the store has all that ever will be.
class DeskEvents final : public EventOutbox {
 public:
  DeskEvents(SimStore& store, const Now& now) : store_(store), now_(now) {}
  [[nodiscard]] bool wants(EventType type) const override { return (wanted & bit(type)) != 0; }
  [[nodiscard]] OutboxEvent addTo(std::vector<DocumentWrite>& writes, Happening event) override;
  void publish(OutboxEvent event) override;
  // Of what is stored, in its order.
  [[nodiscard]] std::vector<Happening> stored() const;
  // Their types, joined by spaces.
  [[nodiscard]] std::string types() const;

  EventTypes wanted = 0;
  std::size_t published = 0;
  std::string flaw;  // What was published without being stored, or behind a later one; empty: nothing.

 private:
  SimStore& store_;
  const Now& now_;
  IdSource ids_{Random(7)};
  Id last_{};
};

class DeskWorld {
 public:
  // `instead` is in the place of the simulated store, and outlives this. The world's time begins so long after the beginning of all.
  explicit DeskWorld(std::uint64_t seed, CoordinationRules rules = someRules(), StoreOptions store = {}, WorldStore* instead = nullptr,
                     std::chrono::milliseconds begins = {});
  ~DeskWorld();
  [[nodiscard]] static CoordinationRules someRules();

  // Lets everything answer until nothing waits any more.
  void settle();
  // One turn: the store and the scorers answer some of what waits.
  void turn();
  void pass(std::chrono::milliseconds time);
  // Time moves, and nobody wakes up yet.
  void tick(std::chrono::milliseconds time = std::chrono::milliseconds(1));
  // The process is gone, and a new one begins with what the store has; with `power_cut` (of the simulated store), with what is on the disk.
  void restart(bool power_cut = false);

  Desk& desk() { return *desk_; }
  // Runs a request to its end, and returns what it answered.
  template <typename Ask>
  Result<std::string> ask(Ask request) {
    std::optional<Result<std::string>> answer;
    request([&answer](Result<std::string> came) { answer = std::move(came); });
    settle();
    return answer ? *std::move(answer) : fail(Code{}, "nothing was answered");
  }
  void hire(const std::string& agent_id, std::uint32_t capacity = 3, std::vector<std::pair<std::string, double>> skills = {{"flat", 1.0}});
  void come(const std::string& agent_id);
  void go(const std::string& agent_id);
  Result<std::string> route(const std::string& lead_id, std::string_view lead = R"({"name":"A lead","property_type":"flat"})");
  // The offer that an agent was told of last, in that state; empty: none.
  [[nodiscard]] std::string lastOffer(const std::string& agent_id, std::string_view state = "pending") const;

  // deskFlaw() of what the store holds.
  [[nodiscard]] std::string flaw() const;
  [[nodiscard]] WorldStore& under() const { return under_; }

  [[nodiscard]] static PrincipalPtr user(const std::string& user_id, std::uint32_t roles = ATRIUM_ROLE_AGENT);

  Random random;
  CoordinationRules rules;
  SimStore store;
  DeskPanel panel;
  DeskPolicies policies;
  DeskAudience audience;
  ManualClock clock;
  Now now;
  DeskEvents events;
  Log log;
  std::map<std::string, std::size_t> sessions;  // Of those who are here.

 private:
  void start();
  WorldStore& under_;
  std::vector<std::unique_ptr<Store>> ports_;  // The last one is in use; what was asked through the others may still be on its way.
  std::unique_ptr<TimerWheel> timers_;
  std::unique_ptr<IdSource> ids_;
  MetricRegistry metrics_;
  MetricSet& set_;
  std::unique_ptr<Decider> decider_;
  std::unique_ptr<Explainer> explainer_;
  std::unique_ptr<ShadowPolicies> shadows_;
  std::deque<Task> posts_;
  std::uint64_t life_ = 0;
  std::unique_ptr<Desk> desk_;
};

}  // namespace atrium::sim
