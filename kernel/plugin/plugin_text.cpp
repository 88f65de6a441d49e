#include "plugin/plugin_text.hpp"

#include <algorithm>

#include "config/source_text.hpp"

namespace atrium {

std::string_view withoutHalf(std::string_view text) {
  for (std::size_t dropped = 0; dropped < 4 && dropped < text.size(); ++dropped) {
    const std::string_view shorter = text.substr(0, text.size() - dropped);
    if (validUtf8(shorter)) return shorter;
  }
  return text;
}

std::string safeText(const atrium_text& text, std::size_t max) {
  if (text.data == nullptr || text.size == 0) return {};
  std::string_view all(text.data, std::min<std::uint64_t>(text.size, max));
  if (all.size() < text.size) all = withoutHalf(all);
  return validUtf8(all) ? std::string(all) : "(text that is not UTF-8)";
}

std::string repaired(std::string_view text) {
  if (validUtf8(text)) return std::string(text);
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  while (!text.empty()) {
    std::size_t size = 1;
    while (size <= std::min<std::size_t>(4, text.size()) && !validUtf8(text.substr(0, size))) ++size;
    const bool whole = size <= std::min<std::size_t>(4, text.size());
    out += whole ? text.substr(0, size) : replacement;
    text.remove_prefix(whole ? size : 1);
  }
  return out;
}

}  // namespace atrium
