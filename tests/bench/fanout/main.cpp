// bench_fanout: what a delivery costs beside Redis pub/sub, the leanest fan-out there is: no tokens, no JSON, no history, no order to
// prove. Both servers stay up on one core while the generator sits on another, and take turns round by round, so that whatever the machine
// does meanwhile happens to both. Redis is measured twice: with the same text, and with a text so long that a delivery has as many bytes as
// ours.
#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>

#include "fanout/redis_stage.hpp"
#include "load/atrium_stage.hpp"
#include "load/failure.hpp"

namespace atrium::bench {
namespace {

struct Options {
  std::string server = ATRIUM_SERVER;
  std::string config = ATRIUM_CONFIG_DIR "/bench.yaml";
  int rounds = 7;
  double seconds = 2;
  int server_cpu = 0;
  int own_cpu = 1;
  bool quick = false;
};

// One column of the table: the figures of one server under one load, round after round.
struct Column {
  const char* title;
  Stage* stage;
  std::vector<double> cpu = {};    // CPU-seconds per million deliveries.
  std::vector<double> bytes = {};  // Per delivery.
  std::vector<double> reads = {};  // Per delivery.

  void measure(std::uint32_t in_flight, Nanos duration) {
    const Outcome outcome = runClosed(*stage, in_flight, duration);
    cpu.push_back(outcome.cpuSecondsPerMillion());
    bytes.push_back(outcome.bytes_per_delivery);
    reads.push_back(outcome.reads_per_delivery);
  }
};

double medianRatio(const std::vector<double>& ours, const std::vector<double>& theirs) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / theirs[i]);
  return median(ratios);
}

class Comparison {
 public:
  Comparison(Stage& atrium, Stage& redis, Stage& redis_same_bytes)
      : columns_{{{.title = "Atrium", .stage = &atrium},
                  {.title = "Redis", .stage = &redis},
                  {.title = "Redis, same bytes", .stage = &redis_same_bytes}}} {}

  void run(std::uint32_t in_flight, int rounds, Nanos duration) {
    std::printf("\n%u in flight in each room: CPU-seconds of the server per million deliveries\n", in_flight);
    std::printf("  round   Atrium    Redis  Redis, same bytes   Atrium/Redis\n");
    for (Column& column : columns_) runClosed(*column.stage, in_flight, duration / 5);  // Warms up.
    for (int round = 1; round <= rounds; ++round) {
      for (Column& column : columns_) column.measure(in_flight, duration);
      std::printf("  %5d  %7.2f  %7.2f  %17.2f  %13.2f\n", round, columns_[0].cpu.back(), columns_[1].cpu.back(), columns_[2].cpu.back(),
                  columns_[0].cpu.back() / columns_[1].cpu.back());
      std::fflush(stdout);
    }
  }

  // Prints the medians and returns whether Atrium's over Redis' are within the goal.
  bool conclude(double goal, bool judge) {
    const double ratio = medianRatio(columns_[0].cpu, columns_[1].cpu);
    const char* verdict = !judge ? "" : ratio <= goal ? ": met" : ": MISSED";
    std::printf("  median %7.2f  %7.2f  %17.2f  %13.2f   (goal: at most %.1f%s)\n", median(columns_[0].cpu), median(columns_[1].cpu),
                median(columns_[2].cpu), ratio, goal, verdict);
    std::printf("  at the same bytes per delivery: %.2f\n", medianRatio(columns_[0].cpu, columns_[2].cpu));
    for (Column& column : columns_) {
      std::printf("  %-18s %4.0f bytes and %.2f reads of the generator per delivery\n", column.title, median(column.bytes),
                  median(column.reads));
      column = {.title = column.title, .stage = column.stage};
    }
    return ratio <= goal;
  }

 private:
  std::array<Column, 3> columns_;
};

int run(const Options& options) {
  const Shape shape = options.quick ? Shape{.rooms = 2, .members = 5} : Shape{.rooms = 20, .members = 50};
  const auto duration = static_cast<Nanos>(options.seconds * static_cast<double>(second));
  pinSelf(options.own_cpu);
  const ScratchDirectory data;
  const ScratchDirectory redis_data;
  AtriumServer atrium_server(options.server, options.config, data.path(), options.server_cpu);
  RedisServer redis_server(redis_data.path(), options.server_cpu);
  PeerLoop loop;
  AtriumStage atrium(loop, atrium_server, shape, "received");
  RedisStage redis(loop, redis_server, shape, "room:");

  // How much longer a text must be for Redis to deliver as many bytes: seen in a short run of both.
  const double ours = runClosed(atrium, 1, duration / 5).bytes_per_delivery;
  const double theirs = runClosed(redis, 1, duration / 5).bytes_per_delivery;
  Shape longer = shape;
  longer.payload += static_cast<std::size_t>(std::max(0.0, std::round(ours - theirs)));
  RedisStage redis_same_bytes(loop, redis_server, longer, "long:");

  std::printf("Fan-out beside Redis pub/sub: %u rooms of %u, %zu bytes of text, memory storage, %d rounds of %.1f s in turns\n",
              shape.rooms, shape.members, shape.payload, options.rounds, options.seconds);
  Comparison comparison(atrium, redis, redis_same_bytes);
  bool met = true;
  for (const auto& [in_flight, goal] : {std::pair{1U, 1.5}, std::pair{8U, 2.0}}) {
    comparison.run(in_flight, options.rounds, duration);
    met = comparison.conclude(goal, !options.quick) && met;
  }

  Faults faults = atrium.faults();
  faults.add(redis.faults());
  faults.add(redis_same_bytes.faults());
  std::printf("\n%llu deliveries by Atrium, all servers together: %s\n", static_cast<unsigned long long>(atrium.deliveries()),
              faults.text().c_str());
  if (faults.total() != 0) return 1;
  return met || options.quick ? 0 : 3;  // A tiny run shows that everything works and proves nothing about speed.
}

}  // namespace
}  // namespace atrium::bench

int main(int argc, char** argv) {
  using namespace atrium::bench;
  Options options;
  CLI::App app(
      "Compares the CPU that a delivery costs Atrium and Redis pub/sub. Exit code: 0, 1 a fault of delivery, 2 no result, 3 a goal missed");
  app.add_option("--server", options.server, "The atriumd to start")->capture_default_str();
  app.add_option("--config", options.config, "Its configuration")->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--seconds", options.seconds, "Of each server in each round")->check(CLI::Range(0.05, 60.0))->capture_default_str();
  app.add_option("--server-cpu", options.server_cpu, "The core of both servers; -1: all")->capture_default_str();
  app.add_option("--own-cpu", options.own_cpu, "The core of the generator; -1: all")->capture_default_str();
  app.add_flag("--quick", options.quick, "A tiny run that only proves that everything arrives");
  CLI11_PARSE(app, argc, argv);
  if (options.quick) {
    options.rounds = 2;
    options.seconds = 0.1;
    options.server_cpu = options.own_cpu = -1;  // Other tests run beside this one.
  }
  try {
    return run(options);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "bench_fanout: %s\n", failure.what());
    return 2;
  }
}
