#include "app/node_state.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "app/loop_shards.hpp"
#include "plugin_world.hpp"
#include "protocol/metrics.hpp"

namespace atrium {
namespace {

// A node over the memory storage and two loops that do not run.
class NodeStates : public testing::Test {
 protected:
  void SetUp() override {
    world.wishes.storage = "memory";
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    store.emplace(*world.host().storage(), shards, clock, world.log, metrics.makeSet(), StoreHost::Options{});
    node.emplace(NodeState::Parts{.metrics = metrics,
                                  .own = metrics.makeSet(),
                                  .log = world.log,
                                  .clock = clock,
                                  .plugins = world.host(),
                                  .store = *store,
                                  .loops = pool,
                                  .connections = budget,
                                  .connections_max = 10,
                                  .storage_name = "memory (received)",
                                  .board = board});
  }

  test::PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  SystemClock clock;
  MetricRegistry metrics{metric_table};
  LoopPool pool{2, {}, clock, metrics};
  LoopShards shards{pool};
  ConnectionBudget budget{10};
  std::optional<StoreHost> store;
  SinkBoard board;
  std::optional<NodeState> node;
};

TEST_F(NodeStates, goFromTheStartOverReadyToTheEnd) {
  EXPECT_EQ(node->readiness().status, "starting");
  EXPECT_FALSE(node->readiness().ready);
  node->ready();
  EXPECT_EQ(node->readiness().status, "ready");
  EXPECT_TRUE(node->readiness().ready);
  node->drain();
  EXPECT_EQ(node->readiness().status, "draining");
  EXPECT_FALSE(node->readiness().ready);
}

TEST_F(NodeStates, aStopDuringTheStartStands) {
  node->drain();
  node->ready();
  EXPECT_TRUE(node->draining());
  EXPECT_EQ(node->readiness().status, "draining");
}

TEST_F(NodeStates, whoSeesOneTenantCostsNoLookAtTheProcess) {
  EXPECT_TRUE(node->status(false).resource_utilization.empty());
  EXPECT_FALSE(node->status(true).resource_utilization.empty());
  EXPECT_EQ(node->status(false).breakers, node->status(true).breakers);
}

}  // namespace
}  // namespace atrium
