#include "plugin/isolated/runner_program.hpp"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "loop/worker_pool.hpp"
#include "plugin/hook_tables.hpp"
#include "plugin/isolated/hook_answer.hpp"
#include "plugin/isolated/load_order.hpp"
#include "plugin/isolated/offer.hpp"
#include "plugin/isolated/runner_line.hpp"
#include "plugin/isolated/runner_methods.hpp"
#include "plugin/isolated/wire.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/plugin_file.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

constexpr int exit_refused = 1;         // The plugin cannot be used; the server was told why.
constexpr int exit_alone = 2;           // No server.
constexpr int exit_misspoken = 3;       // What came over a socket was no message.
constexpr unsigned worker_threads = 2;  // For the plugin's jobs and timers.
constexpr std::size_t jobs_max = 1000;
constexpr std::size_t stack_size = std::size_t{1} << 20;  // Of a channel's thread: it counts as the plugin's memory.

void say(WireKind kind, std::string_view payload) {
  std::size_t sent = 0;
  static_cast<void>(sendMessage(runner_control, {.kind = kind}, payload, sent, true));
}

// One plugin with everything it needs, from the order to its end.
class Runner {
 public:
  // `services`: the line to the server's; none: there is none.
  Runner(LoadOrder order, Descriptor services) : order_(std::move(order)), log_({.level = order_.log_level}) {
    const Grants grants(order_.grants, order_.grants);
    if (order_.jobs && (grants.has("timer") || grants.has("executor")))
      workers_.emplace(WorkerPool::Options{.threads = worker_threads, .jobs_max = jobs_max}, clock_, log_, metrics_.makeSet());
    if (!services) return;
    line_ = std::make_unique<RunnerLine>(std::move(services));
    if (isAnswered(grants)) answers_.emplace(WorkerPool::Options{.threads = 1}, clock_, log_, metrics_.makeSet());
  }

  [[nodiscard]] Result<void> load() {
    // The file is read and checked once more: what was a private copy then, may be anything now.
    auto file = readPluginFile(order_.library_file);
    if (!file) return fail(std::move(file.error()));
    auto manifest = parseManifest(file->manifest, "plugin.yaml");
    if (!manifest) return fail(std::move(manifest.error()));
    manifest_ = *std::move(manifest);
    auto loaded = LoadedPlugin::load(
        manifest_, order_.library_file, order_.options,
        {.log = log_,
         .clock = clock_,
         .call_clock = call_clock_,
         .services = {.workers = workers_ ? &*workers_ : nullptr, .answers = answers_ ? &*answers_ : nullptr, .line = line_.get()},
         .keep_copy = true},
        PluginRights{Grants(order_.grants, order_.grants), order_.secrets});
    if (!loaded) return fail(std::move(loaded.error()));
    plugin_ = *std::move(loaded);
    hooks_.emplace(*plugin_, true, true);
    return plugin_->selfTest();
  }
  [[nodiscard]] std::string offer() const { return encodeOffer(*plugin_); }

  void serve(Descriptor channel) {
    threads_.emplace_back([this, channel = std::move(channel)] { serveChannel(channel.get()); });
  }

  // The server has closed the channels by now.
  [[nodiscard]] bool end() {
    for (std::thread& thread : threads_) thread.join();
    return !plugin_ || plugin_->end();
  }

