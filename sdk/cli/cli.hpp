#pragma once

#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>

#include "config/environment.hpp"

// atrium: what authors of plugins type. Each command is a function from its arguments to an exit code, in a file of its own.

namespace atrium {

// What the program ends with; docs/atrium.md tells authors.
enum class CliExit : int {
  done = 0,
  failed = 1,  // The command was understood, and what it was to look at, build or test is not in order.
  wrong = 2,   // The command line is wrong.
};

// What a command needs from around it. Borrowed for the call.
struct CliContext {
  const Environment& environment;
  // Where the program's own folder bin/ lies; plugins/ and templates/ are beside it, in a build as in what is installed.
  std::filesystem::path root;
  std::ostream& out;  // Results.
  std::ostream& err;  // Everything said to a person about what went wrong.
};

// Reads the command line (without the program's name) and runs the command it names.
[[nodiscard]] CliExit runCli(std::span<const std::string> arguments, const CliContext& context);

}  // namespace atrium
