#pragma once

#include <filesystem>
#include <string>

#include "cli/cli.hpp"

namespace atrium {

// What `atrium dev` was asked for, as it was typed.
struct DevArguments {
  std::filesystem::path directory;
  std::filesystem::path config;  // Read before the private server's own; empty: dev.yaml of the project, whenever it is there.
  std::string server;            // "http://host:port" of a server that runs; empty: one of the author's own is started.
  std::string token;             // An admin's, for that server.
};

// Builds the project, runs it in a server, and builds and swaps it whenever a file changes, until it is interrupted.
[[nodiscard]] CliExit develop(const DevArguments& arguments, const CliContext& context);

}  // namespace atrium
