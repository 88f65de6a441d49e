#pragma once

namespace atrium::simulation {

// What theory says of queues with `agents` agents, arrivals of a Poisson process and exponential service: the yardstick of the simulation.
// `load` is arrivals times service time, in agents.

// The probability of waiting where nobody leaves (Erlang C), and the mean wait in service times. A. K. Erlang, 1917. `load` < `agents`.
[[nodiscard]] double erlangCWaits(unsigned agents, double load);
[[nodiscard]] double erlangCMeanWait(unsigned agents, double load);

// The part of arrivals that leave, where patience is exponential with a mean of `patience` service times (Erlang A). C. Palm, 1943; as the
// stationary distribution of its birth-and-death process.
[[nodiscard]] double erlangALeaves(unsigned agents, double load, double patience);

}  // namespace atrium::simulation
