#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/commands.hpp"
#include "plugin/completion_desk.hpp"
#include "plugin/worker_calls.hpp"

namespace atrium {

// One run of a command, all of it values: it may be executed in this process or in a runner. Lives as long as the run.
struct CommandExecution {
  std::string command_id;
  CommandScene scene;
  JsonDocument arguments;  // An object that passed the schema.
};

// How a command plugin is called. In this process it is its C table; an isolated one implements the same over its runner.
class CommandCalls {
 public:
  virtual ~CommandCalls() = default;
  using Answer = WorkerCalls::Answer<std::string>;
  // Begins the run and answers once, at once or later from any thread. On a worker, while `call` is open.
  virtual void execute(const std::shared_ptr<WorkerCall>& call, std::shared_ptr<const CommandExecution> execution,
                       std::function<void(std::string)> progress, Answer answer) = 0;
};

// The calls of a plugin in this process.
class InProcessCommands final : public CommandCalls {
 public:
  explicit InProcessCommands(CompletionDesk& desk) : desk_(desk) {}
  void execute(const std::shared_ptr<WorkerCall>& call, std::shared_ptr<const CommandExecution> execution,
               std::function<void(std::string)> progress, Answer answer) override;

 private:
  CompletionDesk& desk_;
};

}  // namespace atrium
