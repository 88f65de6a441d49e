#ifndef ATRIUM_SUMMARY_HPP
#define ATRIUM_SUMMARY_HPP
// One-line summaries, as notifications and room lists show them.
#include "atrium/room.hpp"

namespace atrium {
inline namespace sdk {

inline constexpr std::size_t summary_max = 200;  // bytes

// `text` on one line and within `limit` bytes; what is cut ends with an ellipsis and never inside a character.
[[nodiscard]] inline std::string shortened(std::string_view text, std::size_t limit = summary_max) {
  static constexpr std::string_view ellipsis = "\u2026";
  std::string line(text.substr(0, text.size() <= limit ? text.size() : limit - ellipsis.size()));
  if (line.size() < text.size()) {
    const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
    while (!line.empty() && continues(line.size())) line.pop_back();
    line += ellipsis;
  }
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return line;
}

// "Lead lead_7: please take over": a word, what it is about, and the content when there is any.
[[nodiscard]] inline std::string summary(std::string_view word, const Json& about, std::string_view content) {
  std::string line(word);
  if (const auto text = about.as_text()) line.append(" ").append(*text);
  if (!content.empty()) line.append(": ").append(content);
  return shortened(line);
}

}  // namespace sdk
}  // namespace atrium
#endif
