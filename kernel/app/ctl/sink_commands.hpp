#pragma once

#include <string>

#include "ctl/ctl.hpp"
#include "ctl/server_answer.hpp"

namespace atrium {

// What `atriumctl sink …` was asked for, as it was typed.
struct SinkArguments {
  std::string command;  // list, dead-letters, retry, drop or forget
  std::string name;
  std::string offset;  // Of retry and drop: that dead letter; empty: all of them.
  ServerArguments server;
};

// Asks the running server and prints what it says as a table.
[[nodiscard]] ExitCode runSinkCommand(const SinkArguments& arguments, const CtlContext& context);

}  // namespace atrium
