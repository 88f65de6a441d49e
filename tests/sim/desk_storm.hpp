#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/desk_told.hpp"
#include "sim/desk_world.hpp"
#include "sim/offer_watch.hpp"

namespace atrium::sim {

// Where a storm blows. By default over the simulated store, where it also refuses, is slow, kills the process and cuts the power.
struct StormPlace {
  WorldStore* store = nullptr;         // Null: the simulated one; else it outlives the storm.
  std::uint64_t life = 0;              // How many processes there were before on the same store.
  std::chrono::milliseconds begins{};  // The time, after the beginning of all; later than any before.
  StormWitness* witness = nullptr;     // Hears what was told; null: the storm itself, which compares.
};

// A desk under everything that can come at once, and what must hold all the while. All of it is drawn from the seed.
//
// Leads ask for skills, languages, territories and channels, and agents change while they are being offered something: they learn and
// forget, go off shift, are paused, lose capacity, are taken off the roster, are away, and leave. Every offer is looked at by an
// OfferWatch.
class DeskStorm {
 public:
  explicit DeskStorm(std::uint64_t seed, const StormPlace& place = {});

  // Event sinks want to hear of everything; end() looks whether what they are told comes to what is stored.
  void listen() { world_->events.wanted = all_event_types; }

  // One thing more happens, and may be answered at once or later.
  void step();
  // Lets everything come to rest, and says what is wrong with it; empty: nothing.
  std::string end();
  // What was found to be wrong; empty: nothing so far. The simulated store is looked at every few steps.
  [[nodiscard]] const std::string& flaw() const { return flaw_.empty() ? watch_.flaw() : flaw_; }
  [[nodiscard]] std::uint64_t offers() const { return world_->audience.facts[Fact::Kind::offered]; }
  [[nodiscard]] std::uint64_t accepted() const { return told_.accepted(); }
  [[nodiscard]] std::uint64_t kills() const { return kills_; }
  [[nodiscard]] OfferWatch& watch() { return watch_; }
  // Whether that agent's capacity may become smaller than what he has.
  [[nodiscard]] static bool shrinks(const std::string& agent_id) { return agent_id.starts_with("mover_"); }
  [[nodiscard]] static CoordinationRules rulesOf(std::uint64_t seed);

 private:
  static constexpr unsigned agents = 12, leads_max = 60;
  [[nodiscard]] static std::string agentId(std::uint64_t number) {
    return (number % 2 == 0 ? "agent_" : "mover_") + std::to_string(number);
  }
  [[nodiscard]] std::string anyAgent() { return agentId(world_->random.below(agents)); }
  [[nodiscard]] std::string anyLead();
  [[nodiscard]] std::string anyOffer(std::string_view state);
  [[nodiscard]] AgentProfile anyProfile(const std::string& agent_id);
  [[nodiscard]] Shift shortShift();
  [[nodiscard]] JsonDocument anyFields();
  void lookAtStore();
  void arrive();
  void answer();
  void finish();
  void handOver();
  void assign();
  void comeOrGo();
  void mostCome();
  void put(const std::string& agent_id);
  void changeAgent();
  void stand(const std::string& agent_id, Status status, std::size_t sessions);
  void pass(std::chrono::milliseconds time);
  void stir();
  void kill();
  void look();
  [[nodiscard]] std::string retell() const;
  [[nodiscard]] std::string forgotten();

  const StormPlace place_;
  DeskTold told_{"acme"};
  StormWitness& witness_;
  std::unique_ptr<DeskWorld> world_;
  OfferWatch watch_;
  std::uint64_t steps_ = 0, leads_ = 0, changes_ = 0, kills_ = 0;
  std::map<std::string, std::uint64_t> removals_;  // Asked for so far, by agent.
  std::chrono::milliseconds time_;
  std::string flaw_;
};

}  // namespace atrium::sim
