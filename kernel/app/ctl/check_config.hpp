#pragma once

#include <string>

#include "ctl/ctl.hpp"

namespace atrium {

// Checks a configuration file as the server would read it: one line about it, or all its problems.
[[nodiscard]] ExitCode checkConfig(const std::string& file, const CtlContext& context);

}  // namespace atrium
