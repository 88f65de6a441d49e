#include "validator/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/read_all.hpp"
#include "protocol/json_index.hpp"

#if defined(ATRIUM_COVERAGE)
extern "C" void __gcov_dump();  // Writes what was reached, which an end of a process does otherwise.
#endif

namespace atrium::validate {

namespace {

constexpr int report_descriptor = 3;
constexpr std::size_t output_shown = 600;

// What the child has told, line by line.
class Story {
 public:
  using Kind = Finding::Kind;
  void hear(std::string_view bytes) {
    pending_ += bytes;
    for (std::size_t end = 0; (end = pending_.find('\n')) != std::string::npos; pending_.erase(0, end + 1))
      hearLine(std::string_view(pending_).substr(0, end));
  }
  void hearLine(std::string_view line) {
    const auto document = JsonDocument::parse(line);
    if (!document) return;
    const JsonView told = document->root();
    const std::string kind = told["kind"].text();
    if (kind == "doing") {
      crash = told["crash"].text(), hang = told["hang"].text(), exit = told["exit"].text(), what = told["what"].text();
      input.clear();
    } else if (kind == "input") {
      input = told["what"].text();
    } else if (kind == "done") {
      done = true;
    } else if (kind == "counted") {
      std::int64_t calls = 0;
      if (told["calls"].integer(calls)) add({told["rule"].text(), {}, {}, Kind::counted, {}, static_cast<std::uint64_t>(calls)});
    } else if (kind == "kept") {
      add({told["rule"].text(), {}, {}, Kind::kept});
    } else if (kind == "all") {
      all_ = true;
    } else if (kind == "fail" || kind == "skip") {
      add({told["rule"].text(), told["expected"].text(), told["came"].text(), kind == "skip" ? Kind::skipped : Kind::broken, input});
    }
  }
  void add(Finding finding) { findings_.push_back(std::move(finding)); }
  [[nodiscard]] bool broke(std::string_view rule) const {
    return std::ranges::any_of(findings_, [rule](const Finding& f) { return f.rule == rule && f.broken(); });
  }

  // All of it. A rule of which nothing was told was kept, if the probe came to its end.
  [[nodiscard]] std::vector<Finding> of(const Probe& probe) && {
    const auto first = std::ranges::find_if(findings_, &Finding::broken);
    const std::string why = first == findings_.end() ? "not looked at" : "not looked at, because something is wrong with " + first->rule;
    for (const std::string_view rule : probe.rules)
      if (std::ranges::none_of(findings_, [rule](const Finding& f) { return f.rule == rule && f.kind != Kind::counted; }))
        add({std::string(rule), {}, all_ ? std::string() : why, all_ ? Kind::kept : Kind::skipped});
    return std::move(findings_);
  }

  std::string crash, hang, exit, what, input;
  bool done = false;

