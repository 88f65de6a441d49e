#pragma once

#include <cstddef>
#include <span>

namespace atrium {

// Fills `out` from the system's generator, good for keys. False: it cannot be used. Any thread.
[[nodiscard]] bool systemRandom(std::span<std::byte> out);

}  // namespace atrium
