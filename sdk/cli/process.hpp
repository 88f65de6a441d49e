#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace atrium {

// A program to be run. A value.
struct ProcessPlan {
  std::vector<std::string> command;      // The first is looked for on the PATH.
  std::filesystem::path directory{};     // Where it runs; empty: here.
  std::vector<std::string> variables{};  // "NAME=value", beside those of this process.
};

// A program that runs, with what it writes (both streams) at the end of a pipe. Ended by the destructor if it still runs. One thread.
class Process {
 public:
  // Fails with plugin_failed and one sentence.
  [[nodiscard]] static Result<Process> start(const ProcessPlan& plan);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  // To be polled: readable when there is output, or its end.
  [[nodiscard]] int output() const { return output_; }
  // What it wrote since, without waiting; `ended` is set once there is nothing more to come.
  [[nodiscard]] std::string read(bool& ended);
  // Asks for an orderly end.
  void terminate() const;
  // Does not ask.
  void kill() const;
  // Waits for the end; its exit code, or 128 and the signal that ended it.
  int wait();

 private:
  Process(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_ = -1;
  int output_ = -1;
};

struct ProcessEnd {
  int status = 0;  // As Process::wait() has it.
  std::string output;
};

// Runs to the end. `see`, when there is one, gets every piece of the output as it comes. A SIGINT, SIGTERM or SIGHUP meanwhile ends it,
// with what it runs in turn, and then does to this program what it would have done: ends it, or waits for who has it blocked.
[[nodiscard]] Result<ProcessEnd> runProcess(const ProcessPlan& plan, const std::function<void(std::string_view)>& see = {});

}  // namespace atrium
