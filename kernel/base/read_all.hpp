#pragma once

#include <istream>
#include <string>

namespace atrium {

// What is left of a stream, block by block; an iterator over its characters takes much longer.
// Empty when the stream was never open.
[[nodiscard]] inline std::string readAll(std::istream& in) {
  std::string out;
  char block[16384];
  while (in.good()) {
    const auto got = in.rdbuf()->sgetn(block, sizeof block);
    out.append(block, static_cast<std::size_t>(got));
    if (got < static_cast<std::streamsize>(sizeof block)) break;
  }
  return out;
}

}  // namespace atrium
