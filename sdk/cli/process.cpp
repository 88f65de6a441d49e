#include "cli/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

Result<Process> Process::start(const ProcessPlan& plan) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return fail(Code::plugin_failed, "no pipe could be made: " + std::generic_category().message(errno));
  // The program's end of it waits, as programs expect of their output.
  ::fcntl(ends[1], F_SETFL, 0);

  std::vector<char*> arguments;
  for (const std::string& word : plan.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> variables;
  for (const std::string& variable : plan.variables) variables.push_back(const_cast<char*>(variable.c_str()));
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view name = std::string_view(*variable).substr(0, std::string_view(*variable).find('=') + 1);
    const bool replaced = std::ranges::any_of(plan.variables, [&](const std::string& mine) { return mine.starts_with(name); });
    if (!replaced) variables.push_back(*variable);
  }
  variables.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  if (!plan.directory.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, plan.directory.c_str());
  // In a group of its own: Ctrl-C is for this program, which ends the others in order; and with no signal blocked, whatever is here.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int problem = ::posix_spawnp(&pid, arguments.front(), &actions, &attributes, arguments.data(), variables.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (problem == 0) return Process(pid, ends[0]);
  ::close(ends[0]);
  return fail(Code::plugin_failed, fmt::format("{} cannot be run: {}", plan.command.front(), std::generic_category().message(problem)));
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)), output_(std::exchange(other.output_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_, other.output_);
  return *this;
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    wait();
  }
  if (output_ >= 0) ::close(output_);
}

std::string Process::read(bool& ended) {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const ssize_t got = ::read(output_, piece.data(), piece.size());
    if (got > 0) {
      text.append(piece.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
      ended = true;
      return text;
    } else if (errno == EAGAIN) {
      return text;
    }
  }
}

void Process::terminate() const {
  if (pid_ > 0) ::kill(-pid_, SIGTERM);
}

void Process::kill() const {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

int Process::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

namespace {

// The signals by which somebody ends this program, read instead of obeyed while it lives. Whatever came is sent once more at the end: to
// end this program then, or to wait for a caller who reads them, too.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, &before_);
    descriptor_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (came_ != 0) ::kill(::getpid(), came_);  // Blocked as yet.
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Whether one came since.
  [[nodiscard]] bool came() {
    signalfd_siginfo one{};
    if (::read(descriptor_, &one, sizeof one) != sizeof one) return false;
    came_ = static_cast<int>(one.ssi_signo);
    return true;
  }

 private:
  sigset_t before_{};
  int descriptor_ = -1;
  int came_ = 0;
};

}  // namespace

Result<ProcessEnd> runProcess(const ProcessPlan& plan, const std::function<void(std::string_view)>& see) {
  HeldSignals signals;
  auto process = Process::start(plan);
  if (!process) return fail(process.error());
  ProcessEnd end;
  bool ended = false, asked = false;
  while (!ended) {
    std::array<pollfd, 2> ready{
        {{.fd = process->output(), .events = POLLIN, .revents = 0}, {.fd = signals.descriptor(), .events = POLLIN, .revents = 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) break;
    // It is in a group of its own, which no terminal's Ctrl-C reaches. Whoever asks twice does not want to wait.
    if (ready[1].revents && signals.came()) std::exchange(asked, true) ? process->kill() : process->terminate();
    const std::string piece = process->read(ended);
    if (see && !piece.empty()) see(piece);
    end.output += piece;
  }
  end.status = process->wait();
  return end;
}

}  // namespace atrium
