#include "cli/dev.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <ostream>

#include "cli/file_watcher.hpp"
#include "cli/http_call.hpp"
#include "cli/private_server.hpp"
#include "cli/project.hpp"
#include "cli/settling.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

// How long the files must be quiet before a build: an editor writes several at once.
constexpr std::chrono::milliseconds settle{100};

class DevLoop {
 public:
  DevLoop(const Project& project, FileWatcher watcher, std::unique_ptr<PrivateServer> own, const DevArguments& arguments,
          const CliContext& context)
      : project_(project), watcher_(std::move(watcher)), own_(std::move(own)), arguments_(arguments), context_(context) {}

  CliExit run() {
    // Read here instead of ending the program, so that the server is stopped in order and its folder removed.
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    const int asked = ::signalfd(-1, &signals, SFD_CLOEXEC);

    rebuild("");
    Settling settling(settle);
    const auto now = [] { return std::chrono::steady_clock::now(); };
    while (true) {
      std::array<pollfd, 3> ready{{{.fd = asked, .events = POLLIN, .revents = 0},
                                   {.fd = watcher_.descriptor(), .events = POLLIN, .revents = 0},
                                   {.fd = own_ && own_->runs() ? own_->output() : -1, .events = POLLIN, .revents = 0}}};
      ::poll(ready.data(), ready.size(), settling.patience(now()));
      if (ready[0].revents) break;
      if (ready[1].revents)
        if (std::string name = watcher_.changed(); !name.empty()) settling.changed(std::move(name), now());
      if (ready[2].revents) readServer();
      if (const auto changed = settling.settled(now())) rebuild(*changed);
    }
    ::close(asked);
    say("Stopping.");
    return CliExit::done;
  }

 private:
  void say(std::string_view line) { context_.out << line << std::endl; }

  void rebuild(const std::string& why) {
    began_ = std::chrono::steady_clock::now();
    if (why.empty())
      say(fmt::format("Building {}", project_.directory().string()));
    else
      say(fmt::format("{} changed, building", why));
    if (!project_.build(context_)) return say("Waiting for a change that repairs it.");
    if (own_ && own_->runs() && own_->configurationChanged()) {
      say("The server's configuration changed: starting it again.");
      own_->stop();
    }
    auto built = project_.plugins();
    if (!built) return say(fmt::format("{}\nWaiting for a change that repairs it.", built.error().detail));
    std::map<std::string, std::string> sums;
    for (const BuiltPlugin& plugin : *built) sums[plugin.manifest.id] = plugin.file.sha256;
    if (sums == sums_ && (!own_ || own_->runs())) return say("Nothing of the plugin changed.");
    plugins_ = *std::move(built);
    if (!own_) return swapElsewhere(sums);
    const bool serves = own_->runs() && !own_->url().empty();
    const bool swapped = serves && swapInOwn(sums);
    sums_ = std::move(sums);
    if (swapped) return;
    if (auto started = own_->start(plugins_); !started) say(started.error().detail);
  }

  // Swaps every plugin that is new in the server of one's own. False: it cannot do that, and is to be started again.
  bool swapInOwn(const std::map<std::string, std::string>& sums) {
    for (const auto& [id, sum] : sums) {
      const auto before = sums_.find(id);
      if (before == sums_.end()) return false;  // What it serves was named when it was started.
      if (before->second == sum) continue;
      const auto answer = callServer(id + "/reload");
      if (!answer) return say(answer.error().detail), false;
      if (answer->status / 100 != 2) {
        sayRefused(id, *answer);
        return answer->status != 404;
      }
      say(fmt::format("Swapped {} in {}.", id, took()));
    }
    return true;
  }

  // The same in a server that somebody else runs, which may not have looked into the folder since the file came. What could not be done is
  // tried again with the next build.
  void swapElsewhere(const std::map<std::string, std::string>& sums) {
    for (const auto& [id, sum] : sums) {
      const auto before = sums_.find(id);
      if (before != sums_.end() && before->second == sum) continue;
      auto answer = callServer(id + "/reload");
      const bool unknown = answer && answer->status == 404;
      if (unknown) answer = callServer("rescan");
      if (!answer) {
        say(answer.error().detail);
      } else if (answer->status / 100 != 2) {
        sayRefused(id, *answer);
      } else if (unknown && !loaded(*answer, id)) {
        say(fmt::format("The server has not loaded {}: it must find {} by its plugins.directories, and use what it finds.", id,
                        project_.pluginDirectory().string()));
      } else {
        say(fmt::format("{} {} in {}.", unknown ? "Loaded" : "Swapped", id, took()));
        sums_[id] = sum;
      }
    }
  }

