#pragma once

#include <chrono>

#include "engine/commands.hpp"
#include "plugin/command_calls.hpp"
#include "plugin/plugin_registry.hpp"
#include "plugin/worker_calls.hpp"

namespace atrium {

// The commands of plugins for one shard, and "help", which lists them where no plugin provides one of that name. On the shard's thread.
class CommandsPort final : public Commands {
 public:
  // All of it outlives the port.
  CommandsPort(PluginRegistry& registry, WorkerCalls& calls, CompletionDesk& desk)
      : registry_(registry), calls_(calls), in_process_(desk) {}

  [[nodiscard]] std::string list(const Principal& caller) override;
  [[nodiscard]] bool known(std::string_view name) override;
  std::uint64_t run(const Id& command_id, CommandScene scene, RunCommand command, std::function<void(std::string)> progress,
                    Completion<std::string> done) override;
  void giveUp(std::uint64_t number) override;

 private:
  [[nodiscard]] Error unknown(std::string_view name) const;
  [[nodiscard]] std::string help(const Principal& caller, std::string_view about);

  PluginRegistry& registry_;
  WorkerCalls& calls_;
  InProcessCommands in_process_;
};

}  // namespace atrium
