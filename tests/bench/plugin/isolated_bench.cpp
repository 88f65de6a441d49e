// What isolation costs, and how soon a plugin is there again.
//
//   bench_isolated --calls 20000 --kills 100 --hangs 20
//
// Calls will_post of a plugin in a runner of its own through a shard's loop, one call after the other, and prints the time from the call to
// its completion. Then kills the runner from outside again and again while calls are made, and prints how long the first call after each
// kill took; every call must be answered. Last, lets it hang, and prints how long past its deadline whoever called was told so, and how
// long past it the runner had gone.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <future>
#include <vector>

#include "isolated_world.hpp"

namespace atrium::test {
namespace {

using Steady = std::chrono::steady_clock;

double microseconds(Steady::duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

double quantile(std::vector<double>& values, double part) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

// Calls of will_post from within the loop, each made when the one before it was answered.
class Caller {
 public:
  Caller(IsolatedWorld& world, std::uint64_t calls) : world_(world), left_(calls) {
    room_ = world.scene.room();
    user_ = world.scene.user();
    message_ = world.scene.message();
  }
  void run() {
    world_.thread().loop().postAlways([this] { next(); });
    done_.get_future().wait();
  }
  std::vector<double> took;  // us
  std::uint64_t failed = 0;

 private:
  void next() {
    if (left_-- == 0) return done_.set_value();
    began_ = Steady::now();
    world_.hooks().call({.hook = Hook::will_post, .room = &room_, .user = &user_, .message = &message_}, [this](HookOutcome outcome) {
      took.push_back(microseconds(Steady::now() - began_));
      failed += outcome.failed || outcome.refused ? 1 : 0;
      world_.thread().loop().postAlways([this] { next(); });
    });
  }
  IsolatedWorld& world_;
  std::uint64_t left_;
  atrium_room_view room_{};
  atrium_user_view user_{};
  atrium_message_view message_{};
  Steady::time_point began_;
  std::promise<void> done_;
};

int run(std::uint64_t calls, unsigned kills, unsigned hangs) {
  const char* plugin = ATRIUM_ISOLATED_PLUGINS "/test_trouble.so";
  IsolatedWorld world(plugin);
  world.settings.room_deadline = std::chrono::seconds(1);
  world.scene.content = "";
  if (const auto started = world.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().detail.c_str());
    return 1;
  }
  Caller caller(world, calls);
  caller.run();
  std::printf("isolated call     p50 %7.1f us   p99 %7.1f us   failed %llu of %llu\n", quantile(caller.took, 0.5),
              quantile(caller.took, 0.99), static_cast<unsigned long long>(caller.failed), static_cast<unsigned long long>(calls));

  std::vector<double> recoveries;
  std::uint64_t lost = caller.failed;
  for (unsigned n = 0; n < kills; ++n) {
    if (!world.become([](const RunnerFigures& now) { return now.state == "running" && now.spare; })) return 1;
    ::kill(world.runner().figures().pid, SIGKILL);
    Caller after(world, 20);
    after.run();
    recoveries.push_back(after.took.empty() ? 0 : *std::ranges::max_element(after.took) / 1000);
    lost += after.failed;
  }
  std::printf("recovery          p50 %7.1f ms   p99 %7.1f ms   %u kills, %llu calls lost\n", quantile(recoveries, 0.5),
              quantile(recoveries, 0.99), kills, static_cast<unsigned long long>(lost));

  const std::chrono::milliseconds deadline{20};
  std::vector<double> told, gone;
  for (unsigned n = 0; n < hangs; ++n) {
    IsolatedWorld hung(plugin);
    hung.settings.room_deadline = deadline;
    if (!hung.start()) return 1;
    hung.scene.content = "hang";
    const auto room = hung.scene.room();
    const auto user = hung.scene.user();
    const auto message = hung.scene.message();
    atrium_position position{};
    position.struct_size = sizeof position;
    Steady::time_point began;
    std::promise<Steady::duration> cut;
    const auto past = [deadline](Steady::duration took) { return microseconds(took - deadline) / 1000; };
    hung.thread().run([&] {
      began = Steady::now();
      // Which is only told, and not asked once more.
      hung.hooks().call({.hook = Hook::did_post, .room = &room, .user = &user, .message = &message, .position = &position},
                        [&](const HookOutcome&) { cut.set_value(Steady::now() - began); });
    });
    if (!hung.become([](const RunnerFigures& now) { return now.kills > 0; })) return 1;
    gone.push_back(past(Steady::now() - began));
    told.push_back(past(cut.get_future().get()));
  }
  std::printf("hang cut off      p50 %7.1f ms   max %7.1f ms   past a deadline of 20 ms, %u hangs\n", quantile(told, 0.5),
              quantile(told, 1), hangs);
  std::printf("its runner gone   p50 %7.1f ms   max %7.1f ms\n", quantile(gone, 0.5), quantile(gone, 1));
  return lost == 0 ? 0 : 1;
}

}  // namespace
}  // namespace atrium::test

int main(int argc, char** argv) {
  CLI::App app("What isolation costs");
  std::uint64_t calls = 20'000;
  unsigned kills = 100, hangs = 20;
  app.add_option("--calls", calls, "Calls, one after the other")->check(CLI::PositiveNumber);
  app.add_option("--kills", kills, "Times the runner is killed");
  app.add_option("--hangs", hangs, "Times it hangs");
  CLI11_PARSE(app, argc, argv);
  return atrium::test::run(calls, kills, hangs);
}
