// What ten plugins on the message path cost.
//
//   bench_message_path --messages 20000
//
// The same messages, in turns, into a room whose type has no hook and into one whose type runs the will_post of ten plugins; each looks at
// seven things and changes nothing. The engine is the real one, with the real plugins in process, over a store in memory; what is measured
// is from the frame of one message to its confirmation. Prints median and 99th percentile of both and what the ten add, how often JSON was
// parsed, and how many messages were stored.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "plugin_world.hpp"
#include "protocol/metrics.hpp"
#include "sim/world.hpp"

namespace atrium::test {
namespace {

constexpr unsigned hops = 10;

PlacedName named(std::string name) { return {std::move(name), {}}; }

struct Times {
  std::vector<double> microseconds;
  double at(double part) {
    std::ranges::sort(microseconds);
    return microseconds[static_cast<std::size_t>(part * static_cast<double>(microseconds.size() - 1))];
  }
};

int run(unsigned messages) {
  PluginWorld plugins{ATRIUM_BENCH_PLUGINS};
  RoomTypeWish& ten = plugins.wishes.room_types["ten"];
  ten.based_on = named("quiet");
  for (unsigned n = 0; n < hops; ++n) ten.with.push_back(named("hop_" + std::to_string(n)));
  if (const auto started = plugins.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().detail.c_str());
    return 1;
  }
  const auto types = plugins.host().makeTypes();
  sim::World world(1, {.shards = 1, .types = types.get()});

  struct Road {
    std::string room;
    sim::Client* client = nullptr;
    Times times;
  };
  Road roads[2];
  const char* const room_types[] = {"quiet", "ten"};
  for (unsigned n = 0; n < 2; ++n) {
    roads[n].room = world.createRoom("acme", "ana", {}, room_types[n]);
    roads[n].client = &world.connect("acme", "ana", roads[n].room);
    world.settle();
  }
  const auto parses_before = world.metric(Metric::json_parses), stored_before = world.metric(Metric::messages_accepted);
  const auto send = [&](Road& road, bool counts) {
    const std::string frame =
        R"({"event_type":"send_message","room_id":")" + road.room +
        R"(","message_type":"quiet","content":"The viewing is at ten, bring the keys.","metadata":{"priority":"high",)"
        R"("lead":{"id":"lead_8231","source":"web"},"tags":["viewing","keys"],"budget":450000}})";
    const auto start = std::chrono::steady_clock::now();
    world.send(*road.client, frame);
    world.settle();
    const auto took = std::chrono::steady_clock::now() - start;
    if (counts) road.times.microseconds.push_back(std::chrono::duration<double, std::micro>(took).count());
    for (Road& each : roads) {
      each.client->received.clear();
      each.client->received_options.clear();
    }
  };
  const unsigned warm = messages / 10;
  for (unsigned n = 0; n < messages + warm; ++n) {
    send(roads[n % 2], n >= warm);
    send(roads[(n + 1) % 2], n >= warm);
  }
  const std::uint64_t sent = 2 * std::uint64_t{messages + warm};
  const auto parses = static_cast<std::uint64_t>(world.metric(Metric::json_parses) - parses_before);
  const auto stored = static_cast<std::uint64_t>(world.metric(Metric::messages_accepted) - stored_before);
  const double p50[] = {roads[0].times.at(0.5), roads[1].times.at(0.5)}, p99[] = {roads[0].times.at(0.99), roads[1].times.at(0.99)};
  std::printf("no plugin     p50 %8.2f us   p99 %8.2f us\n", p50[0], p99[0]);
  std::printf("ten plugins   p50 %8.2f us   p99 %8.2f us\n", p50[1], p99[1]);
  std::printf("added         p50 %+8.2f us   p99 %+8.2f us   (at most +5 and +50)\n", p50[1] - p50[0], p99[1] - p99[0]);
  std::printf("%llu of %llu messages stored, %.3f parses each\n", static_cast<unsigned long long>(stored),
              static_cast<unsigned long long>(sent), static_cast<double>(parses) / static_cast<double>(sent));
  return stored == sent && parses == sent ? 0 : 1;
}

}  // namespace
}  // namespace atrium::test

int main(int argc, char** argv) {
  CLI::App app("What ten plugins on the message path cost");
  unsigned messages = 20'000;
  app.add_option("--messages", messages, "Into each room")->check(CLI::Range(10u, 10'000'000u));
  CLI11_PARSE(app, argc, argv);
  return atrium::test::run(messages);
}
