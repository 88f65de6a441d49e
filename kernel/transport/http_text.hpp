#pragma once

#include <algorithm>
#include <string_view>

#include "base/result.hpp"
#include "protocol/errors.hpp"

// The lexical rules of HTTP (RFC 9110, 5.5 and 5.6), byte by byte.
namespace atrium {

[[nodiscard]] constexpr char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
[[nodiscard]] constexpr bool isDigit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool isAlphanumeric(char c) { return isDigit(c) || (lowered(c) >= 'a' && lowered(c) <= 'z'); }
[[nodiscard]] constexpr bool isTokenChar(char c) { return isAlphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c); }
// How bytes that are not HTTP are refused.
[[nodiscard]] inline std::unexpected<Error> malformed(const char* detail) { return fail(Code::bad_request, detail); }
// What a field value may hold: visible characters, space, tab, and bytes above ASCII.
[[nodiscard]] constexpr bool isFieldText(char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t'; }
// Its value, or -1.
[[nodiscard]] constexpr int hexDigit(char c) {
  if (isDigit(c)) return c - '0';
  return lowered(c) >= 'a' && lowered(c) <= 'f' ? lowered(c) - 'a' + 10 : -1;
}

// Equal without regard to ASCII case.
[[nodiscard]] constexpr bool sameWord(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) { return lowered(a) == lowered(b); });
}

[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether a comma-separated list has this word, without regard to case.
[[nodiscard]] constexpr bool listHas(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (sameWord(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace atrium
