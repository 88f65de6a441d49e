#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

#include "app/descriptors.hpp"
#include "app/loop_shards.hpp"
#include "app/process_figures.hpp"
#include "app/signals.hpp"
#include "app/watchdog.hpp"
#include "protocol/metrics.hpp"

namespace atrium {
namespace {

// Something that happens once, seen by another thread. (The std::latch of libstdc++ 12 loses wake-ups now and then.)
class Event {
 public:
  void happen() {
    const std::scoped_lock lock(mutex_);
    happened_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return happened_; });
  }
  [[nodiscard]] bool happened() {
    const std::scoped_lock lock(mutex_);
    return happened_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

TEST(ProcessFigures, areThoseOfARunningProcess) {
  const ProcessFigures figures = readProcessFigures();
  EXPECT_GT(figures.resident_bytes, 100'000u);
  EXPECT_GE(figures.open_descriptors, 3u);
  EXPECT_GT(figures.descriptors_max, figures.open_descriptors);
  EXPECT_GE(figures.threads, 1u);
  std::string text;
  appendProcessMetrics(text, figures);
  EXPECT_NE(text.find("# TYPE process_cpu_seconds_total counter\n"), std::string::npos);
  EXPECT_NE(text.find("\nprocess_threads " + std::to_string(figures.threads) + "\n"), std::string::npos) << text;
}

TEST(Descriptors, areRaisedAsFarAsTheHardLimitAllows) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_GE(before.rlim_max, 256u);
  const rlimit few{.rlim_cur = 128, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_EQ(raiseDescriptorLimit(200), 200u);
  EXPECT_EQ(raiseDescriptorLimit(100), 200u) << "never lowered";
  EXPECT_EQ(readProcessFigures().descriptors_max, 200u);
  if (before.rlim_max != RLIM_INFINITY) {
    EXPECT_EQ(raiseDescriptorLimit(before.rlim_max + 1), before.rlim_max);
  }
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Signals, areToldOnTheLoop) {
  blockSignals();
  const SystemClock clock;
  MetricSet metrics(metric_table);
  Loop loop({}, clock, metrics);
  std::vector<int> told;
  SignalWatcher watcher(loop, [&](int signal) {
    told.push_back(signal);
    if (told.size() == 2) loop.stop();
  });
  ::kill(::getpid(), SIGHUP);
  ::kill(::getpid(), SIGTERM);
  loop.run();
  EXPECT_NE(std::ranges::find(told, SIGHUP), told.end());
  EXPECT_NE(std::ranges::find(told, SIGTERM), told.end());
}

class Loops : public testing::Test {
 protected:
  SystemClock clock;
  MetricRegistry metrics{metric_table};
  LoopPool pool{2, {}, clock, metrics};
};

TEST_F(Loops, carryTasksBetweenShards) {
  LoopShards shards(pool);
  EXPECT_EQ(shards.count(), 2u);
  Event done;
  std::thread::id first, second;
  EXPECT_TRUE(shards.post(0, [&] {
    first = std::this_thread::get_id();
    shards.postAlways(1, [&] {
      second = std::this_thread::get_id();
      done.happen();
    });
  }));
  pool.start();
  done.wait();
  pool.stop();
  EXPECT_NE(first, second);
}

TEST_F(Loops, oneThatIsStuckIsFound) {
  Event inside, leave;
  ASSERT_TRUE(pool[1].post([&] {
    inside.happen();
    leave.wait();
  }));
  pool.start();
  inside.wait();
  EXPECT_EQ(stuckLoop(pool, clock.now().mono + 31s, 30s), 1u);
  EXPECT_FALSE(stuckLoop(pool, clock.now().mono, 30s));
  leave.happen();
  pool.stop();
}

TEST_F(Loops, theWatchdogTellsOfAStuckOne) {
  Event inside, leave, told;
  ASSERT_TRUE(pool[0].post([&] {
    inside.happen();
    leave.wait();
  }));
  pool.start();
  inside.wait();
  {
    Watchdog watchdog(pool, clock, {.period = 1ms, .stuck_after = 0s}, [] {}, [&](Watchdog::Stuck) { told.happen(); });
    told.wait();
  }
  leave.happen();
  pool.stop();
}

TEST_F(Loops, theWatchdogTellsOfAStopThatTakesTooLong) {
  Event looked, told;
  Watchdog watchdog(pool, clock, {.period = 1ms}, [&] { looked.happen(); }, [&](Watchdog::Stuck) { told.happen(); });
  looked.wait();
  EXPECT_FALSE(told.happened());
  watchdog.endBy(clock.now().mono);
  told.wait();
}

TEST_F(Loops, theWatchdogIsThereWhenTheTimeIsUpHoweverSeldomItLooks) {
  Event told;
  Watchdog watchdog(pool, clock, {.period = std::chrono::hours{1}}, [] {}, [&](Watchdog::Stuck) { told.happen(); });
  watchdog.endBy(clock.now().mono + 20ms);
  told.wait();
}

}  // namespace
}  // namespace atrium
