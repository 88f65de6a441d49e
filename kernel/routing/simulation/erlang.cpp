#include "routing/simulation/erlang.hpp"

namespace atrium::simulation {

double erlangCWaits(unsigned agents, double load) {
  double blocked = 1;  // Erlang B, by its recursion.
  for (unsigned n = 1; n <= agents; ++n) blocked = load * blocked / (n + load * blocked);
  const double utilization = load / agents;
  return blocked / (1 - utilization * (1 - blocked));
}

double erlangCMeanWait(unsigned agents, double load) { return erlangCWaits(agents, load) / (agents - load); }

double erlangALeaves(unsigned agents, double load, double patience) {
  // Probabilities of n in the system, up to a factor; those beyond are too small to matter.
  double probability = 1, sum = 1, waiting = 0;
  for (unsigned n = 1; probability > 1e-18 * sum || n <= agents; ++n) {
    const double queued = n > agents ? n - agents : 0;
    probability *= load / (n > agents ? agents + queued / patience : n);
    sum += probability;
    waiting += probability * queued;
  }
  return waiting / sum / patience / load;
}

}  // namespace atrium::simulation
