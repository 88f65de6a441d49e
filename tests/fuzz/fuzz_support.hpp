#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace atrium {

// Ways to cut a stream, the same for the same bytes: not at all, byte by byte, in the middle, and at places the bytes choose.
inline std::vector<std::vector<std::size_t>> waysToCut(std::string_view stream) {
  std::vector<std::size_t> everywhere, chosen;
  std::uint32_t state = 2166136261U;
  for (std::size_t at = 1; at < stream.size(); ++at) {
    everywhere.push_back(at);
    state = (state ^ static_cast<std::uint8_t>(stream[at])) * 16777619U;
    if (state >> 29 == 0) chosen.push_back(at);
  }
  std::vector<std::vector<std::size_t>> ways{chosen, everywhere};
  if (stream.size() > 1) ways.push_back({stream.size() / 2});
  return ways;
}

}  // namespace atrium
