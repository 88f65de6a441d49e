// bench_load: one shape of load against one Atrium server, with the options of your choice. The other benchmarks are this with the shapes
// that docs/benchmarks.md names.
#include <CLI/CLI.hpp>

#include <cstdio>

#include "load/atrium_stage.hpp"
#include "load/failure.hpp"

namespace atrium::bench {
namespace {

struct Options {
  std::string server = ATRIUM_SERVER;
  std::string config = ATRIUM_CONFIG_DIR "/bench.yaml";
  std::string durability = "received";
  Shape shape{.rooms = 20, .members = 50};
  double rate = 0;
  std::uint32_t in_flight = 1;
  double seconds = 5;
  int server_cpu = 0;
  int own_cpu = 1;
};

int run(const Options& options) {
  pinSelf(options.own_cpu);
  const ScratchDirectory data;
  AtriumServer server(options.server, options.config, data.path(), options.server_cpu);
  PeerLoop loop;
  AtriumStage stage(loop, server, options.shape, options.durability);
  runClosed(stage, 1, second / 5);  // Warms caches and sockets up.
  const auto duration = static_cast<Nanos>(options.seconds * static_cast<double>(second));
  Outcome outcome = options.rate > 0 ? runOpen(stage, options.rate, duration) : runClosed(stage, options.in_flight, duration);
  const Faults faults = stage.faults();
  const auto ms = [](Nanos value) { return static_cast<double>(value) / static_cast<double>(milli); };
  std::printf("messages          %llu\n", static_cast<unsigned long long>(outcome.messages));
  std::printf("deliveries        %llu (%.0f a second)\n", static_cast<unsigned long long>(outcome.deliveries),
              static_cast<double>(outcome.deliveries) * static_cast<double>(second) / static_cast<double>(outcome.wall));
  std::printf("latency           p50 %.3f ms, p95 %.3f ms, p99 %.3f ms, max %.3f ms\n", ms(outcome.latency.percentile(0.5)),
              ms(outcome.latency.percentile(0.95)), ms(outcome.latency.percentile(0.99)), ms(outcome.latency.max()));
  std::printf("confirmation      p50 %.3f ms, p99 %.3f ms after the own delivery\n", ms(outcome.confirmation.percentile(0.5)),
              ms(outcome.confirmation.percentile(0.99)));
  std::printf("server            %.2f CPU-seconds per million deliveries, %.0f %% of a core\n", outcome.cpuSecondsPerMillion(),
              100.0 * static_cast<double>(outcome.server_cpu) / static_cast<double>(outcome.wall));
  std::printf("per delivery      %.0f bytes, %.2f reads\n", outcome.bytes_per_delivery, outcome.reads_per_delivery);
  std::printf("faults            %s\n", faults.text().c_str());
  return faults.total() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace atrium::bench

int main(int argc, char** argv) {
  using namespace atrium::bench;
  Options options;
  CLI::App app("Loads an Atrium server and reports latency, CPU and every fault of delivery");
  app.add_option("--server", options.server, "The atriumd to start")->capture_default_str();
  app.add_option("--config", options.config, "Its configuration")->capture_default_str();
  app.add_option("--durability", options.durability, "What every confirmation must say")->capture_default_str();
  app.add_option("--rooms", options.shape.rooms)->check(CLI::Range(1, 10'000))->capture_default_str();
  app.add_option("--members", options.shape.members, "Members of each room")->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("--payload", options.shape.payload, "Bytes of a message's text")
      ->check(CLI::Range(int{content_min}, 60'000))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "Messages a second over all rooms, open loop; 0: closed loop")->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "Messages on their way in each room, closed loop")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, 3600.0))->capture_default_str();
  app.add_option("--server-cpu", options.server_cpu, "The core of the server; -1: all")->capture_default_str();
  app.add_option("--own-cpu", options.own_cpu, "The core of the generator; -1: all")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "bench_load: %s\n", failure.what());
    return 2;
  }
}
