#include "load/child.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

#include "load/failure.hpp"
#include "load/token.hpp"

extern char** environ;

namespace atrium::bench {

namespace {

constexpr Nanos start_limit = 30 * second;
constexpr Nanos stop_limit = 20 * second;

cpu_set_t only(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  return set;
}

std::string readAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// Becomes readable when the process ends, so that waiting for it needs no polling.
class PidFd {
 public:
  explicit PidFd(pid_t pid) : fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {
    if (fd_ < 0) failErrno("pidfd_open");
  }
  ~PidFd() { ::close(fd_); }
  PidFd(const PidFd&) = delete;
  PidFd& operator=(const PidFd&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

bool endsWithin(pid_t pid, Nanos limit) {
  const PidFd process(pid);
  pollfd watched{.fd = process.fd(), .events = POLLIN, .revents = 0};
  return poll(&watched, 1, static_cast<int>(limit / milli)) == 1;
}

std::vector<std::string> atriumCommand(const std::filesystem::path& program, const std::filesystem::path& config) {
  return {program.string(), "--config", config.string()};
}

}  // namespace

ScratchDirectory::ScratchDirectory(const std::filesystem::path& parent) {
  std::string pattern = ((parent.empty() ? std::filesystem::temp_directory_path() : parent) / "atrium-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) failErrno("mkdtemp");
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;  // What cannot be removed stays in the system's own directory for such things.
  std::filesystem::remove_all(path_, ignored);
}

Child::Child(ChildOptions options) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!options.environment.contains(std::string(text.substr(0, text.find('='))))) environment.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment) environment.push_back(name + "=" + value);
  std::vector<char*> arguments;
  std::vector<char*> variables;
  for (std::string& text : options.command) arguments.push_back(text.data());
  for (std::string& text : environment) variables.push_back(text.data());
  arguments.push_back(nullptr);
  variables.push_back(nullptr);

  const int log = open(options.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) failErrno("open " + options.log.string());
  const Nanos started = now();
  pid_ = fork();
  if (pid_ < 0) failErrno("fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // Nothing we start outlives us.
    if (options.cpu >= 0) {
      const cpu_set_t set = only(options.cpu);
      sched_setaffinity(0, sizeof set, &set);
    }
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execve(arguments[0], arguments.data(), variables.data());
    _exit(127);
  }
  ::close(log);
  awaitReady(options, started);
}

void Child::awaitReady(const ChildOptions& options, Nanos started) {
  while (now() - started < start_limit) {
    const std::string written = readAll(options.log);
    const std::size_t at = written.find(options.ready);
    const std::size_t end = at == std::string::npos ? at : written.find('\n', at);
    if (end != std::string::npos) {
      start_time_ = now() - started;
      const std::size_t rest = at + options.ready.size();
      ready_rest_ = written.substr(rest, end - rest);
      return;
    }
    if (endsWithin(pid_, milli)) break;  // The output goes to a file, which can only be looked at again.
  }
  kill();
  const std::string written = readAll(options.log);
  constexpr std::size_t shown_max = 2000;
  throw Failure(options.command[0] + " did not start; it wrote:\n" +
                written.substr(written.size() > shown_max ? written.size() - shown_max : 0));
}

Child::~Child() { kill(); }

Nanos Child::cpuTime() const {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0)
    throw Failure("the server has gone; its CPU time cannot be read");
  return Nanos{time.tv_sec} * second + time.tv_nsec;
}

int Child::stop() {
  if (pid_ < 0) return -1;
  ::kill(pid_, SIGTERM);
  if (!endsWithin(pid_, stop_limit)) {
    kill();
    return -1;
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Child::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

AtriumServer::AtriumServer(const std::filesystem::path& program, const std::filesystem::path& config, const std::filesystem::path& data,
                           int cpu, std::map<std::string, std::string> environment)
    : child_([&] {
        environment["ATRIUM_PORT"] = "0";
        environment["ATRIUM_DATA_DIR"] = data.string();
        environment["JWT_SECRET_KEY"] = jwt_key;
        return ChildOptions{.command = atriumCommand(program, config),
                            .environment = environment,
                            .cpu = cpu,
                            .log = data / "server.log",
                            .ready = "listening on http://127.0.0.1:"};
      }()) {
  const std::string& rest = child_.readyRest();
  if (std::from_chars(rest.data(), rest.data() + rest.size(), port_).ec != std::errc{}) throw Failure("the server names no port: " + rest);
}

void pinSelf(int cpu) {
  if (cpu < 0) return;
  const cpu_set_t set = only(cpu);
  if (sched_setaffinity(0, sizeof set, &set) != 0) failErrno("sched_setaffinity");
}

std::uint16_t freePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) failErrno("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) failErrno("bind");
  return ntohs(address.sin_port);
}

}  // namespace atrium::bench
