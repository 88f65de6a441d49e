#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// The arguments of "/assign ben today" as an object: the words after the name, in the order in which `positional` names arguments, the last
// of which takes the rest of the line. What the schema calls an integer, number or boolean is one where the word looks like it. More words
// than arguments are validation_failed.
[[nodiscard]] Result<JsonDocument> readCommandLine(std::string_view rest, std::string_view positional, const JsonView& schema);

}  // namespace atrium
