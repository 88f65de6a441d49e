// bench_swap: exchanges the plugins on the road of every message, one after the other, while a closed loop of real clients keeps the server
// as busy as it gets. Every delivery is audited; the generator ends when a connection does; how many generations of a plugin are mapped is
// read from the server's own memory map all the while.
#include <CLI/CLI.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "load/atrium_stage.hpp"
#include "load/failure.hpp"
#include "load/token.hpp"

namespace atrium::bench {
namespace {

struct Options {
  std::string server = ATRIUM_SERVER;
  std::string config = ATRIUM_CONFIG_DIR "/bench.yaml";
  std::vector<std::string> plugins = {"atrium.message-type.text", "atrium.room-type.agent-team"};
  Shape shape{.rooms = 20, .members = 50};
  std::uint32_t in_flight = 1;
  unsigned swaps = 1000;
  double allowed_ms = 50;
  int server_cpu = 0;
  int own_cpu = 1;
};

// The most generations of one plugin that the process had mapped at once, over all looks.
class MappedGenerations {
 public:
  explicit MappedGenerations(pid_t pid) : maps_("/proc/" + std::to_string(pid) + "/maps"), thread_([this] { run(); }) {}
  ~MappedGenerations() { stop(); }
  MappedGenerations(const MappedGenerations&) = delete;
  MappedGenerations& operator=(const MappedGenerations&) = delete;

  void stop() {
    {
      const std::scoped_lock lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds{2}, [this] { return done_; })) look();
  }
  // A copy is called ID.HASH.GENERATION.so.
  void look() {
    std::ifstream maps(maps_);
    std::map<std::string, std::set<std::string>> files;
    for (std::string line; std::getline(maps, line);) {
      const std::size_t begin = line.find("/plugin-copies/");
      if (begin == std::string::npos) continue;
      std::string file = line.substr(begin + std::string("/plugin-copies/").size());
      std::string id = file.substr(0, file.find(".so"));
      for (int part = 0; part < 2; ++part) id.erase(id.rfind('.'));
      files[id].insert(std::move(file));
    }
    for (const auto& [id, copies] : files) most_ = std::max(most_, copies.size());
  }

  std::string maps_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::size_t most_ = 0;
  std::thread thread_;
};

// Swaps on a thread of its own; what went wrong comes out of finish().
class Swapper {
 public:
  Swapper(std::uint16_t port, const Options& options) : thread_([this, port, &options] { run(port, options); }) {}
  ~Swapper() {
    if (thread_.joinable()) thread_.join();
  }
  Swapper(const Swapper&) = delete;
  Swapper& operator=(const Swapper&) = delete;

  [[nodiscard]] bool done() const { return done_; }
  Samples& finish() {
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
    return took_;
  }

 private:
  void run(std::uint16_t port, const Options& options) {
    try {
      HttpClient admin(port, mintToken("bench", "root", "admin"));
      for (unsigned n = 0; n < options.swaps; ++n) {
        const Nanos began = now();
        admin.expect(200, "POST", "/admin/plugins/" + options.plugins[n % options.plugins.size()] + "/reload");
        took_.add(now() - began);
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
    done_ = true;
  }

  Samples took_;
  std::exception_ptr failure_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

int run(const Options& options) {
  pinSelf(options.own_cpu);
  const ScratchDirectory data;
  AtriumServer server(options.server, options.config, data.path(), options.server_cpu);
  PeerLoop loop;
  AtriumStage stage(loop, server, options.shape, "received");
  runClosed(stage, 1, second / 5);  // Warms caches and sockets up.

  MappedGenerations mapped(server.child().pid());
  Swapper swapper(server.port(), options);
  std::uint64_t messages = 0, deliveries = 0;
  Nanos wall = 0;
  Samples latency;
  while (!swapper.done()) {
    const Outcome outcome = runClosed(stage, options.in_flight, second);
    messages += outcome.messages;
    deliveries += outcome.deliveries;
    wall += outcome.wall;
  }
  Samples& took = swapper.finish();
  mapped.stop();
  const bool arrived = loop.run([&stage] { return stage.quiet(); }, 30 * second);
  const Faults faults = stage.faults();

  const auto ms = [](Nanos value) { return static_cast<double>(value) / static_cast<double>(milli); };
  std::printf("swaps             %zu, each from the request to its answer: p50 %.2f ms, p99 %.2f ms, max %.2f ms (p99 at most %.0f ms)\n",
              took.count(), ms(took.percentile(0.5)), ms(took.percentile(0.99)), ms(took.max()), options.allowed_ms);
  std::printf("meanwhile         %llu messages, %llu deliveries (%.0f a second)\n", static_cast<unsigned long long>(messages),
              static_cast<unsigned long long>(deliveries),
              static_cast<double>(deliveries) * static_cast<double>(second) / static_cast<double>(std::max<Nanos>(wall, 1)));
  std::printf("faults            %s; %s; no connection was closed\n", faults.text().c_str(),
              arrived ? "every message was confirmed" : "some messages were never confirmed");
  std::printf("old generations   at most %zu mapped beside the new one\n", mapped.most() > 0 ? mapped.most() - 1 : 0);
  const bool fine = faults.total() == 0 && arrived && mapped.most() <= 2 && ms(took.percentile(0.99)) <= options.allowed_ms;
  std::printf("%s\n", fine ? "as promised" : "NOT as promised");
  return fine ? 0 : 1;
}

}  // namespace
}  // namespace atrium::bench

int main(int argc, char** argv) {
  using namespace atrium::bench;
  Options options;
  CLI::App app("Swaps plugins of an Atrium server under full load, and reports what the clients noticed");
  app.add_option("--server", options.server, "The atriumd to start")->capture_default_str();
  app.add_option("--config", options.config, "Its configuration")->capture_default_str();
  app.add_option("--plugin", options.plugins, "What is swapped, in turn")->capture_default_str();
  app.add_option("--swaps", options.swaps)->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--rooms", options.shape.rooms)->check(CLI::Range(1, 10'000))->capture_default_str();
  app.add_option("--members", options.shape.members, "Members of each room")->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "Messages on their way in each room")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--allowed-ms", options.allowed_ms, "What the p99 of a swap may take")->capture_default_str();
  app.add_option("--server-cpu", options.server_cpu, "The core of the server; -1: all")->capture_default_str();
  app.add_option("--own-cpu", options.own_cpu, "The core of the generator; -1: all")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "bench_swap: %s\n", failure.what());
    return 2;
  }
}
