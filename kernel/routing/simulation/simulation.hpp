#pragma once

#include <cstdint>
#include <vector>

#include "routing/simulation/chooser.hpp"
#include "routing/simulation/scenario.hpp"
#include "routing/simulation/wait_tail.hpp"

namespace atrium::simulation {

// What came of a run. Sums, so that runs can be added up. A value.
struct Outcome {
  std::uint64_t leads = 0;
  std::uint64_t accepted = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t within_minute = 0;  // Accepted within 60 s.
  double wait = 0;                  // Seconds until acceptance, of those accepted...
  WaitTail wait_tail;               // ...and the longest of them.
  double value = 0;                 // Realised: value x proficiency x performance x exp(-first response / 30 min).
  double occupancy_fairness = 0;    // Jain's index of the agents' occupancy, a run...
  double value_fairness = 0;        // ...and of the value each received for a place.
  double at_cap = 0;                // The part of agents' time at cap, a run.
  std::uint64_t over_cap = 0;       // Assignments to an agent without a free place: always 0.
  std::uint64_t runs = 0;
  double hours = 0;  // Simulated.

  Outcome& operator+=(const Outcome& other);
};

// Lets the chooser work through the world that this seed gives.
[[nodiscard]] Outcome simulate(const Scenario& scenario, std::uint64_t seed, Chooser& chooser);

// Jain's index, (sum x)^2 / (n sum x^2): 1 when all are equal, 1/n when one has it all; 1 when nobody has anything. R. Jain, D. Chiu,
// W. Hawe, "A quantitative measure of fairness and discrimination", 1984.
[[nodiscard]] double jain(const std::vector<double>& values);

}  // namespace atrium::simulation
