#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "transport/websocket_codec.hpp"

namespace atrium {

struct FrameForm {
  bool final = true;
  unsigned reserved = 0;
  bool masked = true;
  int length_size = -1;           // 0, 2 or 8 bytes of length; -1: the shortest.
  std::uint64_t claimed = ~0ULL;  // A length that lies.
};

// A frame as a client sends it.
inline std::string clientFrame(Opcode opcode, std::string_view payload, FrameForm form = {}) {
  const std::uint64_t size = form.claimed != ~0ULL ? form.claimed : payload.size();
  const int length_size = form.length_size >= 0 ? form.length_size : size < 126 ? 0 : size < 65536 ? 2 : 8;
  std::string out;
  out.push_back(static_cast<char>((form.final ? 0x80U : 0U) | form.reserved << 4 | static_cast<unsigned>(opcode)));
  out.push_back(static_cast<char>((form.masked ? 0x80U : 0U) | (length_size == 0   ? static_cast<unsigned>(size)
                                                                : length_size == 2 ? 126U
                                                                                   : 127U)));
  for (int at = length_size - 1; at >= 0; --at) out.push_back(static_cast<char>(size >> (8 * at)));
  std::array<char, 4> mask{'\x11', '\xA2', '\x00', '\x7F'};
  if (form.masked) out.append(mask.data(), 4);
  std::string hidden(payload);
  if (form.masked) unmask(hidden, mask);
  return out + hidden;
}

}  // namespace atrium
