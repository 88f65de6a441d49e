#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace atrium::simulation {

// Times are seconds of the simulation.
using Seconds = double;

inline constexpr std::size_t lead_types = 6;
inline constexpr std::array<double, lead_types> type_shares = {.28, .20, .17, .15, .12, .08};

// What is simulated: how many agents, how much there is to do, and for how long. A value.
struct Scenario {
  std::string name;
  unsigned agents = 40;
  double load = .85;  // Work that comes for each hour of work that can be done.
  bool bursts = false;
  Seconds duration = 10 * 3600;
  // Queues of theory instead of a team: one place an agent, all agents alike, exponential service, nobody absent, every offer taken.
  bool plain = false;
  Seconds patience = 600;  // Mean; 0: nobody leaves.
  // How much longer work on a lead takes for each other one that its agent has when he begins: times 1 + slowdown x others. The load above
  // is without it, so that agents who do several things at a time have more to do than it says.
  double slowdown = 0;
};
// Those of docs/routing.md: 40 agents at 60, 85 and 100 % and with bursts at 85 %, 8 agents at 60 and 85 %.
[[nodiscard]] std::span<const Scenario> standardScenarios();

// ---- The world that a seed gives; the same whatever the policy

struct AgentModel {
  unsigned places = 1;
  std::array<double, lead_types> proficiency{};  // 0: does not take this type.
  double performance = 1;                        // U(.6, 1)
  double responsiveness = 1;                     // U(0, 1)
  double speed = 1;                              // U(.8, 1.3)
  std::vector<Seconds> absences;                 // When each begins; each lasts absence_time.
};
struct LeadModel {
  Seconds at = 0;
  std::size_t type = 0;
  double value = 1;     // Lognormal.
  Seconds service = 0;  // By an agent who is perfect and of speed 1.
  Seconds patience = 0;
  Seconds reply = 0;           // Between acceptance and first response, by an agent of no responsiveness.
  std::uint64_t expiries = 0;  // Bit n: the nth offer is not taken.
};
struct World {
  std::vector<AgentModel> agents;
  std::vector<LeadModel> leads;  // By time.
};

inline constexpr Seconds absence_time = 600, between_absences = 90 * 60;
inline constexpr Seconds offer_time = 20;  // After which one that is not taken expires.
inline constexpr double offers_expired = .08;
inline constexpr Seconds service_mean = 15 * 60;
inline constexpr double service_variation = .8;  // Coefficient of variation.
inline constexpr Seconds value_time = 30 * 60;   // Value falls by exp(-first response / value_time).

[[nodiscard]] World makeWorld(const Scenario& scenario, std::uint64_t seed);

// How long `agent` works at `lead` who has nothing else to do.
[[nodiscard]] Seconds serviceTime(const AgentModel& agent, const LeadModel& lead);

}  // namespace atrium::simulation
