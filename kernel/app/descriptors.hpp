#pragma once

#include <cstdint>

namespace atrium {

// What the server opens beside its clients' sockets: loops, listening sockets, plugins, the storage's files.
inline constexpr std::uint64_t own_descriptors = 256;

// Lets the process have `wanted` descriptors, or as many as its hard limit allows; never fewer than it may have already. Systems give
// 1,024 unless asked, which is fewer than the connections a server takes. Returns how many it may have now.
std::uint64_t raiseDescriptorLimit(std::uint64_t wanted);

}  // namespace atrium
