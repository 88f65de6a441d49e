#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/commands.hpp"
#include "engine/shard.hpp"

namespace atrium {

// A run that its caller may give up. On the caller's shard.
struct CommandRun {
  std::uint64_t number = 0;  // Zero until the room has answered.
  bool over = false;         // It has told how it ended, or was given up: nothing is told any more, also of what was on its way by then.
};

// What a run tells whoever began it: any number of lines, then how it ended, and nothing afterwards.
struct CommandTold {
  std::function<void(const Id& command_id, std::string line)> progress;
  std::function<void(const Id& command_id, Result<std::string> result)> done;
};

// Runs a command for `caller` in the room it names: asks the room who he is there, then the plugin. not_found, not_a_member and what
// Commands::run() says. On the caller's shard, where everything completes.
void runCommand(Shard::Impl& shard, const PrincipalPtr& caller, RunCommand command, const std::shared_ptr<CommandRun>& run,
                CommandTold told);
// Ends the run, if it is not over. `told` is called no more.
void giveUp(Shard::Impl& shard, CommandRun& run);

// What a client is told at the end: {"command_id", "command", "room_id", "result"}.
[[nodiscard]] std::string commandReply(const Id& command_id, std::string_view command, std::string_view room_id, std::string_view result);

}  // namespace atrium
