#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

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

inline constexpr std::uint32_t nobody = ~0U;

// A lead that waits for a batch, and who has just let an offer of it expire (or nobody). A value.
struct Waiting {
  std::uint32_t lead = 0;
  std::uint32_t not_to = nobody;
};
struct Assigned {
  std::uint32_t lead = 0;
  std::uint32_t agent = 0;
};

// A way to assign leads: each as it comes and each place as it gets free, or all of them in batches. It chooses among what may be chosen:
// agents are present, have a free place and take the lead's type.
class Chooser {
 public:
  virtual ~Chooser() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // A new world, for the next run.
  virtual void begin(const World& world, std::uint64_t seed) = 0;
  // Of `candidates`, which are agents' numbers and at least one, the agent for the lead. The first one, unless told otherwise.
  [[nodiscard]] virtual std::uint32_t agentFor(std::uint32_t /*lead*/, std::span<const std::uint32_t> candidates, Seconds /*now*/) {
    return candidates.front();
  }
  // Of the leads that wait, oldest first and at least one, the place in `waiting` of the one for the agent. The first one, unless told
  // otherwise.
  [[nodiscard]] virtual std::size_t leadFor(std::uint32_t /*agent*/, std::span<const std::uint32_t> /*waiting*/, Seconds /*now*/) {
    return 0;
  }
  // How often what waits is assigned all at once, by assign(); 0: by agentFor() and leadFor(), without delay.
  [[nodiscard]] virtual Seconds interval() const { return 0; }
  // Who gets which of the leads that wait, oldest first; each lead once at most, and no agent more than he has free places for.
  [[nodiscard]] virtual std::vector<Assigned> assign(std::span<const Waiting> /*waiting*/, Seconds /*now*/) { return {}; }
  // Decisions so far that lacked a scorer.
  [[nodiscard]] virtual std::uint64_t degraded() const { return 0; }
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
