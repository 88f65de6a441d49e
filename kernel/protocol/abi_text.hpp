#pragma once

#include <string_view>

#include "atrium/abi.h"

// Texts on their way across the border to plugins and back. Both are borrowed like what they are made from.
namespace atrium {

[[nodiscard]] inline atrium_text textOf(std::string_view view) { return {view.data(), view.size()}; }
// As it is, for texts whose bounds and encoding whoever reads them checks; NULL is empty.
[[nodiscard]] inline std::string_view viewOf(const atrium_text& text) {
  return text.data ? std::string_view(text.data, text.size) : std::string_view();
}

}  // namespace atrium
