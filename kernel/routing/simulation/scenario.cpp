#include "routing/simulation/scenario.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/ids.hpp"

namespace atrium::simulation {

namespace {

constexpr Seconds burst_every = 30 * 60;
constexpr unsigned burst_leads = 40;
constexpr double arrivals_swing = .35;
constexpr Seconds reply_mean = 120;
constexpr double value_spread = .8;  // Sigma of the lognormal.
constexpr std::array<double, 3> proficiencies = {1.0, .7, .4};
// What the arrivals are made for: agents of 4.5 places who do what they are good at; 1/speed is .971 on average.
constexpr double places_mean = 4.5, proficiency_usual = .8, slowness_mean = .971;

double uniform(Random& random) { return static_cast<double>(random.next() >> 11) * 0x1.0p-53; }
double uniform(Random& random, double from, double to) { return from + (to - from) * uniform(random); }
double exponential(Random& random, double mean) { return -mean * std::log1p(-uniform(random)); }
double normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log1p(-uniform(random)));
  return radius * std::cos(2 * std::numbers::pi * uniform(random));
}
// Of that mean and coefficient of variation.
double lognormal(Random& random, double mean, double variation) {
  const double sigma2 = std::log1p(variation * variation);
  return mean * std::exp(std::sqrt(sigma2) * normal(random) - sigma2 / 2);
}

std::size_t typeOf(double share) {
  std::size_t type = 0;
  while (type + 1 < lead_types && share >= type_shares[type]) share -= type_shares[type++];
  return type;
}

// Three types each: the best by the types' shares exactly, as who hires for a team would have it, the others by them at random.
std::array<double, lead_types> makeProficiency(Random& random, double place_in_team) {
  std::array<double, lead_types> out{};
  out[typeOf(place_in_team)] = proficiencies[0];
  for (std::size_t rank = 1; rank < proficiencies.size();) {
    const std::size_t type = typeOf(uniform(random));
    if (out[type] > 0) continue;
    out[type] = proficiencies[rank++];
  }
  return out;
}

AgentModel makeAgent(Random& random, const Scenario& scenario, unsigned number) {
  AgentModel agent;
  if (scenario.plain) {
    agent.proficiency.fill(1);
    return agent;
  }
  agent.places = 3 + static_cast<unsigned>(random.below(4));
  agent.proficiency = makeProficiency(random, (number + .5) / scenario.agents);
  agent.performance = uniform(random, .6, 1);
  agent.responsiveness = uniform(random);
  agent.speed = uniform(random, .8, 1.3);
  for (Seconds at = exponential(random, between_absences); at < scenario.duration;
       at += absence_time + exponential(random, between_absences))
    agent.absences.push_back(at);
  return agent;
}

LeadModel makeLead(Random& random, const Scenario& scenario, Seconds at) {
  LeadModel lead{.at = at, .type = typeOf(uniform(random))};
  lead.value = lognormal(random, 1, value_spread);
  lead.service = scenario.plain ? exponential(random, service_mean) : lognormal(random, service_mean, service_variation);
  lead.patience = scenario.patience > 0 ? exponential(random, scenario.patience) : std::numeric_limits<Seconds>::infinity();
  lead.reply = exponential(random, reply_mean);
  for (unsigned offer = 0; offer < 64; ++offer)
    if (uniform(random) < offers_expired && !scenario.plain) lead.expiries |= std::uint64_t{1} << offer;
  return lead;
}

// Leads a second, on average, that make the load.
double arrivalRate(const Scenario& scenario) {
  if (scenario.plain) return scenario.load * scenario.agents / service_mean;
  const double present = between_absences / (between_absences + absence_time);
  const double service = service_mean * (1 + .6 * (1 - proficiency_usual)) * slowness_mean;
  return scenario.load * scenario.agents * places_mean * present / service;
}

}  // namespace

std::span<const Scenario> standardScenarios() {
  static const std::array<Scenario, 6> scenarios = {{
      {.name = "40 agents, 60 %", .load = .60},
      {.name = "40 agents, 85 %", .load = .85},
      {.name = "40 agents, 100 %", .load = 1.00},
      {.name = "40 agents, bursts", .load = .85, .bursts = true},
      {.name = "8 agents, 60 %", .agents = 8, .load = .60},
      {.name = "8 agents, 85 %", .agents = 8, .load = .85},
  }};
  return scenarios;
}

Seconds serviceTime(const AgentModel& agent, const LeadModel& lead) {
  return lead.service * (1 + .6 * (1 - agent.proficiency[lead.type])) / agent.speed;
}

World makeWorld(const Scenario& scenario, std::uint64_t seed) {
  Random random(seed);
  World world;
  for (unsigned number = 0; number < scenario.agents; ++number) world.agents.push_back(makeAgent(random, scenario, number));
  const double bursts = scenario.bursts ? burst_leads / burst_every : 0;
  const double swing = scenario.plain ? 0 : arrivals_swing;
  const double rate = std::max(arrivalRate(scenario) - bursts, 0.0), peak = rate * (1 + swing);
  // Thinning: leads at the peak's rate, of which as many are kept as the hour has.
  for (Seconds at = exponential(random, 1 / peak); at < scenario.duration; at += exponential(random, 1 / peak)) {
    const double now = rate * (1 + swing * std::sin(2 * std::numbers::pi * at / scenario.duration));
    if (uniform(random) * peak < now) world.leads.push_back(makeLead(random, scenario, at));
  }
  if (scenario.bursts) {
    for (Seconds at = burst_every; at < scenario.duration; at += burst_every)
      for (unsigned n = 0; n < burst_leads; ++n) world.leads.push_back(makeLead(random, scenario, at));
    std::ranges::stable_sort(world.leads, {}, &LeadModel::at);
  }
  return world;
}

}  // namespace atrium::simulation
