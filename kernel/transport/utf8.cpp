#include "transport/utf8.hpp"

#include <cstring>

namespace atrium {

bool Utf8Validator::feed(std::string_view piece) {
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while (at != end) {
    const auto byte = static_cast<std::uint8_t>(*at);
    if (needed_ != 0) {
      if (byte < low_ || byte > high_) return false;
      --needed_;
      low_ = 0x80;
      high_ = 0xBF;
    } else if (byte < 0x80) {
      // Most text is ASCII: eight bytes at a time while it lasts.
      std::uint64_t eight = 0;
      while (end - at >= 8) {
        std::memcpy(&eight, at, 8);
        if (eight & 0x8080808080808080U) break;
        at += 8;
      }
      while (at != end && static_cast<std::uint8_t>(*at) < 0x80) ++at;
      continue;
    } else if (byte >= 0xC2 && byte <= 0xDF) {
      needed_ = 1;
    } else if (byte >= 0xE0 && byte <= 0xEF) {
      needed_ = 2;
      if (byte == 0xE0) low_ = 0xA0;   // Below: a longer form than needed.
      if (byte == 0xED) high_ = 0x9F;  // Above: a surrogate.
    } else if (byte >= 0xF0 && byte <= 0xF4) {
      needed_ = 3;
      if (byte == 0xF0) low_ = 0x90;
      if (byte == 0xF4) high_ = 0x8F;  // Above: beyond U+10FFFF.
    } else {
      return false;
    }
    ++at;
  }
  return true;
}

}  // namespace atrium
