#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "load/clock.hpp"

// The server under measurement, as a child process of the generator: started on a free port, pinned, metered and ended by its id.
namespace atrium::bench {

// A directory that goes away with its owner; in `parent`, or where the system keeps such things when that is empty.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::filesystem::path& parent = {});
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct ChildOptions {
  std::vector<std::string> command;                // The program's path first.
  std::map<std::string, std::string> environment;  // On top of ours.
  int cpu = -1;                                    // The only core it may use; -1: all.
  std::filesystem::path log;                       // Where its output goes; it is read for `ready`, too.
  std::string ready;                               // Started when a line of the output contains this.
};

class Child {
 public:
  // Returns when the line with `ready` has been written. Throws Failure (with the last output) when the child ends first or takes 30 s.
  explicit Child(ChildOptions options);
  ~Child();  // Kills what still runs.
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // What follows `ready` on its line.
  [[nodiscard]] const std::string& readyRest() const { return ready_rest_; }
  // From the spawn to the line.
  [[nodiscard]] Nanos startTime() const { return start_time_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Time on a core that all its threads had so far, in the system and outside.
  [[nodiscard]] Nanos cpuTime() const;
  // Asks it to end (SIGTERM) and waits up to 20 s, then kills. Returns the exit code; -1 when it was killed or died of a signal.
  int stop();
  // SIGKILL, and waits for the end.
  void kill();

 private:
  void awaitReady(const ChildOptions& options, Nanos started);
  pid_t pid_ = -1;
  std::string ready_rest_;
  Nanos start_time_ = 0;
};

// `atriumd --config`: listens on a free port, keeps its data under `data`, takes jwt_key.
class AtriumServer {
 public:
  AtriumServer(const std::filesystem::path& program, const std::filesystem::path& config, const std::filesystem::path& data, int cpu,
               std::map<std::string, std::string> environment = {});
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Child& child() { return child_; }

 private:
  Child child_;
  std::uint16_t port_;
};

// Puts the calling thread on one core; -1: leaves it alone.
void pinSelf(int cpu);
// A port of 127.0.0.1 that nobody used a moment ago.
[[nodiscard]] std::uint16_t freePort();

}  // namespace atrium::bench
