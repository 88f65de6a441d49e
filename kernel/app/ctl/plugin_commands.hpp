#pragma once

#include <string>

#include "ctl/ctl.hpp"
#include "ctl/server_answer.hpp"

namespace atrium {

// What `atriumctl plugin …` was asked for, as it was typed.
struct PluginArguments {
  std::string command;  // list, show, events, enable, disable, reload, configure, reset, rescan, plan or apply
  std::string id;
  std::string options;  // For configure: one JSON object.
  std::string after = "0";
  ServerArguments server;
};

// Asks the running server and prints what it says as a table.
[[nodiscard]] ExitCode runPluginCommand(const PluginArguments& arguments, const CtlContext& context);

}  // namespace atrium
