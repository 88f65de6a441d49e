// The life of a plugin in runners: exchanged under shards that call it.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "isolated_world.hpp"
#include "life_plugin.hpp"
#include "plugin/types_port.hpp"

namespace atrium::test {
namespace {

constexpr unsigned loop_count = 2;

// Shards on loops, from which runners are called.
class LoopShards final : public Shards {
 public:
  [[nodiscard]] unsigned count() const override { return loop_count; }
  bool post(unsigned shard, Task task) override {
    postAlways(shard, std::move(task));
    return true;
  }
  void postAlways(unsigned shard, Task task) override { threads[shard].loop().postAlways(std::move(task)); }
  std::array<LoopThread, loop_count> threads;
};

class IsolatedLifeTest : public testing::Test {
 protected:
  IsolatedLifeTest() {
    put("1.0.0");
    world.runner = ATRIUM_RUNNER;
    PluginUse& use = world.wishes.use[life_id];
    use.run = RunPlacement::isolated;
    use.deadline = std::chrono::seconds(30);  // No call is cut off because the machine is busy.
  }
  ~IsolatedLifeTest() override {
    if (ports.empty()) return;
    // As the server does it: the ports go with their shards.
    for (unsigned shard = 0; shard < loop_count; ++shard) shards.threads[shard].run([&] { ports[shard].reset(); });
    for (LoopThread& thread : shards.threads) thread.stop();
    host().leave();
    host().stop();
  }
  void put(const std::string& version) { putLife(directory.path(), version); }
  void start() {
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    std::vector<TypesPort*> serving;
    std::vector<Loop*> loops;
    ports.resize(loop_count);
    for (unsigned shard = 0; shard < loop_count; ++shard) {
      LoopThread& thread = shards.threads[shard];
      thread.run([&] { ports[shard] = host().makeTypes(&thread.loop()); });
      serving.push_back(ports[shard].get());
      loops.push_back(&thread.loop());
    }
    host().serve(shards, serving, [] {}, loops);
  }
  // Begins a check on that shard; it may be answered after the plugin was exchanged.
  std::future<HookOutcome> ask(unsigned shard, std::string content) {
    auto said = std::make_shared<std::promise<HookOutcome>>();
    auto answer = said->get_future();
    shards.postAlways(shard, [this, shard, content = std::move(content), said] {
      Scene scene;
      scene.content = content;
      const auto room = scene.room();
      const auto user = scene.user();
      const auto message = scene.message();
      ports[shard]
          ->messageType("test_life")
          ->call({.hook = Hook::check, .room = &room, .user = &user, .message = &message},
                 [said](HookOutcome outcome) { said->set_value(std::move(outcome)); });
    });
    return answer;
  }
  PluginHost& host() { return world.host(); }

  TemporaryDirectory directory;
  PluginWorld world{directory.path()};
  LoopShards shards;
  std::vector<std::unique_ptr<TypesPort>> ports;
};

TEST_F(IsolatedLifeTest, failsNoCallWhileItIsExchangedUnderItsCallers) {
  start();
  std::atomic<bool> enough{false};
  std::atomic<std::uint64_t> calls{0}, failed{0};
  std::vector<std::thread> callers;
  for (unsigned shard = 0; shard < loop_count; ++shard)
    callers.emplace_back([&, shard] {
      while (!enough) {
        // Many at a time, so that some are always under way.
        std::vector<std::future<HookOutcome>> asked;
        for (int n = 0; n < 50; ++n) asked.push_back(ask(shard, "version"));
        for (auto& one : asked) {
          const HookOutcome said = one.get();
          if (said.failed || said.refused || said.annotations.size() != 1) ++failed;
          ++calls;
        }
      }
    });
  constexpr int swaps = 10;
  for (int n = 0; n < swaps; ++n) {
    const std::uint64_t before = calls;
    put(n % 2 == 0 ? "1.1.0" : "1.0.0");
    const auto done = host().reload(life_id);
    EXPECT_TRUE(done) << done.error().detail;
    while (calls == before) std::this_thread::yield();
  }
  enough = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 0u) << "of " << calls;
  EXPECT_EQ(world.tell(life_file, "state"), "active");
  EXPECT_EQ(world.tell(life_file, "stuck_generations"), "");
}

TEST_F(IsolatedLifeTest, leavesEverythingAsItWasWhenAnotherPluginOfTheChangeDoesNotStart) {
  start();
  EXPECT_EQ(ask(0, "version").get().annotations.front().second, "\"1.0.0\"");
  // The one is made, the other one ends at its start.
  put("1.1.0");
  std::filesystem::copy_file(ATRIUM_ISOLATED_PLUGINS "/test_trouble.so", directory.path() / "test_trouble.so");
  PluginWishes wishes = world.wishes;
  PluginUse& trouble = wishes.use["test.trouble"];
  trouble.run = RunPlacement::isolated;
  trouble.config = yaml("{at_start: exit}");
  EXPECT_FALSE(host().apply({directory.path()}, wishes));
  EXPECT_EQ(ask(1, "version").get().annotations.front().second, "\"1.0.0\"");
}

TEST_F(IsolatedLifeTest, tellsWhereItWasCalled) {
  start();
  std::promise<Placement> placement;
  shards.postAlways(0, [&] {
    Scene scene;
    const auto room = scene.room();
    const auto user = scene.user();
    const auto message = scene.message();
    ports[0]
        ->messageType("test_life")
        ->call({.hook = Hook::check, .room = &room, .user = &user, .message = &message},
               [&placement](const HookOutcome& outcome) { placement.set_value(outcome.source->placement); });
  });
  EXPECT_EQ(placement.get_future().get(), Placement::isolated);
}

}  // namespace
}  // namespace atrium::test
