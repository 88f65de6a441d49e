// What a call into a plugin costs, and how much of that is the guard around it.
//
//   bench_guard --calls 2000000 --runs 7
//
// Calls will_post of the room type agent_team, which looks at the sender, the message type and one setting: as a plain call through the
// plugin's table, with the guard, and through the engine's port with its reply and completion. Prints medians over the runs in
// nanoseconds a call, and a checksum of the verdicts.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "plugin/process_hooks.hpp"
#include "plugin_world.hpp"

namespace atrium::test {
namespace {

template <typename Call>
double nanosecondsEach(std::uint64_t calls, Call&& call) {
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t n = 0; n < calls; ++n) call();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / static_cast<double>(calls);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int run(std::uint64_t calls, unsigned runs) {
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  if (const auto started = world.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().detail.c_str());
    return 1;
  }
  LoadedPlugin& plugin = *world.host().find("atrium.room-type.agent-team");
  const atrium_room_type& table = plugin.roomType()->table;
  HookGuard& guard = plugin.makeGuard("bench", room_hook_deadline);
  const auto types = world.host().makeTypes();
  HookTarget& port = *types->roomType("agent_team")->row().front();

  Scene scene;
  scene.settings = Scene::json(R"({"message_retention_days":30,"allow_file_sharing":true})");
  scene.message_type = "file_share";
  const atrium_room_view room = scene.room();
  const atrium_user_view user = scene.user();
  const atrium_message_view message = scene.message();
  const HookCall call{.hook = Hook::will_post, .room = &room, .user = &user, .message = &message};
  atrium_reply reply{};
  reply.struct_size = sizeof reply;

  std::uint64_t allowed = 0;
  const auto plainCall = [&] { return table.will_post(plugin.self(), &room, &user, &message, &reply); };
  std::vector<double> plain, guarded, whole;
  for (unsigned n = 0; n < runs; ++n) {
    plain.push_back(nanosecondsEach(calls, [&] { allowed += plainCall() == ATRIUM_OK; }));
    guarded.push_back(nanosecondsEach(calls, [&] { allowed += guard.call(plainCall) == ATRIUM_OK; }));
    whole.push_back(nanosecondsEach(calls, [&] { port.call(call, [&](HookOutcome said) { allowed += said.refused ? 0 : 1; }); }));
  }
  std::printf("plain call    %7.1f ns\n", median(plain));
  std::printf("with guard    %7.1f ns   guard %+.1f ns\n", median(guarded), median(guarded) - median(plain));
  std::printf("through port  %7.1f ns   guard, reply and completion %+.1f ns\n", median(whole), median(whole) - median(plain));
  std::printf("allowed %llu of %llu\n", static_cast<unsigned long long>(allowed), static_cast<unsigned long long>(3 * calls * runs));
  return allowed == 3 * calls * runs ? 0 : 1;
}

}  // namespace
}  // namespace atrium::test

int main(int argc, char** argv) {
  CLI::App app("What a call into a plugin costs");
  std::uint64_t calls = 2'000'000;
  unsigned runs = 7;
  app.add_option("--calls", calls, "Calls in a run")->check(CLI::PositiveNumber);
  app.add_option("--runs", runs, "Runs of each kind; medians are printed")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  return atrium::test::run(calls, runs);
}
