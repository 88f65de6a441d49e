#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

namespace atrium {

inline constexpr std::size_t command_name_max = 64;    // bytes
inline constexpr std::size_t command_line_max = 4096;  // bytes

// A command to be run: its name, and either its arguments or the line that people write.
struct RunCommand {
  std::string room_id;  // Empty when the frame names none.
  std::string name;
  JsonDocument arguments;  // An object; empty: `line` instead.
  std::string line;        // What stands behind the name in "/assign ben today".
};

// The name and the rest of "/assign ben today"; nothing when the text does not begin with a slash and a name.
[[nodiscard]] std::optional<RunCommand> parseCommandLine(std::string_view text);
[[nodiscard]] Result<RunCommand> readRunCommand(const JsonView& body, const Principal& caller);

}  // namespace atrium
