#include "plugin/worker_calls.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "edge_world.hpp"

namespace atrium::test {
namespace {

class WorkerCallsTest : public testing::Test, protected EdgeWorld {
 protected:
  WorkerCallsTest() : EdgeWorld(ATRIUM_TEST_PLUGINS) {}
  void SetUp() override { ASSERT_TRUE(started) << started.error().detail; }
  PluginLease lease() { return world.host().registry().lease("command", "echo"); }
  void advance(std::chrono::nanoseconds step) {
    now.mono += step;
    timers.advance(now.mono);
  }
  // Runs `job` with a deadline of a second; what it came back with is in `answer`.
  template <typename Job>
  std::uint64_t run(Job job) {
    return calls.run<std::string>(lease(), "execute", 1s, std::move(job), [this](CallAnswer<std::string> came) {
      EXPECT_FALSE(answer) << "it was answered before";
      answer = std::move(came);
    });
  }
  [[nodiscard]] bool drained() {
    LoadedPlugin& plugin = *world.host().find("test.worker");
    return world.host().registry().drained(plugin, 0ms);
  }

  std::optional<CallAnswer<std::string>> answer;
};

TEST_F(WorkerCallsTest, bringsTheAnswerToTheShardThatAsked) {
  run([](const std::shared_ptr<WorkerCall>& call, const WorkerCalls::Answer<std::string>& done) {
    const atrium_status status = call->invoke([] { return ATRIUM_OK; });
    call->settle({status});
    done({status, "said"});
  });
  EXPECT_FALSE(answer);
  shards.turn();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, ATRIUM_OK);
  EXPECT_EQ(answer->value, "said");
  EXPECT_EQ(calls.pending(), 0u);
  workers.stop();
  EXPECT_TRUE(drained());
  EXPECT_NE(world.tell("test_worker.so", "hooks").find(R"("hook":"execute","calls":1)"), std::string::npos)
      << world.tell("test_worker.so", "hooks");
}

TEST_F(WorkerCallsTest, answersAtTheDeadlineAndDropsWhatComesLater) {
  std::promise<void> go, inside;
  run([&](const std::shared_ptr<WorkerCall>& call, const WorkerCalls::Answer<std::string>& done) {
    const atrium_status status = call->invoke([&] {
      inside.set_value();
      go.get_future().wait();
      return ATRIUM_OK;
    });
    call->settle({status});
    done({status, "late"});
  });
  inside.get_future().wait();
  advance(999ms);
  EXPECT_FALSE(answer);
  advance(2ms);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, ATRIUM_TIMED_OUT);
  EXPECT_FALSE(drained()) << "the plugin is still inside";
  go.set_value();
  shards.turn();
  EXPECT_EQ(metrics.sum(Metric::plugin_late_answers), 1);
  workers.stop();
  EXPECT_TRUE(drained());
  EXPECT_NE(world.tell("test_worker.so", "hooks").find(R"("failures":1)"), std::string::npos);
}

// A call that waits for a worker may be given up by then: it would be made for nobody.
TEST_F(WorkerCallsTest, makesNoCallThatNobodyWaitsFor) {
  std::promise<void> go;
  EXPECT_TRUE(workers.post([&] { go.get_future().wait(); }));
  const std::uint64_t number =
      run([](const std::shared_ptr<WorkerCall>&, const WorkerCalls::Answer<std::string>&) { ADD_FAILURE() << "it was given up"; });
  calls.giveUp(number);
  go.set_value();
  workers.stop();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, ATRIUM_CANCELLED);
  EXPECT_TRUE(drained());
  EXPECT_EQ(world.tell("test_worker.so", "hooks"), "[]");
}

// The function comes back at once and says that all is well; that no answer follows is what counts.
TEST_F(WorkerCallsTest, theBreakerHearsOfAnswersThatDoNotCome) {
  PluginBreaker& breaker = world.host().find("test.worker")->breaker();
  for (int n = 0; n < 5; ++n) {
    EXPECT_EQ(breaker.state(), BreakerState::closed);
    std::promise<void> returned;
    run([&](const std::shared_ptr<WorkerCall>& call, const WorkerCalls::Answer<std::string>&) {
      EXPECT_EQ(call->invoke([] { return ATRIUM_OK; }), ATRIUM_OK);
      returned.set_value();
    });
    returned.get_future().wait();
    advance(1001ms);
    ASSERT_TRUE(answer);
    answer.reset();
  }
  EXPECT_EQ(breaker.state(), BreakerState::open);
  EXPECT_EQ(world.tell("test_worker.so", "state"), "degraded");
  EXPECT_NE(world.tell("test_worker.so", "hooks").find(R"("calls":5,"failures":5)"), std::string::npos)
      << world.tell("test_worker.so", "hooks");
  run([](const std::shared_ptr<WorkerCall>& call, const WorkerCalls::Answer<std::string>& done) {
    done({call->invoke([] { return ADD_FAILURE() << "the breaker is open", ATRIUM_OK; }), {}});
  });
  shards.turn();
  EXPECT_EQ(answer->status, ATRIUM_FAILED);
}

