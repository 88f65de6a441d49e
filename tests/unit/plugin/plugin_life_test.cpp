// One plugin's life under two shards that call it: exchanged, switched, misbehaving.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "life_plugin.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/worker_calls.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"
#include "shard_threads.hpp"

namespace atrium::test {
namespace {

constexpr unsigned shard_count = 2;

class PluginLifeTest : public testing::Test {
 protected:
  PluginLifeTest() { putVersion("1.0.0"); }
  ~PluginLifeTest() override { stop(); }

  void putVersion(const std::string& version) { putLife(directory.path(), version); }
  void start() {
    world.memory = memory.path();
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    std::vector<TypesPort*> ports;
    for (unsigned shard = 0; shard < shard_count; ++shard) ports.push_back(types.emplace_back(world.host().makeTypes()).get());
    shards.emplace(shard_count);
    world.host().serve(*shards, std::move(ports), [this] { ++wakes; });
    serving = true;
  }
  void stop() {
    if (!std::exchange(serving, false)) return;
    shards.reset();
    world.host().leave();
    types.clear();
    world.host().stop();
  }
  // What the message type says of `content`, asked on that shard; nothing: there is no such type.
  std::optional<HookOutcome> check(std::string content, unsigned shard = 0) {
    // A call that is held while the plugin is exchanged completes in another turn of the shard.
    auto said = std::make_shared<std::promise<std::optional<HookOutcome>>>();
    shards->postAlways(shard, [this, shard, content, said] {
      MessageType* type = types[shard]->messageType("test_life");
      if (!type) return said->set_value(std::nullopt);
      Scene scene;
      scene.content = content;
      const auto room = scene.room();
      const auto user = scene.user();
      const auto message = scene.message();
      type->call({.hook = Hook::check, .room = &room, .user = &user, .message = &message},
                 [said](HookOutcome outcome) { said->set_value(std::move(outcome)); });
    });
    return said->get_future().get();
  }
  std::string say(const std::string& content, unsigned shard = 0) {
    const auto said = check(content, shard);
    if (!said) return "nothing";
    if (said->refused) return last_refusal = said->refused->detail, "refused";
    return said->annotations.empty() ? "" : said->annotations.front().second;
  }
  std::string state() { return world.tell(life_file, "state"); }
  std::string reason() { return world.tell(life_file, "reason"); }
  PluginHost& host() { return world.host(); }
  // "swap 1.0.0 1.1.0" of each step.
  static std::string told(const Result<PluginHost::Steps>& steps) {
    if (!steps) return steps.error().detail;
    std::string text;
    for (const PluginStep& step : *steps)
      text += (text.empty() ? "" : "; ") + std::string(word(step.action)) + " " + step.from_version + ">" + step.to_version;
    return text;
  }
  // The states a generation went through, in order.
  std::string path(std::uint64_t generation) {
    bool more = false;
    std::string text;
    for (const PluginEvent& event : host().journal().after(0, 1000, more))
      if (event.plugin == life_id && event.generation == generation) text += (text.empty() ? "" : " ") + std::string(word(event.state));
    return text;
  }

