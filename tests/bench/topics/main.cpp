// bench_topics: how soon dashboards see what changes, and what that costs. One loop of a server, whose engine is in memory, has the
// presence board of a team and dashboards that watch it over real sockets; the loop's own timer changes agents, through the interface that
// coordination publishes through. A value carries the time at which it was published, a dashboard subtracts it from the time at which it
// has read the update. Measured are that, and the CPU time of the loop's thread. Every dashboard's board must be the published one in the
// end, with no number missing.
#include <CLI/CLI.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "engine/shard.hpp"
#include "load/atrium_stage.hpp"
#include "load/failure.hpp"
#include "load/samples.hpp"
#include "loop/loop_pool.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "sim/world.hpp"
#include "transport/transport.hpp"

namespace atrium::bench {
namespace {

struct Options {
  unsigned agents = 1000;
  unsigned dashboards = 200;
  unsigned changes_per_second = 100;
  unsigned seconds = 10;
  std::uint64_t seed = 1;
};

constexpr std::string_view tenant = "bench";

// ---- The server

// One loop is all shards there are. A stranger's token is never asked about: the handshake here takes anybody.
class OneLoop final : public Shards, public Tokens {
 public:
  explicit OneLoop(Loop& loop) : loop_(loop) {}
  unsigned count() const override { return 1; }
  bool post(unsigned, Task task) override { return loop_.post(std::move(task)); }
  void postAlways(unsigned, Task task) override { loop_.postAlways(std::move(task)); }
  std::optional<Result<Principal>> verify(std::string_view, Wall) override { return Result<Principal>(fail(Code::unauthorized)); }
  void ask(std::string, Completion<Principal> done) override { done(fail(Code::unauthorized)); }

 private:
  Loop& loop_;
};

// Every upgrade is a session of the same supervisor's team.
class Doorkeeper final : public HttpHandler {
 public:
  explicit Doorkeeper(Shard& shard) : shard_(shard) {}
  void handle(const HttpRequest&, Responder responder) override {
    Principal who;
    who.tenant_id = tenant;
    who.user_id = "dashboard" + std::to_string(++opened_);
    who.roles = ATRIUM_ROLE_SUPERVISOR;
    who.expires = Wall::max();
    responder.upgrade({}, std::make_unique<Guest>(shard_, std::make_shared<const Principal>(std::move(who))));
  }

 private:
  class Guest final : public WebSocketHandler {
   public:
    Guest(Shard& shard, PrincipalPtr who) : shard_(shard), who_(std::move(who)) {}
    void onOpen(Link& link) override { session_ = &shard_.openSession(std::move(who_), link, {}); }
    void onText(std::string_view text) override { session_->onText(text); }
    void onBinary(std::string_view) override {}
    void onClosed(bool clean) override { session_->onClosed(clean); }

   private:
    Shard& shard_;
    PrincipalPtr who_;
    Session* session_ = nullptr;
  };
  Shard& shard_;
  unsigned opened_ = 0;
};

class Server {
 public:
  explicit Server(const Options& options)
      : options_(options),
        dice_(options.seed),
        log_({.level = LogLevel::error, .queue_lines = 64, .burst = 1}),
        loops_(1, {}, clock_, metrics_),
        shards_(loops_[0]),
        sim_store_(store_random_, {}),
        store_(sim_store_.port([this](Task task) { loops_[0].postAlways(std::move(task)); })),
        shard_({.index = 0,
                .shards = shards_,
                .store = *store_,
                .types = types_,
                .tokens = shards_,
                .timers = loops_[0].timers(),
                .now = loops_[0].now(),
                .clock = clock_,
                .metrics = loops_[0].metrics(),
                .log = log_,
                .seed = options.seed},
               {}),
        doorkeeper_(shard_),
        transport_(loops_[0], limits_, budget_, doorkeeper_),
        timer_([this] { changeSome(); }) {
    shard_.connect({&shard_});
    auto sockets = listenAt({}, 1);
    if (!sockets) throw Failure(sockets.error().detail);
    port_ = sockets->front().port();
    transport_.listen(std::move(sockets->front()));
    loops_[0].atTurnEnd([this] {
      shard_.submit();
      sim_store_.work();
    });
    loops_[0].atTurnEnd([this] { transport_.flush(); });
    loops_[0].atTurnEnd([this] { shard_.settle(); });
    loops_[0].atTurnEnd([this] { transport_.flush(); });
    for (unsigned agent = 0; agent < options.agents; ++agent) change(agent);
    loops_.start();
  }
  ~Server() {
    inside([this] { timer_.disarm(); });
    loops_.stop();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::int64_t metric(Metric metric) { return metrics_.sum(metric); }
  // CPU time of the loop's thread so far, in microseconds.
  double cpuUs() {
    rusage used{};
    inside([&used] { ::getrusage(RUSAGE_THREAD, &used); });
    const auto us = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec); };
    return us(used.ru_utime) + us(used.ru_stime);
  }
  void startChanges() {
    inside([this] {
      begun_ = now();
      due_ = 0;
      changeSome();
    });
  }
  // What every dashboard must show in the end. Changes have stopped then.
  std::map<std::string, std::string> stopChanges() {
    inside([this] { timer_.disarm(); });
    return board_;
  }

