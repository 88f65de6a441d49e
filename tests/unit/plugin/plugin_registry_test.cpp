#include "plugin/plugin_registry.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "plugin_world.hpp"

namespace atrium::test {
namespace {

class PluginRegistryTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    plugin = world.host().find("test.worker");
    ASSERT_NE(plugin, nullptr);
  }
  PluginRegistry& registry() { return world.host().registry(); }

  PluginWorld world{ATRIUM_TEST_PLUGINS};
  LoadedPlugin* plugin = nullptr;
};

TEST_F(PluginRegistryTest, findsWhatIsOfferedByKindAndName) {
  const PluginLease lease = registry().lease("command", "echo");
  ASSERT_TRUE(lease);
  EXPECT_EQ(&*lease, plugin);
  EXPECT_TRUE(lease->extension<CommandKind>());
  EXPECT_TRUE(lease->extension<RoutingScorerKind>());
  EXPECT_FALSE(lease->extension<EventSinkKind>());
  EXPECT_FALSE(registry().lease("command", "idle")) << "that is the scorer's name";
  EXPECT_FALSE(registry().lease("event-sink", "echo"));
  EXPECT_EQ(registry().names("command"), std::vector<std::string>{"echo"});
  EXPECT_EQ(registry().names("assistant"), std::vector<std::string>());
}

TEST_F(PluginRegistryTest, isNotDrainedBeforeTheLastLeaseWasGivenBack) {
  PluginLease first = registry().lease("command", "echo");
  PluginLease second = std::move(first);
  PluginLease third = registry().lease("routing-scorer", "idle");
  EXPECT_FALSE(first);
  registry().withdraw(*plugin);
  EXPECT_FALSE(registry().lease("command", "echo")) << "nobody new enters";
  EXPECT_FALSE(registry().drained(*plugin, std::chrono::milliseconds{0}));
  second = {};
  EXPECT_FALSE(registry().drained(*plugin, std::chrono::milliseconds{0}));
  std::thread holder([lease = std::move(third)]() mutable { lease = {}; });
  EXPECT_TRUE(registry().drained(*plugin, std::chrono::minutes{1}));
  holder.join();
}

TEST_F(PluginRegistryTest, leadsToWhatWasPublishedLast) {
  registry().withdraw(*plugin);
  registry().publish(*plugin, {"command"});
  EXPECT_TRUE(registry().lease("command", "echo"));
  EXPECT_FALSE(registry().lease("routing-scorer", "idle")) << "that kind is switched off";
}

}  // namespace
}  // namespace atrium::test
