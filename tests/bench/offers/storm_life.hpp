#pragma once

#include <cstdint>
#include <filesystem>

namespace atrium::bench {

// What a process that is to be killed is told by its parent.
struct LifeOptions {
  std::filesystem::path directory;  // Where storm.db is, and `plugins` with the storage plugin alone.
  std::uint64_t seed = 1;
  std::uint64_t life = 0;
  std::uint64_t begins_ms = 0;
  int pipe = -1;  // Where it says, a line each, what was told and seen; see storm_life.cpp.
};

// A storm over SQLite until somebody kills this process. Returns only when an offer was wrong, after saying so.
int runLife(const LifeOptions& options);

}  // namespace atrium::bench
