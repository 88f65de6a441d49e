#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>

#include "killed_storm.hpp"
#include "sim/desk_storm.hpp"
#include "storm_life.hpp"

// The safety of offers: one tenant's desk under everything that can come at once, for as many offers as are asked for. Leads, answers
// pressed twice and by others, handoffs, assignments by hand, rebalancing, agents who come and go and change what they may take, scorers
// that fail. Each offer is held against the rule of its queue by a checker that shares nothing with the desk (sim/offer_watch.hpp).
//
// --store simulated: over a store that fails and is slow, and in processes that are killed, or lose their power, and begin anew from what
// it has; all of it drawn from the seed. Every 32 steps the store is looked at: no lead without its owner, none with two, nobody above his
// cap, no row that does not fit; after each kill and at the end also whether what was told is what is stored.
//
// --store sqlite: over the SQLite plugin behind the server's own port, in real processes that are really killed; see killed_storm.hpp.
namespace {

struct Options {
  std::uint64_t offers = 1'000'000, kills = 1000, seed = 1;
  std::string store = "simulated";
  std::filesystem::path directory = std::filesystem::temp_directory_path();
};

struct Totals {
  std::uint64_t offers = 0, accepted = 0, kills = 0;
};

// One storm gets slower as its store fills up with what is over, so that there are several, each with a seed and rules of its own.
constexpr std::uint64_t simulated_offers = 2'000, sqlite_offers = 20'000;

std::string simulated(const Options& options, Totals& totals, std::uint64_t seed) {
  atrium::sim::DeskStorm storm(seed);
  const std::uint64_t aim = std::min(simulated_offers, options.offers - totals.offers);
  while (storm.offers() < aim && storm.flaw().empty()) storm.step();
  std::string flaw = storm.end();
  totals.offers += storm.offers();
  totals.accepted += storm.accepted();
  totals.kills += storm.kills();
  return flaw;
}

std::string overSqlite(const Options& options, Totals& totals, std::uint64_t seed) {
  atrium::bench::KilledStorm storm(options.directory / ("atrium-storm-" + std::to_string(::getpid()) + "-" + std::to_string(seed)), seed);
  const std::uint64_t aim = std::min(sqlite_offers, options.offers - totals.offers);
  std::string flaw = storm.run(aim, std::max<std::uint64_t>(1, options.kills * aim / options.offers));
  totals.offers += storm.offers();
  totals.accepted += storm.accepted();
  totals.kills += storm.kills();
  return flaw;
}

int run(const Options& options) {
  Totals totals;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t seed = options.seed; totals.offers < options.offers; ++seed) {
    const std::string flaw = options.store == "sqlite" ? overSqlite(options, totals, seed) : simulated(options, totals, seed);
    if (flaw.empty()) continue;
    fmt::print(stderr, "seed {}: {}\n", seed, flaw);
    return 1;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  fmt::print(
      "{} offers, {} acceptances, {} kills in {:.1f} s ({}): 0 over cap, 0 leads with two owners, 0 without one, 0 offers to an agent who "
      "may "
      "not have it, 0 confirmed things lost\n",
      totals.offers, totals.accepted, totals.kills, seconds, options.store);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  atrium::bench::LifeOptions life;
  CLI::App app("Offers a million leads to agents, with everything going wrong meanwhile");
  app.add_option("--offers", options.offers, "How many")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--seed", options.seed, "Of everything that is drawn")->capture_default_str();
  app.add_option("--store", options.store, "Over which store")->check(CLI::IsMember({"simulated", "sqlite"}))->capture_default_str();
  app.add_option("--kills", options.kills, "With --store sqlite: about how many processes are killed")->capture_default_str();
  app.add_option("--directory", options.directory, "With --store sqlite: where the databases are made")->capture_default_str();
  // What a process that is to be killed is started with.
  app.add_option("--life", life.life)->group("");
  app.add_option("--pipe", life.pipe)->group("");
  app.add_option("--begins", life.begins_ms)->group("");
  CLI11_PARSE(app, argc, argv);
  try {
    if (life.pipe < 0) return run(options);
    life.seed = options.seed;
    life.directory = options.directory;
    return atrium::bench::runLife(life);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "bench_offers: {}\n", problem.what());
    return 2;
  }
}
