#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "sim/desk_storm.hpp"

// The safety of offers: one tenant's desk under everything that can come at once, for as many offers as are asked for. Leads, answers
// pressed twice and by others, handoffs, assignments by hand, rebalancing, agents who come and go, a store that fails and is slow, scorers
// that fail, and processes that are killed and begin anew from what the store has. Every 32 steps the store is looked at: no lead without
// its owner, none with two, nobody above his cap, no row that does not fit; at the end also whether what was told is what is stored.
int main(int argc, char** argv) {
  std::uint64_t offers = 1'000'000, seed = 1;
  CLI::App app("Offers a million leads to agents, with everything going wrong meanwhile");
  app.add_option("--offers", offers, "How many")->check(CLI::PositiveNumber);
  app.add_option("--seed", seed, "Of everything that is drawn");
  CLI11_PARSE(app, argc, argv);

  // One storm gets slower as its store fills up with what is over, so that there are several, each with a seed and rules of its own.
  constexpr std::uint64_t offers_a_storm = 2'000;
  std::uint64_t made = 0, accepted = 0, kills = 0;
  const auto began = std::chrono::steady_clock::now();
  while (made < offers) {
    atrium::sim::DeskStorm storm(seed);
    const std::uint64_t aim = std::min(offers_a_storm, offers - made);
    while (storm.offers() < aim && storm.flaw().empty()) storm.step();
    if (const std::string flaw = storm.end(); !flaw.empty()) {
      fmt::print(stderr, "seed {}: {}\n", seed, flaw);
      return 1;
    }
    made += storm.offers();
    accepted += storm.accepted();
    kills += storm.kills();
    ++seed;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  fmt::print(
      "{} offers, {} acceptances, {} kills in {:.1f} s: 0 over cap, 0 leads with two owners, 0 without one, 0 rows that do not fit\n", made,
      accepted, kills, seconds);
  return 0;
}
