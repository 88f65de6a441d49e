#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "protocol/commands.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"
#include "protocol/run_command.hpp"

namespace atrium {

inline constexpr std::string_view command_prefix = "cmd_";  // Of the id of a run.

// Where a command is run and by whom: what its plugin sees of both. A value that moves.
struct CommandScene {
  Principal caller;
  Role room_role = Role::none;
  std::string room_id;
  std::string room_type;
  std::string room_name;
  std::uint32_t member_count = 0;
  std::uint32_t max_members = 0;
  JsonDocument settings;
  JsonDocument context;
};

// The commands of plugins, as one shard reaches them. On the shard's thread.
class Commands {
 public:
  virtual ~Commands() = default;
  // Those the caller may run: {"items": [...], "next_cursor": null}.
  [[nodiscard]] virtual std::string list(const Principal& caller) = 0;
  [[nodiscard]] virtual bool known(std::string_view name) = 0;

  // Runs one. `progress` gets a line of text each time the plugin says something on the way; `done` one JSON object, or command_unknown,
  // forbidden, validation_failed, rejected_by_plugin, overloaded, command_timed_out or plugin_failed. Returns a number for giveUp(),
  // which is harmless once it is over.
  virtual std::uint64_t run(const Id& command_id, CommandScene scene, RunCommand command, std::function<void(std::string)> progress,
                            Completion<std::string> done) = 0;
  // Nobody waits any more: the plugin is told when it has begun, and `done` completes with plugin_failed before this returns. Harmless once
  // it is over.
  virtual void giveUp(std::uint64_t number) = 0;
};

}  // namespace atrium