 private:
  std::vector<Finding> findings_;
  std::string pending_;
  bool all_ = false;
};

std::string lastOutput(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text = readAll(in);
  // A sanitizer says first what it found.
  const auto report = text.find("ERROR: ");
  std::string out = report != std::string::npos  ? text.substr(report, output_shown)
                    : text.size() > output_shown ? text.substr(text.size() - output_shown)
                                                 : text;
  return out.empty() ? std::string() : "; its output: " + shown(out);
}

std::string signalName(int number) {
  const char* name = ::sigabbrev_np(number);
  return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

// The sanitizers' reports end the process by a signal, as a crash does.
std::vector<std::string> childEnvironment() {
  std::vector<std::string> out;
  static constexpr std::string_view sanitizers[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"};
  for (char** at = environ; *at; ++at) {
    const std::string_view variable = *at;
    if (std::ranges::none_of(sanitizers, [&](std::string_view name) { return variable.starts_with(std::string(name) + "="); }))
      out.emplace_back(variable);
  }
  for (const std::string_view name : sanitizers) {
    const char* given = std::getenv(std::string(name).c_str());
    out.push_back(fmt::format("{}={}{}abort_on_error=1:halt_on_error=1:detect_leaks=0:report_signal_unsafe=0", name, given ? given : "",
                              given ? ":" : ""));
  }
  return out;
}

pid_t start(const Probe& probe, const std::vector<std::string>& arguments, const std::filesystem::path& output, int report) {
  std::vector<std::string> all = {"/proc/self/exe"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  all.insert(all.end(), {"--probe", std::string(probe.name)});
  std::vector<std::string> variables = childEnvironment();
  std::vector<char*> argv, envp;
  for (std::string& text : all) argv.push_back(text.data());
  for (std::string& text : variables) envp.push_back(text.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, report, report_descriptor);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // So that what it forks can be ended with it.
  pid_t child = -1;
  const int error = ::posix_spawn(&child, "/proc/self/exe", &actions, &attributes, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error == 0 ? child : -1;
}

// Writes one line, as long as somebody listens.
void tell(int report, std::string_view line) {
  std::string whole(line);
  whole += '\n';
  for (std::string_view rest = whole; !rest.empty();) {
    const ssize_t put = ::write(report, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

// Ends this process, a child, at once.
[[noreturn]] void leave() {
#if defined(ATRIUM_COVERAGE)
  __gcov_dump();
#endif
  // Without the end of a process: what a plugin left in memory may have registered for it.
  ::_exit(0);
}

}  // namespace

std::vector<Finding> runInChild(const Probe& probe, const Settings& settings, const std::vector<std::string>& arguments) {
  const std::filesystem::path output = settings.scratch / "output.txt";
  int ends[2];
  Story story;
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    story.add({std::string(probe.rules.front()), "a child process", std::strerror(errno)});
    return std::move(story).of(probe);
  }
  const pid_t child = start(probe, arguments, output, ends[1]);
  ::close(ends[1]);
  const int seen = child < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  bool hung = false, over = child < 0;
  while (!over) {
    pollfd polled[2] = {{ends[0], POLLIN, 0}, {seen, POLLIN, 0}};
    const int ready = ::poll(polled, 2, static_cast<int>(std::chrono::milliseconds(settings.patience).count()));
    if (ready < 0 && errno == EINTR) continue;
    hung = ready == 0;
    over = hung || (polled[0].revents == 0 && (polled[1].revents & POLLIN) != 0);
    if (polled[0].revents == 0) continue;
    char buffer[16384];
    const ssize_t got = ::read(ends[0], buffer, sizeof buffer);
    if (got > 0) story.hear(std::string_view(buffer, static_cast<std::size_t>(got)));
    if (got == 0) {  // Closed, be it by the plugin: what is left is to see how it ends.
      pollfd last{seen, POLLIN, 0};
      hung = ::poll(&last, 1, static_cast<int>(std::chrono::milliseconds(settings.patience).count())) == 0;
      over = true;
    }
  }
  ::close(ends[0]);
  if (seen >= 0) ::close(seen);
  int status = 0;
  if (child > 0) {
    if (hung) ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    ::kill(-child, SIGKILL);  // Whatever it started, in its group.
  }
  const auto add = [&](const std::string& rule, const std::string& expected, const std::string& came) {
    const std::string under = rule.empty() ? std::string(probe.rules.front()) : rule;
    if (!story.broke(under))
      story.add({under, expected, came + (story.what.empty() ? "" : " in " + story.what) + lastOutput(output), Finding::Kind::broken,
                 story.input});
  };
  if (hung)
    add(story.hang, fmt::format("an answer within {} s", settings.patience.count()), "none");
  else if (child < 0 || WIFSIGNALED(status))
    add(story.crash, "a process that lives", child < 0 ? "no process" : signalName(WTERMSIG(status)));
  else if (!story.done)
    add(story.exit, "a process that goes on", fmt::format("an exit with code {}", WEXITSTATUS(status)));
  return std::move(story).of(probe);
}

void beChild(const Probe& probe, const Settings& settings, const Facts& facts, int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::fcntl(report, F_SETFD, FD_CLOEXEC);
  // A data directory of its own, so that what one probe stores is not another's.
  const std::filesystem::path directory = settings.scratch / probe.name;
  std::error_code error;
  std::filesystem::create_directory(directory, error);
  std::filesystem::current_path(directory, error);
  if (error) std::_Exit(3);
  Check check(settings, facts, [report](std::string_view line) { tell(report, line); });
  check.doing(Survival(probe.rules.front()), "the beginning");
  probe.run(check);
  check.done();
  leave();
}

std::vector<Finding> runHere(const Probe& probe, const Settings& settings, const Facts& facts) {
  Story story;
  Check check(settings, facts, [&story](std::string_view line) { story.hearLine(line); });
  probe.run(check);
  return std::move(story).of(probe);
}

}  // namespace atrium::validate
