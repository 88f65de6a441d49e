#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "routing/simulation/scenario.hpp"

namespace atrium::simulation {

// An agent as a chooser sees him: what the model made, and how he stands.
struct AgentState {
  const AgentModel* model = nullptr;
  unsigned busy = 0;  // Places taken, offers included.
  bool present = true;
  Seconds idle_since = 0;     // When a lead was last assigned to him or left him.
  double value_received = 0;  // Of all leads so far.

  [[nodiscard]] bool free() const { return present && busy < model->places; }
  [[nodiscard]] double utilization() const { return static_cast<double>(busy) / model->places; }
};

// A way to assign leads. It chooses among what may be chosen: agents are present, have a free place and take the lead's type.
class Chooser {
 public:
  virtual ~Chooser() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // A new world, for the next run.
  virtual void begin(const World& world, std::uint64_t seed) = 0;
  // Of `candidates`, which are agents' numbers and at least one, the agent for the lead.
  [[nodiscard]] virtual std::uint32_t agentFor(std::uint32_t lead, std::span<const std::uint32_t> candidates, Seconds now) = 0;
  // Of the leads that wait, oldest first and at least one, the place in `waiting` of the one for the agent. The first one, unless told
  // otherwise.
  [[nodiscard]] virtual std::size_t leadFor(std::uint32_t /*agent*/, std::span<const std::uint32_t> /*waiting*/, Seconds /*now*/) {
    return 0;
  }
  // How the agents stand, for as long as the run lasts.
  void watch(std::span<const AgentState> agents) { agents_ = agents; }
  // `agent` stands differently than before.
  virtual void changed(std::uint32_t /*agent*/) {}

 protected:
  [[nodiscard]] const AgentState& agent(std::uint32_t number) const { return agents_[number]; }
  [[nodiscard]] std::span<const AgentState> agents() const { return agents_; }

 private:
  std::span<const AgentState> agents_;
};

}  // namespace atrium::simulation
