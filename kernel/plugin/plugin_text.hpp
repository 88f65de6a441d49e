#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "atrium/abi.h"
#include "protocol/abi_text.hpp"

// Texts that come from plugins, which may be anything.
namespace atrium {

// A text that was cut somewhere, without the half of a character that may stand at its end.
[[nodiscard]] std::string_view withoutHalf(std::string_view text);
// A plugin's text, cut to `max` bytes; what is not UTF-8 is not repeated.
[[nodiscard]] std::string safeText(const atrium_text& text, std::size_t max);
// With U+FFFD in place of each byte that is part of no character.
[[nodiscard]] std::string repaired(std::string_view text);

// Collects what a plugin writes, up to `max` bytes and one more, which tells that there were too many.
struct BoundedText {
  std::string text;
  std::size_t max;

  [[nodiscard]] atrium_sink sink() {
    return {.context = this, .write = [](void* context, const void* data, std::uint64_t size) {
              auto& self = *static_cast<BoundedText*>(context);
              const std::uint64_t room = self.max + 1 - std::min(self.text.size(), self.max + 1);
              if (data) self.text.append(static_cast<const char*>(data), std::min(size, room));
            }};
  }
};

}  // namespace atrium
