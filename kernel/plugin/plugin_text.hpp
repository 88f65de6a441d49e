#pragma once

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

}  // namespace atrium