  TemporaryDirectory directory, memory;
  PluginWorld world{directory.path()};
  std::vector<std::unique_ptr<TypesPort>> types;
  std::optional<ShardThreads> shards;
  std::string last_refusal;  // For people; of one caller or another.
  bool serving = false;
  std::atomic<int> wakes{0};
};

TEST_F(PluginLifeTest, swapsToAnotherFileAndHandsOverWhatItKnows) {
  start();
  EXPECT_EQ(say("version"), "\"1.0.0\"");
  EXPECT_EQ(say("count", 1), "2");
  putVersion("1.1.0");
  EXPECT_EQ(told(host().reload(life_id)), "swap 1.0.0>1.1.0");
  EXPECT_EQ(say("version"), "\"1.1.0\"");
  EXPECT_EQ(say("count", 1), "4");
  EXPECT_EQ(state(), "active");
  EXPECT_EQ(path(0), "discovered verified");
  EXPECT_EQ(path(1), "resolved loaded active draining stopped unloaded");
  EXPECT_EQ(path(2), "resolved loaded configured active");
}

TEST_F(PluginLifeTest, losesAndDoublesNothingWhileItIsSwappedUnderItsCallers) {
  start();
  std::atomic<bool> enough{false};
  std::atomic<std::uint64_t> calls{0}, refused{0};
  std::vector<std::thread> callers;
  for (unsigned shard = 0; shard < shard_count; ++shard)
    callers.emplace_back([&, shard] {
      while (!enough) {
        if (say("count", shard) == "refused") ++refused;
        ++calls;
      }
    });
  constexpr int swaps = 50;
  for (int n = 0; n < swaps; ++n) {
    putVersion(n % 2 == 0 ? "1.1.0" : "1.0.0");
    const auto done = host().reload(life_id);
    ASSERT_TRUE(done) << done.error().detail;
  }
  enough = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(refused, 0u) << last_refusal;
  EXPECT_EQ(say("count"), std::to_string(calls + 1)) << "each call was counted by exactly one generation";
  EXPECT_EQ(world.tell(life_file, "generation"), std::to_string(swaps + 1));
  EXPECT_EQ(world.tell(life_file, "pinned_generations"), "") << "each old one left the memory";
}

TEST_F(PluginLifeTest, goesOnWhenTheNewGenerationDoesNotStart) {
  start();
  const auto refused = host().configure(life_id, yaml("{start: fail}"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::change_refused);
  EXPECT_EQ(refused.error().detail, "The plugin test.life cannot be used: it did not start: told to fail. Nothing was changed.");
  EXPECT_EQ(say("count"), "1");
  EXPECT_EQ(state(), "active");
  EXPECT_EQ(path(2), "resolved rejected");
  EXPECT_EQ(world.tell(life_file, "options"), R"({"start":"well","takes_state":true})");
}

TEST_F(PluginLifeTest, goesOnWhenTheNewGenerationFailsItsSelfTestOrRefusesTheState) {
  start();
  EXPECT_EQ(say("count"), "1");
  EXPECT_NE(told(host().configure(life_id, yaml("{start: test_fails}"))).find("its self-test failed: told to fail it"), std::string::npos);
  EXPECT_EQ(say("count"), "2");
  EXPECT_NE(told(host().configure(life_id, yaml("{takes_state: false}"))).find("it does not take the state of version 1.0.0 (format 1)"),
            std::string::npos);
  EXPECT_EQ(say("count"), "3") << "and its calls are not held any more";
}

TEST_F(PluginLifeTest, isSwitchedOffAndOn) {
  start();
  EXPECT_EQ(told(host().disable(life_id)), "unload 1.0.0>");
  EXPECT_EQ(say("count"), "nothing");
  EXPECT_EQ(state(), "unloaded");
  EXPECT_EQ(told(host().disable(life_id)), "") << "it is already";
  EXPECT_EQ(told(host().enable(life_id)), "load >1.0.0");
  EXPECT_EQ(say("count", 1), "1");
  EXPECT_EQ(state(), "active");
}

TEST_F(PluginLifeTest, takesOtherOptionsOrTellsWhatIsWrongWithThem) {
  start();
  EXPECT_EQ(told(host().configure(life_id, yaml("{takes_state: true, start: well}"))), "") << "nothing else than before";
  EXPECT_EQ(world.tell(life_file, "generation"), "1");
  const auto refused = host().configure(life_id, yaml("{statr: well}"));
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().fields.size(), 1u);
  EXPECT_NE(refused.error().fields.front().message.find("test.yaml:1:2: test.life: the plugin has no option \"statr\""), std::string::npos);
}

TEST_F(PluginLifeTest, tellsThatItDoesNotKnowAPlugin) {
  start();
  for (const auto& answer : {host().enable("test.none"), host().disable("test.none"), host().reload("test.none"), host().reset("test.none"),
                             host().configure("test.none", {})}) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::not_found);
  }
}

