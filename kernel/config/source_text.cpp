#include "config/source_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include "config/yaml.hpp"

namespace atrium {

namespace {

// The length of the UTF-8 sequence at the front of `text`; 0 when it is none (overlong forms, surrogates and what lies above
// U+10FFFF included).
std::size_t sequenceLength(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at)
    if ((byte(at) & 0xC0U) != 0x80U) return 0;
  const std::uint8_t second = byte(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return length;
}

void checkLine(std::string_view line, SourcePlace place, ConfigProblems& problems) {
  const auto column = [&place](std::size_t at) {
    place.column = static_cast<std::uint32_t>(at) + 1;
    return place;
  };
  const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
  if (const std::size_t tab = line.substr(0, indent).find('\t'); tab != std::string_view::npos)
    problems.push_back(problemAt(column(tab), "a tab is used for indentation", "indent with spaces"));
  // YAML has two directives, %YAML and %TAG; neither has a use here, and the parser ignores what it does not know.
  if (line.starts_with('%'))
    problems.push_back(problemAt(column(0), "a directive stands here", "remove the line, or put quotes around the text"));
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = sequenceLength(line.substr(at));
    if (length == 0) {
      problems.push_back(problemAt(column(at), "this is not valid UTF-8", "save the file as UTF-8"));
      return;
    }
    const auto byte = static_cast<std::uint8_t>(line[at]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) {
      problems.push_back(
          problemAt(column(at), "there is a control character", "remove it, or write it as an escape such as \"\\x07\" in double quotes"));
      return;
    }
    at += length;
  }
}

// The number behind "\\u" at `at`; nothing when no such thing stands there.
std::optional<std::uint32_t> escapedUnit(std::string_view text, std::size_t at) {
  constexpr std::size_t size = 6;
  if (at > text.size() || text.size() - at < size || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  std::uint32_t unit = 0;
  const auto [end, error] = std::from_chars(text.data() + at + 2, text.data() + at + size, unit, 16);
  return error == std::errc{} && end == text.data() + at + size ? std::optional(unit) : std::nullopt;
}

}  // namespace

void checkSourceText(std::string_view text, const SourcePlace& file, ConfigProblems& problems) {
  if (text.size() > yaml_size_max) {
    problems.push_back(problemAt(file, "the file is larger than 1 MiB", "split it with include, or check that it is the right file"));
    return;
  }
  SourcePlace place = file;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::string_view line = text.substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++place.line;
    checkLine(line, place, problems);
    start = end + 1;
  }
}

bool validUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool closedQuote(std::string_view text, std::size_t start) {
  if (start < text.size() && text[start] == '&')
    start = text.find_first_not_of(" \t\r\n", std::min(text.find_first_of(" \t\r\n", start), text.size()));
  if (start >= text.size() || (text[start] != '"' && text[start] != '\'')) return true;
  const char quote = text[start];
  for (std::size_t at = start + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 >= text.size() || text[at + 1] != quote) return true;
      ++at;  // Two single quotes are one of them.
    }
  }
  return false;
}

std::string withoutSurrogates(std::string_view json) {
  std::string out;
  for (std::size_t at = 0; at < json.size();) {
    const auto high = escapedUnit(json, at), low = escapedUnit(json, at + 6);
    if (high && low && *high >= 0xD800 && *high < 0xDC00 && *low >= 0xDC00 && *low < 0xE000) {
      const std::uint32_t character = 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
      for (const unsigned shift : {18U, 12U, 6U, 0U})
        out += static_cast<char>(shift == 18 ? 0xF0 | character >> shift : 0x80 | (character >> shift & 0x3F));
      at += 12;
      continue;
    }
    // A backslash takes the next character with it, which then begins nothing.
    const std::size_t step = json[at] == '\\' && at + 1 < json.size() ? 2 : 1;
    out += json.substr(at, step);
    at += step;
  }
  return out;
}

}  // namespace atrium
