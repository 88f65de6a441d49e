#pragma once

#include <string>
#include <vector>

#include "conversation.hpp"

// The sentences of a conversation that say most, in their order, each with who said it: those whose words come up most, with a little more
// for figures, questions and promises. It writes nothing of its own. At most `sentences_max` of them and `bytes_max` bytes.
[[nodiscard]] std::string summary_of(const std::vector<Line>& lines, std::size_t sentences_max, std::size_t bytes_max);
