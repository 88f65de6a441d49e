// bench_figures: the figures Atrium promises its users, measured from outside on the default storage (SQLite, every message fsynced before
// it is delivered). Each run is a new server with an empty data directory; a figure is the median of the runs. Delivery under load waits
// for the disk, so each run also measures what that disk takes alone, and the same load over a data directory in memory, which is the
// server's own part (docs/adr/0013).
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "figures/disk_floor.hpp"
#include "figures/figure.hpp"
#include "figures/session_figures.hpp"
#include "load/atrium_stage.hpp"
#include "load/failure.hpp"

namespace atrium::bench {
namespace {

struct Options {
  std::string server = ATRIUM_SERVER;
  std::string config = ATRIUM_CONFIG_DIR "/demo.yaml";
  std::string directory = std::filesystem::temp_directory_path();
  std::string memory = "/dev/shm";
  int runs = 5;
  double seconds = 10;
  int server_cpu = 0;
  int own_cpu = 1;
  bool quick = false;
};

// How much is done for each figure. The tiny amounts show that everything works and prove nothing about speed.
struct Amounts {
  std::uint32_t rooms_created = 500;
  std::uint32_t rooms_entered = 10;
  std::uint32_t members = 50;
  std::uint32_t presence_changes = 300;
  std::uint32_t messages_stored = 1000;
  std::uint32_t histories_read = 300;
  std::uint32_t teams = 100;

  static Amounts tiny() {
    return {.rooms_created = 50,
            .rooms_entered = 1,
            .members = 5,
            .presence_changes = 5,
            .messages_stored = 60,
            .histories_read = 5,
            .teams = 3};
  }
};

class Figures {
 public:
  explicit Figures(const Options& options)
      : options_(options),
        amounts_(options.quick ? Amounts::tiny() : Amounts{}),
        duration_(static_cast<Nanos>(options.seconds * static_cast<double>(second))) {}

  // One server's life on the disk, and one in memory.
  void run() {
    measureServer(options_.directory, [this](PeerLoop& loop, AtriumServer& server, const std::filesystem::path& data) {
      cold_start_.add(server.child().startTime());
      measureSessions(loop, server.port());
      room_floor_.add(diskFloor(data, room_rate, duration_).percentile(0.99));
      measureLoad(loop, server, disk_);
      teams_floor_.add(diskFloor(data, teams_rate, duration_).percentile(0.99));
    });
    if (!inMemory(options_.memory)) return;
    measureServer(options_.memory,
                  [this](PeerLoop& loop, AtriumServer& server, const std::filesystem::path&) { measureLoad(loop, server, memory_); });
  }

  void print() const {
    Figure::printHead();
    for (const Figure* figure : all_) figure->print(!options_.quick);
  }
  [[nodiscard]] bool missed() const {
    return std::ranges::any_of(all_, [](const Figure* figure) { return figure->missed(); });
  }
  [[nodiscard]] const Faults& faults() const { return faults_; }
  [[nodiscard]] std::uint64_t deliveries() const { return deliveries_; }

 private:
  static constexpr double room_rate = 1000;  // messages a second
  static constexpr double teams_rate = 200;

  struct Load {
    Figure& room_p50;
    Figure& room_p99;
    Figure& confirmation;
    Figure& teams_p99;
  };

  template <typename Measure>
  void measureServer(const std::filesystem::path& parent, const Measure& measure) {
    const ScratchDirectory data(parent);
    AtriumServer server(options_.server, options_.config, data.path(), options_.server_cpu);
    PeerLoop loop;
    measure(loop, server, data.path());
    if (const int code = server.child().stop(); code != 0) throw Failure("the server ended with exit code " + std::to_string(code));
  }

  void measureSessions(PeerLoop& loop, std::uint16_t port) {
    const Nanos start = now();
    static_cast<void>(roomCreation(port, 50));
    fifty_rooms_.add(now() - start);
    creation_.add(roomCreation(port, amounts_.rooms_created).percentile(0.99));
    Entering entered = entering(loop, port, amounts_.rooms_entered, amounts_.members);
    connection_.add(entered.connection.percentile(0.99));
    join_.add(entered.join.percentile(0.99));
    presence_.add(presence(loop, port, amounts_.members, amounts_.presence_changes).percentile(0.99));
    history_.add(history(port, amounts_.messages_stored, amounts_.histories_read).percentile(0.99));
  }

  void measureLoad(PeerLoop& loop, AtriumServer& server, const Load& load) {
    Outcome room = measureStage(loop, server, {.rooms = 1, .members = amounts_.members}, room_rate);
    load.room_p50.add(room.latency.percentile(0.5));
    load.room_p99.add(room.latency.percentile(0.99));
    load.confirmation.add(room.confirmation.percentile(0.99));
    Outcome teams = measureStage(loop, server, {.rooms = amounts_.teams, .members = 10}, teams_rate);
    load.teams_p99.add(teams.latency.percentile(0.99));
  }

