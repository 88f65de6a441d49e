#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/desk_world.hpp"

namespace atrium::sim {

// A desk under everything that can come at once, and what must hold all the while. All of it is drawn from the seed.
class DeskStorm {
 public:
  explicit DeskStorm(std::uint64_t seed);

  // Event sinks want to hear of everything; end() looks whether what they are told comes to what is stored.
  void listen() { world_->events.wanted = all_event_types; }

  // One thing more happens, and may be answered at once or later.
  void step();
  // Lets everything come to rest, and says what is wrong with it; empty: nothing.
  std::string end();
  // What was found to be wrong; empty: nothing so far. The store is looked at every few steps.
  [[nodiscard]] const std::string& flaw() const { return flaw_; }
  [[nodiscard]] std::uint64_t offers() const { return world_->audience.facts[Fact::Kind::offered]; }
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  [[nodiscard]] std::uint64_t kills() const { return kills_; }

 private:
  static constexpr unsigned agents = 12, leads_max = 60;
  [[nodiscard]] std::string anyAgent() { return "agent_" + std::to_string(world_->random.below(agents)); }
  [[nodiscard]] std::string anyOffer(std::string_view state);
  void arrive();
  void answer();
  void finish();
  void handOver();
  void assign();
  void comeOrGo();
  void stir();
  void kill();
  void look();
  [[nodiscard]] std::string retell() const;

  std::unique_ptr<DeskWorld> world_;
  std::uint64_t steps_ = 0, leads_ = 0, accepted_ = 0, kills_ = 0;
  std::map<std::string, std::string> owners_;  // Of leads, as their acceptance was confirmed and nothing later.
  std::string flaw_;
};

}  // namespace atrium::sim