 private:
  void inside(std::function<void()> work) {
    std::promise<void> done;
    loops_[0].postAlways([&] {
      work();
      done.set_value();
    });
    done.get_future().get();
  }

  // An open loop: what is late is made up for, and its time counts from when it is published.
  void changeSome() {
    const auto wanted = static_cast<std::uint64_t>((now() - begun_) * options_.changes_per_second / second);
    for (; due_ < wanted; ++due_) change(static_cast<unsigned>(dice_.below(options_.agents)));
    loops_[0].timers().arm(timer_, loops_[0].now().mono + std::chrono::milliseconds(1));
  }

  void change(unsigned agent) {
    static constexpr std::string_view states[] = {"available", "busy", "in_call", "away"};
    const std::string key = "agent_" + std::to_string(agent);
    std::string value;
    JsonWriter json(value);
    json.begin('{').key("agent_id").value(key).key("name").value("Agent " + std::to_string(agent));
    json.key("status").value(states[dice_.below(4)]).key("active_leads").value(dice_.below(6));
    json.key("active_conversations")
        .value(dice_.below(9))
        .key("capacity_utilization")
        .value(static_cast<double>(dice_.below(1000)) / 1000.0);
    json.key("avg_response_time")
        .value(static_cast<double>(dice_.below(900)) / 100.0)
        .key("conversion_rate")
        .value(0.31)
        .key("satisfaction");
    json.value(4.6).key("skills").raw(R"(["residential","luxury","first_time_buyer"])").key("at").value(now()).end('}');
    shard_.topics().put(tenant, Topic::agents, key, value);
    board_[key] = std::move(value);
  }

  const Options options_;
  Random dice_;
  Random store_random_{1};
  SystemClock clock_;
  MetricRegistry metrics_{metric_table};
  Log log_;
  TransportLimits limits_;
  ConnectionBudget budget_{100'000};
  LoopPool loops_;
  OneLoop shards_;
  sim::SimStore sim_store_;
  sim::SimTypes types_;
  std::unique_ptr<Store> store_;
  Shard shard_;
  Doorkeeper doorkeeper_;
  Transport transport_;
  Timer timer_;
  std::map<std::string, std::string> board_;
  Nanos begun_ = 0;
  std::uint64_t due_ = 0;
  std::uint16_t port_ = 0;
};

// ---- The dashboards

class Dashboard final : public AtriumMember {
 public:
  Dashboard(unsigned number, Samples& samples) : AtriumMember({}, "dashboard" + std::to_string(number)), samples_(samples) {}
  void watch() { send(R"({"event_type":"subscribe_topic","topic":"agents"})"); }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& board() const { return board_; }
  bool measuring = false;

 protected:
  void onEvent(std::string_view event_type, std::string_view json, Nanos when) override {
    if (event_type != "topic_update") return;
    auto update = JsonDocument::parse(json);
    if (!update) throw Failure("an update is no JSON");
    const JsonView root = update->root();
    const bool snapshot = root["page"].exists();
    std::int64_t seq = 0;
    if (!root["seq"].integer(seq)) throw Failure("an update has no number");
    if (!snapshot && seq != seq_ + 1) throw Failure("a change is missing");
    seq_ = seq;
    const JsonView items = root[snapshot ? "items" : "changes"];
    for (JsonView item = items.first(); item.exists(); item = item.sibling(items)) {
      std::string scratch;
      const JsonView value = item["value"];
      board_[std::string(item["key"].text(scratch))] = value.raw();
      std::int64_t at = 0;
      if (!snapshot && measuring && value["at"].integer(at)) samples_.add(when - at);
    }
    ready_ = !snapshot || !root["more"].boolean(false);
  }

