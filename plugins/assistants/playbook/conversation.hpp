#pragma once

#include <atrium/plugin.hpp>

#include <string>
#include <string_view>
#include <vector>

// One thing that was said. A value.
struct Line {
  std::string from;  // Empty: nobody knows.
  std::string text;
};
inline constexpr std::size_t lines_max = 400;

// What a context tells of a conversation, oldest first: the room's messages, then what the request gave (a text of lines, "Ana: Hello" or
// bare; a list of texts or of objects with a text; an object with such a list, or with texts), then what the prospect wrote last.
[[nodiscard]] std::vector<Line> lines_of(const atrium::Json& context);

// ASCII alone.
[[nodiscard]] std::string lower_case(std::string_view text);
// The words of a text in lower case: letters, digits, bytes beyond ASCII, and an apostrophe within.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
// Whether `phrase` (in lower case) stands in `lower` as whole words.
[[nodiscard]] bool says(std::string_view lower, std::string_view phrase);
// The lead's first name; empty: not known.
[[nodiscard]] std::string first_name(const atrium::Json& context);
