#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atrium {

// An ATRIUM_DURABILITY_... as confirmations and operators read it; the highest for what is beyond.
[[nodiscard]] constexpr std::string_view durabilityWord(std::uint32_t level) {
  constexpr std::array<std::string_view, 4> words = {"received", "stored", "fsynced", "replicated"};
  return words[std::min<std::size_t>(level, words.size() - 1)];
}

}  // namespace atrium
