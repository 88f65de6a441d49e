#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace atrium {

// What a process uses at present, as /proc tells it.
struct ProcessUsage {
  std::uint64_t cpu_ticks = 0;     // Since its start, user and system; a second has sysconf(_SC_CLK_TCK) of them.
  std::uint64_t memory_bytes = 0;  // Resident, without what lies in files.
};

// Nothing when there is no such process. Any thread.
[[nodiscard]] std::optional<ProcessUsage> processUsage(pid_t pid);

}  // namespace atrium
