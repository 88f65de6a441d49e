// bench_figures: the figures Atrium promises its users, measured from outside on the default storage (SQLite, every message fsynced before
// it is delivered). Each run is a new server with an empty data directory; a figure is the median of the runs.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>

#include "figures/figure.hpp"
#include "figures/session_figures.hpp"
#include "load/atrium_stage.hpp"
#include "load/failure.hpp"

namespace atrium::bench {
namespace {

struct Options {
  std::string server = ATRIUM_SERVER;
  std::string config = ATRIUM_CONFIG_DIR "/demo.yaml";
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

  // One server's life.
  void run() {
    const ScratchDirectory data;
    AtriumServer server(options_.server, options_.config, data.path(), options_.server_cpu);
    cold_start_.add(server.child().startTime());
    PeerLoop loop;
    measureSessions(loop, server.port());
    measureLoad(loop, server);
    if (const int code = server.child().stop(); code != 0) throw Failure("the server ended with exit code " + std::to_string(code));
  }

  void print() const {
    Figure::printHead();
    for (const Figure* figure : all_) figure->print(!options_.quick);
  }
  [[nodiscard]] bool met() const {
    return std::ranges::all_of(all_, [](const Figure* figure) { return figure->met(); });
  }
  [[nodiscard]] const Faults& faults() const { return faults_; }
  [[nodiscard]] std::uint64_t deliveries() const { return deliveries_; }

 private:
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

  void measureLoad(PeerLoop& loop, AtriumServer& server) {
    Outcome room = measureStage(loop, server, {.rooms = 1, .members = amounts_.members}, 1000);
    room_p50_.add(room.latency.percentile(0.5));
    room_p99_.add(room.latency.percentile(0.99));
    confirmation_.add(room.confirmation.percentile(0.99));
    Outcome teams = measureStage(loop, server, {.rooms = amounts_.teams, .members = 10}, 200);
    teams_p99_.add(teams.latency.percentile(0.99));
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
  Figure confirmation_{"confirmation after the sender's own delivery, p99", 10};
  Figure room_p50_{"1 room of 50, 1,000 messages/s, fsynced: delivery, p50", 2};
  Figure room_p99_{"1 room of 50, 1,000 messages/s, fsynced: delivery, p99", 8};
  Figure teams_p99_{"1,000 users in rooms of 10, 200 messages/s, fsynced: delivery, p99", 8};
  Figure cold_start_{"cold start with all plugins, spawn to listening", 500};
  std::vector<Figure*> all_{&creation_,     &fifty_rooms_, &join_,     &connection_, &presence_,  &history_,
                            &confirmation_, &room_p50_,    &room_p99_, &teams_p99_,  &cold_start_};
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
  return figures.met() || options.quick ? 0 : 3;
}

}  // namespace
}  // namespace atrium::bench

int main(int argc, char** argv) {
  using namespace atrium::bench;
  Options options;
  CLI::App app("Measures the promised figures from outside. Exit code: 0, 1 a fault of delivery, 2 no result, 3 a figure missed");
  app.add_option("--server", options.server, "The atriumd to start")->capture_default_str();
  app.add_option("--config", options.config, "Its configuration, with storage that syncs")->capture_default_str();
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
