#include "plugin/isolated/runner_process.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "plugin/isolated/runner_program.hpp"
#include "plugin/isolated/wire.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

std::unexpected<Error> noRunner(std::string_view what, int error) {
  return fail(Code::plugin_failed, fmt::format("{}: {}", what, std::generic_category().message(error)));
}

// Nothing of the server's environment, where secrets may stand; only what tells a sanitizer or a coverage build where it is.
std::vector<char*> runnerEnvironment() {
  static char language[] = "LANG=C.UTF-8";
  std::vector<char*> kept{language};
  for (char** entry = environ; *entry; ++entry)
    for (const char* name : {"TZ=", "UBSAN_OPTIONS=", "TSAN_OPTIONS=", "GCOV_PREFIX="})
      if (std::strncmp(*entry, name, std::strlen(name)) == 0) kept.push_back(*entry);
  kept.push_back(nullptr);
  return kept;
}

// The settings of a spawn, which want to be destroyed.
struct Spawn {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  Spawn() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
};

}  // namespace

Result<std::shared_ptr<RunnerProcess>> RunnerProcess::spawn(const std::filesystem::path& program) {
  auto control = makeChannel();
  if (!control) return fail(control.error());
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return noRunner("no pipe can be made", errno);
  Descriptor output(pipe[0]), runner_output(pipe[1]);
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);

  Spawn spawn;
  posix_spawn_file_actions_addopen(&spawn.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&spawn.actions, runner_output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&spawn.actions, runner_output.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&spawn.actions, control->second.get(), runner_control);
  posix_spawn_file_actions_addclosefrom_np(&spawn.actions, runner_control + 1);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&spawn.attributes, &none);
  posix_spawnattr_setsigdefault(&spawn.attributes, &all);
  // A session of its own: Ctrl-C in the server's terminal is the server's business.
  posix_spawnattr_setflags(&spawn.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  std::string name = program.filename().string();
  char* const arguments[] = {name.data(), nullptr};
  std::vector<char*> environment = runnerEnvironment();

  std::shared_ptr<RunnerProcess> process(new RunnerProcess);
  if (const int error = posix_spawn(&process->pid_, program.c_str(), &spawn.actions, &spawn.attributes, arguments, environment.data());
      error != 0) {
    process->reaped_ = true;
    return noRunner(fmt::format("the runner {} cannot be started", program.string()), error);
  }
  process->handle_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process->pid_, 0)));
  process->control_ = std::move(control->first);
  process->output_ = std::move(output);
  if (!process->handle_) return noRunner("the runner cannot be held", errno);
  return process;
}

RunnerProcess::~RunnerProcess() {
  if (reaped_ || pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<RunnerProcess::Share> RunnerProcess::share(Mono now) const {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return std::nullopt;
  Share share{now, std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec), false};
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir(fmt::format("/proc/{}/task", pid_).c_str()), ::closedir);
  while (const dirent* task = tasks && !share.wants ? ::readdir(tasks.get()) : nullptr) {
    std::ifstream file(fmt::format("/proc/{}/task/{}/stat", pid_, task->d_name));
    std::string line;
    if (!std::getline(file, line)) continue;
    const std::size_t name_end = line.rfind(')');  // A thread's name may have anything in it.
    const std::string_view state = std::string_view(line).substr(name_end == std::string::npos ? line.size() : name_end + 1, 2);
    share.wants = state == " R" || state == " D";
  }
  return share;
}

void RunnerProcess::kill(std::string why) {
  {
    const std::scoped_lock lock(mutex_);
    if (killed_because_.empty()) killed_because_ = std::move(why);
  }
  ::syscall(SYS_pidfd_send_signal, handle_.get(), SIGKILL, nullptr, 0);
}

bool RunnerProcess::reap(End& end, bool asked) {
  int status = 0;
  if (reaped_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  reaped_ = true;
  std::string killed;
  {
    const std::scoped_lock lock(mutex_);
    killed = killed_because_;
  }
  if (WIFEXITED(status)) {
    const int code = WEXITSTATUS(status);
    end = {fmt::format("it ended its process with exit({})", code), asked && code == EXIT_SUCCESS, !asked};
  } else if (const int signal = WTERMSIG(status); signal != SIGKILL) {
    const char* name = ::sigabbrev_np(signal);
    end = {fmt::format("it crashed (SIG{})", name ? name : std::to_string(signal)), false, true};
  } else if (!killed.empty()) {
    end = {killed, false, !asked, true};
  } else {
    end = {"its runner was killed from outside", false, false, false};  // By an operator, or by a machine that is out of memory.
  }
  return true;
}

}  // namespace atrium
