#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/cli.hpp"

namespace atrium {

// Where a program lies on the PATH of `environment`; nothing: nowhere.
[[nodiscard]] std::optional<std::filesystem::path> findProgram(std::string_view program, const Environment& environment);

// Empty when everything that is needed is there; else what is missing and the line that installs it, for a person.
[[nodiscard]] std::string missingTools(const Environment& environment);

// The line that runs `command` as root: as it is for root, by sudo where there is one, else by su. `command` has no apostrophe.
[[nodiscard]] std::string asRoot(const std::string& command, const Environment& environment);

// `atrium doctor`: each tool and whether it is there. Fails when one that is needed is not.
[[nodiscard]] CliExit doctor(const CliContext& context);

}  // namespace atrium