TEST_F(PluginLifeTest, findsWhatCameChangedOrWentInTheDirectories) {
  world.wishes.use.clear();
  start();
  EXPECT_EQ(told(host().rescan()), "");
  writeFile(directory.path() / "worker.so", readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_worker.so"));
  putVersion("1.1.0");
  EXPECT_EQ(told(host().rescan()), "swap 1.0.0>1.1.0; load >1.0.0");
  EXPECT_TRUE(host().registry().lease("command", "echo"));
  std::filesystem::remove(directory.path() / "worker.so");
  EXPECT_EQ(told(host().rescan()), "unload 1.0.0>");
  EXPECT_FALSE(host().registry().lease("command", "echo"));
  writeFile(directory.path() / life_file, "not a plugin");
  EXPECT_EQ(told(host().rescan()), "keep 1.1.0>") << "it runs, and what would follow it does not";
  EXPECT_EQ(say("version"), "\"1.1.0\"");
}

TEST_F(PluginLifeTest, changesEverythingOrNothing) {
  start();
  writeFile(directory.path() / "worker.so", readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_worker.so"));
  PluginWishes wishes = world.wishes;
  wishes.use[life_id].config = yaml("{start: fail}");
  EXPECT_EQ(told(host().plan({directory.path()}, wishes)), "reconfigure 1.0.0>1.0.0; load >1.0.0");
  ASSERT_FALSE(host().apply({directory.path()}, wishes));
  EXPECT_FALSE(host().registry().lease("command", "echo"));
  EXPECT_EQ(say("count"), "1");
  wishes.use[life_id].config = yaml("{start: well, takes_state: true}");
  EXPECT_EQ(told(host().apply({directory.path()}, wishes)), "load >1.0.0");
  EXPECT_TRUE(host().registry().lease("command", "echo"));
}

TEST_F(PluginLifeTest, keepsCallsAwayWhileTheyFailAndFindsOutWhenTheyDoNot) {
  start();
  for (int n = 0; n < 5; ++n) EXPECT_EQ(say("throw"), "refused");
  EXPECT_EQ(state(), "degraded");
  EXPECT_FALSE(host().health().whole);
  EXPECT_EQ(say("count"), "refused") << "though it would answer";
  EXPECT_EQ(say("count", 1), "refused");
  shards->on(0, [this] { world.clock.advance(std::chrono::seconds{7}); });
  EXPECT_EQ(say("count"), "6");
  EXPECT_EQ(say("count", 1), "7");
  EXPECT_EQ(state(), "active");
  EXPECT_TRUE(host().health().whole);
}

TEST_F(PluginLifeTest, goesBackToTheFormerGenerationWhenTheNewOneGetsIntoTrouble) {
  start();
  putVersion("1.1.0");
  ASSERT_TRUE(host().reload(life_id));
  EXPECT_EQ(say("not-utf8"), "refused");
  EXPECT_EQ(wakes, 1);
  host().attend();
  EXPECT_EQ(say("version"), "\"1.0.0\"");
  EXPECT_NE(reason().find("version 1.1.0 got into trouble"), std::string::npos) << reason();
  EXPECT_EQ(told(host().rescan()), "keep 1.0.0>1.1.0") << "that file had its chance";
  EXPECT_EQ(told(host().reload(life_id)), "swap 1.0.0>1.1.0") << "unless somebody insists";
}

TEST_F(PluginLifeTest, triesToGoBackAgainWhenItCouldNot) {
  start();
  putVersion("1.1.0");
  ASSERT_TRUE(host().reload(life_id));
  std::filesystem::rename(world.copies(), memory.path() / "away");
  EXPECT_EQ(say("not-utf8"), "refused");
  host().attend();
  EXPECT_EQ(say("version"), "\"1.1.0\"") << "nothing better could be made";
  std::filesystem::rename(memory.path() / "away", world.copies());
  EXPECT_EQ(say("not-utf8"), "refused");
  host().attend();
  EXPECT_EQ(say("version"), "\"1.0.0\"");
}

TEST_F(PluginLifeTest, takesWithItWhoRequiresItIntoQuarantineAlsoWhenThatOneIsNamed) {
  putVersion("1.1.0");
  writeFile(directory.path() / "a_needs.so", readFile(ATRIUM_LIFE_PLUGINS "/test_needs.so"));
  world.wishes.use["test.needs"];
  start();
  ASSERT_EQ(world.tell("a_needs.so", "state"), "active");
  for (int n = 0; n < 3; ++n) EXPECT_EQ(say("not-utf8"), "refused");
  host().attend();
  EXPECT_EQ(state(), "quarantined");
  EXPECT_EQ(world.tell("a_needs.so", "state"), "unloaded");
  EXPECT_EQ(told(host().reset(life_id)), "load >1.1.0; load >1.0.0");
  EXPECT_EQ(world.tell("a_needs.so", "state"), "active") << "in the same run, too";
  for (int n = 0; n < 3; ++n) EXPECT_EQ(say("not-utf8"), "refused");
  host().attend();
  stop();

  start();
  EXPECT_EQ(world.tell("a_needs.so", "state"), "rejected") << "and the server is up";
  EXPECT_NE(world.tell("a_needs.so", "reason").find("requires test.life ^1.1, and its file is in quarantine: 3 faults"), std::string::npos)
      << world.tell("a_needs.so", "reason");
  EXPECT_NE(told(host().enable("test.needs")).find("stays off"), std::string::npos);
  ASSERT_TRUE(host().reset(life_id));
  EXPECT_EQ(world.tell("a_needs.so", "state"), "active") << "it comes with the one it lacked";
}

TEST_F(PluginLifeTest, goesIntoQuarantineAfterThreeFaultsAndStaysThereOverARestart) {
  world.wishes.use[life_id];
  start();
  for (int n = 0; n < 3; ++n) EXPECT_EQ(say("not-utf8"), "refused");
  EXPECT_EQ(say("count"), "refused") << "at once";
  host().attend();
  EXPECT_EQ(state(), "quarantined");
  EXPECT_NE(reason().find("3 faults within ten minutes, the last: it broke the contract"), std::string::npos) << reason();
  EXPECT_EQ(say("count"), "nothing");
  EXPECT_NE(told(host().reload(life_id)).find("is in quarantine"), std::string::npos);
  stop();

  start();
  EXPECT_EQ(state(), "quarantined") << "and the server is up, though the configuration names it";
  EXPECT_NE(host().health().detail.find("test.life was quarantined"), std::string::npos);
  EXPECT_EQ(told(host().reset(life_id)), "load >1.0.0");
  EXPECT_EQ(say("count"), "1");
}

TEST_F(PluginLifeTest, aResetThatIsRefusedLeavesItInQuarantine) {
  start();
  for (int n = 0; n < 3; ++n) EXPECT_EQ(say("not-utf8"), "refused");
  host().attend();
  std::filesystem::remove_all(world.copies());  // It cannot be loaded.
  EXPECT_FALSE(host().reset(life_id));
  EXPECT_EQ(state(), "quarantined");
  stop();
  start();
  EXPECT_EQ(state(), "quarantined") << "and is remembered so";
}

TEST_F(PluginLifeTest, takesAnotherFileInPlaceOfTheOneInQuarantine) {
  start();
  for (int n = 0; n < 3; ++n) EXPECT_EQ(say("not-utf8"), "refused");
  host().attend();
  putVersion("1.1.0");
  EXPECT_EQ(told(host().rescan()), "load >1.1.0");
  EXPECT_EQ(say("version"), "\"1.1.0\"");
}

TEST_F(PluginLifeTest, forgetsFaultsThatLieFarBack) {
  start();
  for (int n = 0; n < 5; ++n) {
    EXPECT_EQ(say("not-utf8"), "refused");
    shards->on(0, [this] { world.clock.advance(std::chrono::minutes{6}); });
    host().attend();
  }
  EXPECT_EQ(state(), "active");
}

TEST_F(PluginLifeTest, isKeptOutAfterItHasEndedThePreviousRun) {
  start();
  const std::string sha256 = world.tell(life_file, "sha256");
  stop();
  writeFile(memory.path() / "tombstone", life_id + "\t" + sha256 + "\tit crashed the server with SIGSEGV in check\n");
  start();
  EXPECT_EQ(state(), "quarantined");
  EXPECT_EQ(reason(), "it crashed the server with SIGSEGV in check");
  stop();
  start();
  EXPECT_EQ(state(), "quarantined") << "it is remembered, not only read once";
}

TEST_F(PluginLifeTest, loadsWhatIsRequiredFirstAndLeavesOutWhatLacksIt) {
  for (const char* name : {"needs", "circle-a", "circle-b"})
    writeFile(directory.path() / (std::string("a_") + name + ".so"), readFile(std::string(ATRIUM_LIFE_PLUGINS "/test_") + name + ".so"));
  // Two of one name are another matter; one circle is enough here.
  start();
  EXPECT_EQ(world.tell("a_needs.so", "state"), "rejected");
  EXPECT_NE(world.tell("a_needs.so", "reason").find("the plugin test.needs requires test.life ^1.1, and "), std::string::npos);
  EXPECT_NE(world.tell("a_circle-a.so", "reason").find("requires test.circle-b, which in the end requires it"), std::string::npos);
  std::filesystem::remove(directory.path() / "a_circle-a.so");
  std::filesystem::remove(directory.path() / "a_circle-b.so");
  putVersion("1.1.0");
  EXPECT_EQ(told(host().rescan()), "swap 1.0.0>1.1.0; load >1.0.0") << "though the file of the one that requires comes first";
  EXPECT_EQ(world.tell("a_needs.so", "state"), "active");
  EXPECT_EQ(told(host().disable(life_id)), "unload 1.0.0>; unload 1.1.0>") << "who requires it goes with it";
}

TEST_F(PluginLifeTest, endsTheStartWhenANamedPluginIsOfAnotherVersionThanAskedFor) {
  world.wishes.use[life_id].version = "^1.1";
  const auto started = world.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("has the version 1.0.0, and ^1.1 is asked for"), std::string::npos) << started.error().detail;
  world.wishes.use[life_id].version = "newest";
  EXPECT_NE(world.start().error().detail.find("\"newest\" says nothing of versions"), std::string::npos);
}

TEST_F(PluginLifeTest, keepsAnOldGenerationThatSomebodyIsInsideOfAndEndsItLater) {
  writeFile(directory.path() / "worker.so", readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_worker.so"));
  start();
  PluginLease lease = host().registry().lease("command", "echo");
  ASSERT_TRUE(lease);
  const LoadedPlugin* old = &*lease;
  std::thread slow([&] { EXPECT_EQ(told(host().reload("test.worker")), "swap 1.0.0>1.0.0"); });
  slow.join();
  EXPECT_NE(&*host().registry().lease("command", "echo"), old) << "who comes now gets the new one";
  EXPECT_EQ(world.tell("worker.so", "stuck_generations"), "1");
  lease = {};
  host().attend();
  EXPECT_EQ(world.tell("worker.so", "stuck_generations"), "");
}

// A child would go on with a copy of the server's loops: it ends before the plugin sees it, and the server is told.
TEST_F(PluginLifeTest, aForkIsAFaultAndItsChildDoesNotGoOn) {
  start();
  EXPECT_EQ(say("fork"), "70") << "the child did not reach its own _exit(0)";
  host().attend();
  EXPECT_EQ(state(), "active");
  EXPECT_EQ(say("fork"), "70");
  EXPECT_EQ(say("fork"), "70");
  host().attend();
  EXPECT_EQ(state(), "quarantined");
  EXPECT_NE(reason().find("it forked the server's process in check"), std::string::npos) << reason();
}

TEST_F(PluginLifeTest, goesOnWhenTheRunningGenerationDoesNotComeBackWithItsState) {
  world.call_patience = 300ms;
  start();
  EXPECT_EQ(say("hang-export"), "");
  const std::string said = told(host().reload(life_id));
  EXPECT_NE(said.find("export_state() did not come back within 50 ms"), std::string::npos) << said;
  EXPECT_EQ(say("version"), "\"1.0.0\"") << "its calls are not held any more";
  EXPECT_EQ(told(host().disable(life_id)), "unload 1.0.0>");
  EXPECT_EQ(state(), "stuck") << "a thread is inside its code";
  EXPECT_EQ(say("version"), "nothing");
}

void commitFaults(LoadedPlugin& plugin, int times) {
  for (int n = 0; n < times; ++n) {
    const auto guard = plugin.borrowGuard("execute", 5s);
    static_cast<void>(guard->call([] { return ATRIUM_OK; }));
    plugin.reportFault(*guard, "told to");
  }
}

TEST_F(PluginLifeTest, aCallThatHangsDoesNotMakeOldFaultsCountAgain) {
  writeFile(directory.path() / "worker.so", readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_worker.so"));
  start();
  PluginLease lease = host().registry().lease("command", "echo");
  commitFaults(*lease, 2);
  host().attend();
  shards->on(0, [this] { world.clock.advance(std::chrono::minutes{11}); });
  std::promise<void> inside, go;
  std::thread caller([&] {
    static_cast<void>(guarded(*lease, "execute", 1us, [&] {
      inside.set_value();
      go.get_future().wait();
      return ATRIUM_OK;
    }));
  });
  inside.get_future().wait();
  host().watch(CallClock::ticks() + 600'000'000'000ULL);  // A minute and more; see below.
  host().attend();
  EXPECT_EQ(world.tell("worker.so", "state"), "degraded");
  go.set_value();
  caller.join();
}

TEST_F(PluginLifeTest, isToldOfWhileAChangeWaitsForIt) {
  world.call_patience = 6s;
  start();
  EXPECT_EQ(say("hang-export"), "");
  auto change = std::async(std::launch::async, [this] { return host().reload(life_id); });
  while (path(2) != "resolved loaded") std::this_thread::yield();  // What follows waits for export_state(), which does not come back.
  std::string metrics;
  host().appendPrometheus(metrics);
  EXPECT_NE(host().adminJson().find("\"generation\":1"), std::string::npos);
  EXPECT_NE(host().adminJson(life_id), std::nullopt);
  EXPECT_TRUE(host().health().whole);
  EXPECT_NE(metrics.find("atrium_plugin_state{plugin=\"test.life\",state=\"active\"} 1"), std::string::npos);
  EXPECT_EQ(change.wait_for(0s), std::future_status::timeout) << "nothing of it waited for the change";
  EXPECT_FALSE(change.get());
}

// Found by another thread: the call itself says nothing until it comes back.
TEST_F(PluginLifeTest, isNotCalledWhileACallOfItHangs) {
  writeFile(directory.path() / "worker.so", readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_worker.so"));
  start();
  PluginLease lease = host().registry().lease("command", "echo");
  const auto state_of = [this] { return world.tell("worker.so", "state"); };
  std::promise<void> inside, go;
  std::thread caller([&] {
    static_cast<void>(guarded(*lease, "execute", 1us, [&] {
      inside.set_value();
      go.get_future().wait();
      return ATRIUM_OK;
    }));
  });
  inside.get_future().wait();
  host().watch();
  EXPECT_EQ(state_of(), "active");
  const auto later = [](std::chrono::seconds time) {
    // The counter of this machine turns at less than ten gigahertz.
    return CallClock::ticks() + static_cast<std::uint64_t>(time.count()) * 10'000'000'000ULL;
  };
  host().watch(later(60s));
  host().watch(later(60s));
  EXPECT_EQ(state_of(), "degraded");
  EXPECT_NE(world.tell("worker.so", "reason").find("a call of execute has not come back for"), std::string::npos);
  EXPECT_EQ(wakes, 1) << "it is told once";
  EXPECT_EQ(guarded(*lease, "execute", 1us, [] { return ADD_FAILURE() << "one hangs", ATRIUM_OK; }), ATRIUM_FAILED);
  host().blameStuckCalls(true, later(60s));
  go.set_value();
  caller.join();
  EXPECT_EQ(guarded(*lease, "execute", 1us, [] { return ATRIUM_OK; }), ATRIUM_OK);
  lease = {};
  stop();
  start();
  EXPECT_EQ(state_of(), "active") << "a call on a worker is not to blame for a stuck loop";
}

// The last call of an old generation comes back when nothing else happens.
TEST_F(PluginLifeTest, wakesForAnOldGenerationThatCanLeaveAndStaysInQuarantine) {
  writeFile(directory.path() / "worker.so", readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_worker.so"));
  start();
  PluginLease lease = host().registry().lease("command", "echo");
  commitFaults(*lease, 3);
  host().attend();
  const auto state_of = [this] { return world.tell("worker.so", "state"); };
  EXPECT_EQ(state_of(), "quarantined");
  EXPECT_EQ(world.tell("worker.so", "stuck_generations"), "1");
  wakes = 0;
  host().watch();
  EXPECT_EQ(wakes, 0) << "somebody still has it";
  lease = {};
  host().watch();
  EXPECT_EQ(wakes, 1);
  host().attend();
  EXPECT_EQ(world.tell("worker.so", "stuck_generations"), "");
  EXPECT_EQ(state_of(), "quarantined") << "that its code has gone changes nothing of that";
}

TEST_F(PluginLifeTest, optionsAreNoWishForAPluginThatNobodyWanted) {
  world.wishes.enabled_by_default = false;
  start();
  EXPECT_EQ(say("count"), "nothing");
  EXPECT_EQ(told(host().configure(life_id, yaml("{takes_state: false}"))), "");
  EXPECT_EQ(say("count"), "nothing");
  EXPECT_EQ(told(host().enable(life_id)), "load >1.0.0");
  EXPECT_EQ(world.tell(life_file, "options"), R"({"start":"well","takes_state":false})");
}

// It requires test.life ^1.1.
TEST_F(PluginLifeTest, whoLackedAPluginComesWithIt) {
  putVersion("1.1.0");
  writeFile(directory.path() / "needs.so", readFile(ATRIUM_LIFE_PLUGINS "/test_needs.so"));
  world.wishes.use[life_id].enabled = false;
  start();
  EXPECT_EQ(world.tell("needs.so", "state"), "rejected");
  EXPECT_EQ(told(host().enable(life_id)), "load >1.1.0; load >1.0.0");
  EXPECT_EQ(world.tell("needs.so", "state"), "active");
}

}  // namespace
}  // namespace atrium::test