 private:
  Samples& samples_;
  std::map<std::string, std::string, std::less<>> board_;
  std::int64_t seq_ = 0;
  bool ready_ = false;
};

int run(const Options& options) {
  Server server(options);
  PeerLoop loop;
  Samples latency;
  std::vector<std::unique_ptr<Dashboard>> dashboards;
  for (unsigned number = 0; number < options.dashboards; ++number) {
    dashboards.push_back(std::make_unique<Dashboard>(number, latency));
    dashboards.back()->connect(loop, server.port());
  }
  const auto all = [&dashboards](auto each) { return std::ranges::all_of(dashboards, [each](const auto& one) { return each(*one); }); };
  if (!loop.run([&] { return all([](const Dashboard& one) { return one.established_at != 0; }); }, 30 * second))
    throw Failure("the dashboards could not connect");
  const double before_snapshots = server.cpuUs();
  const Nanos asked = now();
  for (const auto& one : dashboards) one->watch();
  if (!loop.run([&] { return all([](const Dashboard& one) { return one.ready(); }); }, 30 * second)) throw Failure("a snapshot is missing");
  std::printf("%u dashboards have the snapshot of %u agents after %.0f ms (%.1f ms CPU, written %lld times)\n", options.dashboards,
              options.agents, static_cast<double>(now() - asked) / 1e6, (server.cpuUs() - before_snapshots) / 1e3,
              static_cast<long long>(server.metric(Metric::topic_snapshots)));

  for (const auto& one : dashboards) one->measuring = true;
  const double cpu = server.cpuUs();
  const std::int64_t frames = server.metric(Metric::topic_frames);
  const Nanos begun = now();
  server.startChanges();
  loop.run([] { return false; }, Nanos{options.seconds} * second);
  const double core = (server.cpuUs() - cpu) * 1e3 / static_cast<double>(now() - begun);
  const auto model = server.stopChanges();
  const auto whole = [&model](const Dashboard& one) {
    return std::ranges::equal(model, one.board(), [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; });
  };
  if (!loop.run([&] { return all(whole); }, 10 * second)) throw Failure("a dashboard does not show what was published");
  const double p50 = static_cast<double>(latency.percentile(0.5)) / 1e6, p95 = static_cast<double>(latency.percentile(0.95)) / 1e6;
  std::printf(
      "%u changes/s: %zu updates seen, change to dashboard p50 %.1f ms, p95 %.1f, p99 %.1f, at most %.1f; %.1f frames/s; %.1f %% of a "
      "core\n",
      options.changes_per_second, latency.count(), p50, p95, static_cast<double>(latency.percentile(0.99)) / 1e6,
      static_cast<double>(latency.max()) / 1e6,
      static_cast<double>(server.metric(Metric::topic_frames) - frames) / static_cast<double>(options.seconds), core * 100);
  std::printf("wanted: p95 under 100 ms (%s), under 30 %% of a core (%s)\n", p95 < 100 ? "met" : "missed", core < 0.3 ? "met" : "missed");
  return 0;
}

}  // namespace
}  // namespace atrium::bench

int main(int argc, char** argv) {
  CLI::App app("From a change of an agent to every dashboard that watches");
  atrium::bench::Options options;
  bool quick = false;
  app.add_option("--agents", options.agents, "Agents on the board")->check(CLI::Range(1U, 20'000U))->capture_default_str();
  app.add_option("--dashboards", options.dashboards, "Sessions that watch it")->check(CLI::Range(1U, 10'000U))->capture_default_str();
  app.add_option("--changes", options.changes_per_second, "Changes a second")->check(CLI::Range(1U, 100'000U))->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long")->check(CLI::Range(1U, 3600U))->capture_default_str();
  app.add_option("--seed", options.seed, "Of the changes")->capture_default_str();
  app.add_flag("--quick", quick, "Few and short: checks that every dashboard shows what was published");
  CLI11_PARSE(app, argc, argv);
  if (quick) {
    options.agents = 50;
    options.dashboards = 5;
    options.seconds = 1;
  }
  try {
    return atrium::bench::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_topics: %s\n", error.what());
    return 1;
  }
}