  [[nodiscard]] Result<HttpAnswer> callServer(const std::string& what) const {
    return callHttp("POST", own_ ? own_->url() : arguments_.server, "/api/v1/admin/plugins/" + what,
                    own_ ? own_->token("root", "admin") : arguments_.token);
  }
  void sayRefused(const std::string& id, const HttpAnswer& answer) {
    const auto problem = JsonDocument::parse(answer.body);
    const std::string detail = problem ? problem->root()["detail"].text() : answer.body;
    say(fmt::format("The server refused {} ({}): {}", id, answer.status, detail.empty() ? "it gives no reason" : detail));
  }
  // Whether that plugin is among the steps of a change.
  [[nodiscard]] static bool loaded(const HttpAnswer& change, const std::string& id) {
    const auto told = JsonDocument::parse(change.body);
    if (!told) return false;
    const JsonView steps = told->root()["steps"];
    for (JsonView step = steps.first(); step.exists(); step = step.sibling(steps))
      if (step["plugin"].text() == id && step["action"].text() == "load") return true;
    return false;
  }

  void readServer() {
    const bool was_up = !own_->url().empty();
    own_->read([&](std::string_view line) { say(line); });
    if (!was_up && !own_->url().empty()) tellServer();
    if (!own_->runs()) say("The server ended. Waiting for a change.");
  }

  void tellServer() {
    std::string ids;
    for (const BuiltPlugin& plugin : plugins_)
      ids += fmt::format("{}{} {}", ids.empty() ? "" : ", ", plugin.manifest.id, plugin.manifest.version);
    say(fmt::format("Running {} at {} after {}.", ids, own_->url(), took()));
    if (told_) return;
    told_ = true;
    const std::filesystem::path variables = project_.buildDirectory() / "dev.env";
    if (!writeVariables(variables)) return say(fmt::format("{} cannot be written: is the disk full?", variables.string()));
    say(fmt::format(
        "\nIn another terminal this sets ATRIUM (the address) and the tokens ANA, BEN (agents) and ROOT (an admin), good for a day:\n\n"
        "  . {}\n\nWatching {}; Ctrl-C stops.",
        variables.string(), project_.directory().string()));
  }

  // For a shell to read; the tokens are its owner's alone.
  [[nodiscard]] bool writeVariables(const std::filesystem::path& path) const {
    std::error_code absent;
    std::filesystem::remove(path, absent);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const std::string text = fmt::format("ATRIUM={}\nANA={}\nBEN={}\nROOT={}\n", own_->url(), own_->token("ana", "agent"),
                                         own_->token("ben", "agent"), own_->token("root", "admin"));
    const bool written = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (file >= 0) ::close(file);
    return written;
  }

  [[nodiscard]] std::string took() const {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
    return fmt::format("{:.1f} s", static_cast<double>(passed.count()) / 1000);
  }

  const Project& project_;
  FileWatcher watcher_;
  std::unique_ptr<PrivateServer> own_;  // Null: a server that somebody else runs.
  const DevArguments& arguments_;
  const CliContext& context_;
  std::vector<BuiltPlugin> plugins_;
  std::map<std::string, std::string> sums_;  // SHA-256 by id of what the server runs.
  std::chrono::steady_clock::time_point began_;
  bool told_ = false;
};

}  // namespace

CliExit develop(const DevArguments& arguments, const CliContext& context) {
  const auto refuse = [&](const Error& error) {
    context.err << error.detail << '\n';
    return CliExit::failed;
  };
  if (!arguments.server.empty() && arguments.token.empty()) {
    context.err << "--server takes --token, too: an admin's token for that server\n";
    return CliExit::wrong;
  }
  auto project = Project::open(arguments.directory, context);
  if (!project) return refuse(project.error());
  std::filesystem::path config = arguments.config;
  std::error_code absent;
  if (!config.empty() && !std::filesystem::is_regular_file(config, absent)) {
    context.err << fmt::format("--config {}: there is no such file\n", config.string());
    return CliExit::wrong;
  }
  if (config.empty()) config = project->directory() / "dev.yaml";
  auto watcher = FileWatcher::open(project->directory());
  if (!watcher) return refuse(watcher.error());
  std::unique_ptr<PrivateServer> own;
  if (arguments.server.empty()) {
    auto made = PrivateServer::make(*project, config, context);
    if (!made) return refuse(made.error());
    own = *std::move(made);
  }
  return DevLoop(*project, *std::move(watcher), std::move(own), arguments, context).run();
}

}  // namespace atrium
