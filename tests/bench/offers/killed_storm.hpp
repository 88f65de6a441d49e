#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_set>

#include "base/ids.hpp"
#include "sim/desk_told.hpp"

namespace atrium::bench {

// One storm over one SQLite database, in processes that are killed (SIGKILL) one after the other, in whatever they do. The parent remembers
// what they said was confirmed, opens the database after each death, and looks: nothing confirmed is missing, no lead without its owner,
// none with two, nobody above his cap, and every stored offer was held against the rule of its queue before.
class KilledStorm {
 public:
  // In `directory`, which is made and, when all was well, removed.
  KilledStorm(std::filesystem::path directory, std::uint64_t seed);

  // Until so many offers were made, with about so many kills. What is wrong; empty: nothing.
  [[nodiscard]] std::string run(std::uint64_t offers, std::uint64_t kills);
  [[nodiscard]] std::uint64_t offers() const { return told_.offers(); }
  [[nodiscard]] std::uint64_t accepted() const { return told_.accepted(); }
  [[nodiscard]] std::uint64_t kills() const { return kills_; }

 private:
  void live(std::uint64_t offers_max, std::uint64_t lines_max);
  void hear(const std::string& line);
  void look(bool in_the_end);

  const std::filesystem::path directory_;
  const std::uint64_t seed_;
  Random random_;
  sim::DeskTold told_{"acme"};
  std::unordered_set<std::string> checked_;  // Offers.
  std::uint64_t kills_ = 0, time_ms_ = 0;
  std::string flaw_;
};

}  // namespace atrium::bench
