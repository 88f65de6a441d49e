#pragma once

#include <algorithm>
#include <string_view>

namespace atrium {

// Whether an operator may call a queue or policy so: 1 to 64 small letters, digits, underscores and hyphens. Nothing of it needs an escape
// in JSON, in a path or in a key.
[[nodiscard]] constexpr bool isPlainName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, letter);
}

}  // namespace atrium