 private:
  void serveChannel(int channel) {
    ::prctl(PR_SET_NAME, "channel");
    WireInbox inbox(wire_request_max);
    PayloadWriter answer;
    std::uint64_t call = 0;
    const RunnerTokens::Progress progress = [channel, &call](std::string_view piece) {
      std::size_t sent = 0;
      static_cast<void>(sendMessage(channel, {.kind = WireKind::progress, .call = call}, piece, sent, true));
    };
    for (;;) {
      const WireInbox::Got got = inbox.receive(channel, true);
      if (got == WireInbox::Got::ended) return;
      if (got != WireInbox::Got::message || inbox.header().kind != WireKind::call) std::_Exit(exit_misspoken);
      answer.clear();
      WireHeader header = inbox.header();
      header.kind = WireKind::answer;
      call = header.call;
      try {
        header.status = carryOut(header.method, inbox.payload(), progress, answer);
      } catch (...) {  // Nothing of the exception is kept: its type may live in the plugin's code.
        header.status = ATRIUM_FAILED;
        answer.clear();
      }
      std::size_t sent = 0;
      if (sendMessage(channel, header, answer.view(), sent, true) == Sent::ended) return;
    }
  }
  [[nodiscard]] atrium_status carryOut(std::uint32_t method, std::string_view request, const RunnerTokens::Progress& progress,
                                       PayloadWriter& answer) {
    if (method < hook_count) return answerHook(*hooks_, static_cast<Hook>(method), request, answer);
    return callWorkerMethod(*plugin_, static_cast<RunnerMethod>(method), request, tokens_, progress, answer);
  }

  LoadOrder order_;
  SystemClock clock_;
  CallClock call_clock_;
  Log log_;
  Manifest manifest_;
  RunnerTokens tokens_;
  MetricRegistry metrics_{metric_table};
  std::optional<WorkerPool> workers_, answers_;  // Left out, as the line is null, where nothing needs them.
  std::unique_ptr<RunnerLine> line_;             // Ends before the pools, to which it posts what comes.
  std::unique_ptr<LoadedPlugin> plugin_;
  std::optional<HookTables> hooks_;
  std::vector<std::thread> threads_;
};

// The plugin was loaded; it is ready when it has also ended well.
int probe(Runner& runner) {
  const std::string offer = runner.offer();
  // Code that stays in memory is no reason to refuse: the server tells of it when the plugin ends there.
  static_cast<void>(runner.end());
  say(WireKind::ready, offer);
  return EXIT_SUCCESS;
}

int serve(Runner& runner, WireInbox& inbox) {
  say(WireKind::ready, runner.offer());
  for (;;) {
    const WireInbox::Got got = inbox.receive(runner_control, true);
    if (got == WireInbox::Got::ended) break;
    if (got != WireInbox::Got::message || inbox.header().kind != WireKind::attach) return exit_misspoken;
    Descriptor channel = inbox.takeDescriptor();
    if (!channel) return exit_misspoken;
    runner.serve(std::move(channel));
  }
  static_cast<void>(runner.end());
  return EXIT_SUCCESS;
}

// The process at the other end of the control socket; 0: there is none.
int serverProcess() {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(runner_control, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

}  // namespace

int runRunner() {
  const int server = serverProcess();
  if (server == 0 || !dieWith(server)) return exit_alone;
  ::umask(077);
  WireInbox inbox(wire_request_max, true);
  if (inbox.receive(runner_control, true) != WireInbox::Got::message || inbox.header().kind != WireKind::load) return exit_alone;
  auto order = LoadOrder::decode(inbox.payload());
  if (!order) return exit_misspoken;
  Descriptor services;
  if (order->services) {
    if (inbox.receive(runner_control, true) != WireInbox::Got::message || inbox.header().kind != WireKind::services) return exit_misspoken;
    services = inbox.takeDescriptor();
    if (!services) return exit_misspoken;
  }

  if (auto shut = enterSandbox(order->sandbox); !shut) {
    say(WireKind::refuse, shut.error().detail);
    return exit_refused;
  }
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) == 0) {
    if (pthread_attr_setstacksize(&attributes, stack_size) == 0) pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
  }
  const bool only_probe = order->probe;
  Runner runner(*std::move(order), std::move(services));
  if (auto loaded = runner.load(); !loaded) {
    say(WireKind::refuse, loaded.error().detail);
    return exit_refused;
  }
  return only_probe ? probe(runner) : serve(runner, inbox);
}

}  // namespace atrium
