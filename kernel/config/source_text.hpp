#pragma once

#include <string>
#include <string_view>

#include "config/problem.hpp"

// The checks that a YAML text must pass before and beside the parser, because the parser lets these mistakes through.

namespace atrium {

// Size, UTF-8, control characters, tabs in indentation and directives. Adds what it finds to `problems`, at most one per kind and line.
void checkSourceText(std::string_view text, const SourcePlace& file, ConfigProblems& problems);

[[nodiscard]] bool validUtf8(std::string_view text);

// JSON as YAML takes it: what JSON writes as a pair of surrogates ("\ud83d\ude00") stands as the character it is. A half of a pair stays.
[[nodiscard]] std::string withoutSurrogates(std::string_view json);

// Whether the scalar whose text begins at `start` (an anchor may come first) is a quoted one that is closed, or not quoted at all.
[[nodiscard]] bool closedQuote(std::string_view text, std::size_t start);

}  // namespace atrium
