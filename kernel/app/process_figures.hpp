#pragma once

#include <cstdint>
#include <string>

namespace atrium {

// What this process takes of the machine. A value; a figure that cannot be read is 0.
struct ProcessFigures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t descriptors_max = 0;
  std::uint64_t threads = 0;
  double cpu_seconds = 0;  // User and system.
};

// Any thread; reads /proc.
[[nodiscard]] ProcessFigures readProcessFigures();

// Appends them under the names Prometheus has for them.
void appendProcessMetrics(std::string& out, const ProcessFigures& figures);

}  // namespace atrium
