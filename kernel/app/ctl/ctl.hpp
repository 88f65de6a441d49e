#pragma once

#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "config/environment.hpp"

// atriumctl: what operators type. Each command is a function from its arguments to an exit code, in a file of its own.

namespace atrium {

// What atriumctl ends with; docs/atriumctl.md tells operators.
enum class ExitCode : int {
  done = 0,
  failed = 1,  // The command was understood and could not be carried out.
  wrong = 2,   // The command line or the configuration is wrong.
};

// What a command needs from around it. Borrowed for the call.
struct CtlContext {
  const Environment& environment;
  Wall now;
  std::filesystem::path program_directory;  // Where relative plugin directories start.
  std::ostream& out;                        // Results only, so that they can be piped.
  std::ostream& err;                        // Everything said to a person.
};

// Reads the command line (without the program's name) and runs the command it names.
[[nodiscard]] ExitCode runCtl(std::span<const std::string> arguments, const CtlContext& context);

}  // namespace atrium
