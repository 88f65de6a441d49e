#include "plugin/services/system_random.hpp"

#include <sys/random.h>

#include <cerrno>

namespace atrium {

bool systemRandom(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace atrium
