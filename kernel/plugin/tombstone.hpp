#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// A plugin that crashes in process takes the server with it, and nothing can be saved then but its name. So the name is written where the
// next start finds it: by a signal handler when the crash is a signal, by handlers of exit() and quick_exit() and in place of _exit() when
// the plugin ends the process, and for what dies without any of these while it is being loaded, by a mark that stands as long as the
// loading lasts.
namespace atrium {

struct CallMark;

// Who ended the previous run, and how. A value.
struct Culprit {
  std::string plugin;
  std::string sha256;
  std::string reason;  // One sentence without its full stop.
};

// The marks of one data directory. One at a time in a process; main thread.
class Tombstone {
 public:
  // An empty directory: keeps nothing. Reads what the previous run left. Blocks on the disk.
  explicit Tombstone(std::filesystem::path directory);
  ~Tombstone();
  Tombstone(const Tombstone&) = delete;
  Tombstone& operator=(const Tombstone&) = delete;

  [[nodiscard]] const std::vector<Culprit>& culprits() const { return culprits_; }
  // The culprits are known now: the disk may forget them.
  void forget();

  // That plugin is being loaded, until loaded().
  void loading(std::string_view plugin, std::string_view sha256);
  void loaded();

  // Begins to watch for SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, exit() and what is like it, in this process and not in its children. Not
  // under a sanitizer, whose reports are worth more.
  void watch();
  // Watches for a fork() in a call of a plugin: its child would go on with a copy of the server's loops over the same sockets and files, so
  // it is ended before the plugin sees it; `told` is called in the server, on the thread of the call. What is started without fork(), as by
  // posix_spawn(), is not noticed.
  void watchForks(std::function<void(const CallMark&)> told);
  // Gives the calling thread a stack of its own for signals, so that it can tell even when it has used up the other one. The stack stays
  // until the thread ends.
  static void watchThread();
  // Writes down who is to blame for an end that comes now. Any thread.
  void blame(std::string_view plugin, std::string_view sha256, std::string_view how);

 private:
  std::filesystem::path directory_;
  std::vector<Culprit> culprits_;
  int descriptor_ = -1;  // Of the file that the handlers write to.
  std::function<void(const CallMark&)> forked_;
};

}  // namespace atrium
