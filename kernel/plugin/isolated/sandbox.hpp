#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace atrium {

// What a runner's process may do. A value.
struct SandboxRules {
  std::uint64_t memory_bytes = 0;  // Of its own data, as far as the system counts it; 0: no limit.
  bool network = false;            // Whether it may make sockets.
};

// The end of this process comes with the end of `parent`'s thread that started it. False: that one has ended already. To be called
// before anything else, by the process's only thread.
[[nodiscard]] bool dieWith(int parent);

// Shuts this process in, for good: no core dump, no new privileges, a bound on its memory; no program started, no process made, none
// but itself signalled, traced, read or given another priority, processor or memory node; no socket unless the rules grant a network;
// nothing of the kernel's larger doors (io_uring, bpf, mount, modules, keys). What is refused answers EPERM, so that a plugin sees a call
// that failed. Threads may be made. What threads there are already must be none but the caller. Fails with plugin_failed where the system
// cannot do it.
[[nodiscard]] Result<void> enterSandbox(const SandboxRules& rules);

}  // namespace atrium
