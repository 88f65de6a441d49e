#pragma once

#include <filesystem>

#include "load/samples.hpp"

namespace atrium::bench {

// What the disk under `directory` takes for the same promise when nothing else is done: `rate` synced writes a second on schedule for
// `duration`, each of a commit's size (two pages of the store), over a file that already has its length. As in runOpen a sample goes from
// the moment a write was due to the end of the sync that covered it, so that one stall counts for all that waited behind it.
[[nodiscard]] Samples diskFloor(const std::filesystem::path& directory, double rate, Nanos duration);

// Whether `directory` lies in memory (tmpfs), where a sync costs nothing.
[[nodiscard]] bool inMemory(const std::filesystem::path& directory);

}  // namespace atrium::bench