TEST_F(WorkerCallsTest, leasesThePluginUntilALaterAnswer) {
  std::promise<WorkerCalls::Answer<std::string>> kept;
  run([&](const std::shared_ptr<WorkerCall>&, WorkerCalls::Answer<std::string> done) { kept.set_value(std::move(done)); });
  const auto later = kept.get_future().get();
  workers.stop();
  EXPECT_FALSE(drained()) << "it has returned and not answered";
  later({ATRIUM_OK, "at last"});
  later({ATRIUM_OK, "twice"});
  shards.turn();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->value, "at last");
  EXPECT_TRUE(drained());
  shards.turn();
  EXPECT_EQ(metrics.sum(Metric::plugin_late_answers), 1);
}

TEST_F(WorkerCallsTest, saysAtOnceThatThePoolIsFull) {
  std::promise<void> go, inside;
  EXPECT_TRUE(workers.post([&] {
    inside.set_value();
    go.get_future().wait();
  }));
  inside.get_future().wait();
  EXPECT_TRUE(workers.post([] {}));
  run([](const std::shared_ptr<WorkerCall>&, const WorkerCalls::Answer<std::string>&) { ADD_FAILURE() << "it was not to run"; });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, ATRIUM_FULL);
  EXPECT_TRUE(drained());
  go.set_value();
  workers.stop();  // Nobody waits for the promise any more.
}

TEST_F(WorkerCallsTest, tellsAPluginOnAWorkerThatItsCallWasGivenUp) {
  std::promise<void> inside, told, go;
  std::thread::id teller;
  const std::uint64_t number = run([&](const std::shared_ptr<WorkerCall>& call, const WorkerCalls::Answer<std::string>&) {
    EXPECT_TRUE(call->whenOver([] { return true; },
                               [&] {
                                 teller = std::this_thread::get_id();
                                 told.set_value();
                                 go.get_future().wait();
                               }));
    inside.set_value();
  });
  inside.get_future().wait();
  calls.giveUp(number);  // Though the plugin takes its time, the shard goes on.
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, ATRIUM_CANCELLED);
  told.get_future().wait();
  EXPECT_NE(teller, std::this_thread::get_id());
  EXPECT_FALSE(drained()) << "it is leased while it is told";
  go.set_value();
  workers.stop();
  EXPECT_TRUE(drained());
}

TEST_F(WorkerCallsTest, doesNotCallWhatWasGivenUpWhileItWaitedForAWorker) {
  std::promise<void> inside, go;
  EXPECT_TRUE(workers.post([&] {
    inside.set_value();
    go.get_future().wait();
  }));
  inside.get_future().wait();
  calls.giveUp(run([](const std::shared_ptr<WorkerCall>&, const WorkerCalls::Answer<std::string>&) { ADD_FAILURE() << "nobody waits"; }));
  go.set_value();
  workers.stop();
  EXPECT_TRUE(drained());
}

TEST_F(WorkerCallsTest, holdsCallsWhileThePluginIsBeingExchanged) {
  LoadedPlugin& plugin = *world.host().find("test.worker");
  PluginRegistry& registry = world.host().registry();
  registry.hold(plugin);
  EXPECT_TRUE(registry.left(plugin, 0ms)) << "nobody was inside";
  run([](const std::shared_ptr<WorkerCall>&, const WorkerCalls::Answer<std::string>& done) { done({ATRIUM_OK, "said"}); });
  while (registry.patience(plugin, 1h) == 1h) std::this_thread::yield();  // Until it waits.
  EXPECT_LE(registry.patience(plugin, 1h), 500ms) << "for half of its deadline at most";
  EXPECT_FALSE(answer);
  registry.letGo(plugin, false);
  shards.turn();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->value, "said");
  workers.stop();
  EXPECT_TRUE(drained());
}

TEST_F(WorkerCallsTest, isInsideForAsLongAsThePluginsFunctionRuns) {
  LoadedPlugin& plugin = *world.host().find("test.worker");
  PluginRegistry& registry = world.host().registry();
  std::promise<void> inside, go;
  run([&](const std::shared_ptr<WorkerCall>&, const WorkerCalls::Answer<std::string>&) {
    inside.set_value();
    go.get_future().wait();
  });
  inside.get_future().wait();
  registry.hold(plugin);
  EXPECT_FALSE(registry.left(plugin, 0ms));
  go.set_value();
  EXPECT_TRUE(registry.left(plugin, 1min)) << "though it still owes its answer";
  registry.letGo(plugin, false);
}

TEST_F(WorkerCallsTest, canBeGivenUp) {
  std::promise<WorkerCalls::Answer<std::string>> kept;
  const std::uint64_t number =
      run([&](const std::shared_ptr<WorkerCall>&, WorkerCalls::Answer<std::string> done) { kept.set_value(std::move(done)); });
  const auto never = kept.get_future().get();
  workers.stop();
  calls.giveUp(number);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, ATRIUM_CANCELLED);
  EXPECT_TRUE(drained());
  calls.giveUp(number);
}

}  // namespace
}  // namespace atrium::test