  Outcome measureStage(PeerLoop& loop, AtriumServer& server, Shape shape, double rate) {
    AtriumStage stage(loop, server, shape, "fsynced");
    runOpen(stage, rate, duration_ / 10);  // Warms up.
    Outcome outcome = runOpen(stage, rate, duration_);
    faults_.add(stage.faults());
    deliveries_ += stage.deliveries();
    return outcome;
  }

  Options options_;
  Amounts amounts_;
  Nanos duration_;
  Faults faults_;
  std::uint64_t deliveries_ = 0;

  Figure creation_{"room creation, REST, p99", 10};
  Figure fifty_rooms_{"50 rooms created one after another", 500};
  Figure join_{"join of a new member, to room_joined, p99", 50};
  Figure connection_{"connection, TCP to connection_established, p99", 100};
  Figure presence_{"presence update, to the last of 50 members, p99", 20};
  Figure history_{"history of 50 out of 1,000, REST, p99", 20};
  Figure room_floor_{"that disk alone, 1,000 synced writes/s: p99", 0};
  Figure teams_floor_{"that disk alone, 200 synced writes/s: p99", 0};
  Figure confirmation_{"confirmation after the sender's own delivery, p99", 10, &room_floor_};
  Figure room_p50_{"1 room of 50, 1,000 messages/s, fsynced: delivery, p50", 2};
  Figure room_p99_{"1 room of 50, 1,000 messages/s, fsynced: delivery, p99", 8, &room_floor_};
  Figure teams_p99_{"1,000 users in rooms of 10, 200 messages/s, fsynced: delivery, p99", 8, &teams_floor_};
  Figure memory_room_p50_{"in memory, 1 room of 50, 1,000 messages/s: delivery, p50", 2};
  Figure memory_room_p99_{"in memory, 1 room of 50, 1,000 messages/s: delivery, p99", 8};
  Figure memory_confirmation_{"in memory, confirmation after the sender's own delivery, p99", 10};
  Figure memory_teams_p99_{"in memory, 1,000 users in rooms of 10, 200 messages/s: p99", 8};
  Figure cold_start_{"cold start with all plugins, spawn to listening", 500};
  Load disk_{room_p50_, room_p99_, confirmation_, teams_p99_};
  Load memory_{memory_room_p50_, memory_room_p99_, memory_confirmation_, memory_teams_p99_};
  std::vector<Figure*> all_{&creation_,
                            &fifty_rooms_,
                            &join_,
                            &connection_,
                            &presence_,
                            &history_,
                            &cold_start_,
                            &confirmation_,
                            &room_p50_,
                            &room_p99_,
                            &room_floor_,
                            &teams_p99_,
                            &teams_floor_,
                            &memory_confirmation_,
                            &memory_room_p50_,
                            &memory_room_p99_,
                            &memory_teams_p99_};
};

int run(const Options& options) {
  pinSelf(options.own_cpu);
  Figures figures(options);
  for (int run = 1; run <= options.runs; ++run) {
    figures.run();
    std::fprintf(stderr, "run %d of %d done\n", run, options.runs);
  }
  std::printf("Promised figures, %d runs, load for %.1f s each, server on %s\n\n", options.runs, options.seconds,
              options.server_cpu < 0 ? "all cores" : "one core and the generator on another");
  figures.print();
  std::printf("\n%llu deliveries under load: %s\n", static_cast<unsigned long long>(figures.deliveries()), figures.faults().text().c_str());
  if (figures.faults().total() != 0) return 1;
  return figures.missed() && !options.quick ? 3 : 0;
}

}  // namespace
}  // namespace atrium::bench

int main(int argc, char** argv) {
  using namespace atrium::bench;
  Options options;
  CLI::App app("Measures the promised figures from outside. Exit code: 0, 1 a fault of delivery, 2 no result, 3 a figure missed");
  app.add_option("--server", options.server, "The atriumd to start")->capture_default_str();
  app.add_option("--config", options.config, "Its configuration, with storage that syncs")->capture_default_str();
  app.add_option("--directory", options.directory, "Where the data goes; a real disk")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_option("--memory", options.memory, "Where it goes to leave the disk out; not used unless it is a tmpfs")->capture_default_str();
  app.add_option("--runs", options.runs)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--seconds", options.seconds, "Of each load")->check(CLI::Range(0.1, 600.0))->capture_default_str();
  app.add_option("--server-cpu", options.server_cpu, "The core of the server; -1: all")->capture_default_str();
  app.add_option("--own-cpu", options.own_cpu, "The core of the generator; -1: all")->capture_default_str();
  app.add_flag("--quick", options.quick, "A tiny run that only proves that everything arrives");
  CLI11_PARSE(app, argc, argv);
  if (options.quick) {
    options.runs = 1;
    options.seconds = 0.2;
    options.server_cpu = options.own_cpu = -1;  // Other tests run beside this one.
  }
  try {
    return run(options);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "bench_figures: %s\n", failure.what());
    return 2;
  }
}
