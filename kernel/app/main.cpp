// atriumd: the server.
#include <Poco/Exception.h>
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionCallback.h>
#include <Poco/Util/OptionSet.h>
#include <Poco/Util/ServerApplication.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>

#include "app/kernel.hpp"
#include "app/signals.hpp"
#include "config/environment.hpp"

namespace {

constexpr int exit_wrong = 2;  // Whatever keeps a server from starting.

// The command line and the life of the process around the kernel.
class Daemon final : public Poco::Util::ServerApplication {
 public:
  Daemon() { setUnixOptions(true); }

 protected:
  // Not the base class's: a server here stays in the foreground, and its configuration is the kernel's.
  void defineOptions(Poco::Util::OptionSet& options) override {
    using Poco::Util::Option;
    using Poco::Util::OptionCallback;
    options.addOption(
        Option("config", "c", "the configuration to serve by").argument("FILE").callback(OptionCallback<Daemon>(this, &Daemon::onConfig)));
    options.addOption(Option("help", "h", "show this and end").callback(OptionCallback<Daemon>(this, &Daemon::onHelp)));
    options.addOption(Option("version", "v", "show the version and end").callback(OptionCallback<Daemon>(this, &Daemon::onVersion)));
  }

  int main(const std::vector<std::string>& rest) override {
    if (ended_) return EXIT_OK;
    if (!rest.empty()) return refuse("unexpected argument " + rest.front() + "; see atriumd --help");
    if (config_.empty()) return refuse("which configuration? atriumd --config FILE");
    const atrium::Environment environment = atrium::processEnvironment();
    atrium::wipeSecrets();
    auto kernel = atrium::Kernel::start({.config_file = std::filesystem::absolute(config_),
                                         .program_directory = std::filesystem::read_symlink("/proc/self/exe").parent_path(),
                                         .environment = environment});
    if (!kernel) return refuse(kernel.error());
    (*kernel)->run();
    return EXIT_OK;
  }

 private:
  void onConfig(const std::string&, const std::string& value) { config_ = value; }
  void onHelp(const std::string&, const std::string&) {
    Poco::Util::HelpFormatter help(options());
    help.setCommand("atriumd");
    help.setUsage("--config FILE");
    help.setHeader("Serves rooms of live agents over REST and WebSocket, until SIGTERM. SIGHUP re-reads the configuration.");
    help.setUnixStyle(true);
    help.format(std::cout);
    end();
  }
  void onVersion(const std::string&, const std::string&) {
    std::cout << "atriumd " ATRIUM_VERSION "\n";
    end();
  }
  void end() {
    stopOptionsProcessing();
    ended_ = true;
  }
  static int refuse(const std::string& why) {
    std::cerr << "atriumd: " << why << (why.ends_with('\n') ? "" : "\n") << std::flush;
    return exit_wrong;
  }

  std::string config_;
  bool ended_ = false;
};

// Poco's Application answers a crash by throwing out of the signal handler, over whatever the thread was doing. A crash is to end the
// process, with the sanitizer's report where there is one.
class CrashSignals {
 public:
  CrashSignals() {
    each([](int signal, struct sigaction& action) { sigaction(signal, nullptr, &action); });
  }
  void restore() {
    each([](int signal, struct sigaction& action) { sigaction(signal, &action, nullptr); });
  }

 private:
  template <typename Do>
  void each(Do act) {
    constexpr std::array signals{SIGILL, SIGBUS, SIGSEGV, SIGSYS};
    for (std::size_t at = 0; at < signals.size(); ++at) act(signals[at], before_[at]);
  }
  std::array<struct sigaction, 4> before_{};
};

}  // namespace

int main(int argc, char** argv) {
  atrium::blockSignals();
  CrashSignals crash_signals;
  // Poco's Application asks for it before anything else, and has no sentence for its absence.
  std::error_code gone;
  if (const auto present = std::filesystem::current_path(gone); gone) {
    std::cerr << "atriumd: the working directory cannot be entered: " << gone.message() << "; start it from another one\n";
    return exit_wrong;
  }
  try {
    Daemon daemon;
    crash_signals.restore();
    // As the plain application it is: a ServerApplication would fork at --daemon before it looks at any option.
    Poco::Util::Application& application = daemon;
    application.init(argc, argv);
    return application.run() == Poco::Util::Application::EXIT_OK ? 0 : exit_wrong;
  } catch (const Poco::Exception& problem) {
    std::cerr << "atriumd: " << problem.displayText() << "; see atriumd --help\n";
  } catch (const std::exception& problem) {
    std::cerr << "atriumd: " << problem.what() << '\n';
  }
  return exit_wrong;
}
