#include "loop/loop.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "protocol/metrics.hpp"

namespace atrium {
namespace {

// Two connected sockets; what is written to `far` makes `near` readable.
struct SocketPair {
  SocketPair() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    near = ends[0];
    far = ends[1];
  }
  ~SocketPair() {
    ::close(near);
    ::close(far);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;
  void send() const { EXPECT_EQ(::write(far, "x", 1), 1); }
  int near = -1, far = -1;
};

class CallingWatcher final : public Watcher {
 public:
  explicit CallingWatcher(std::function<void(std::uint32_t)> call) : call_(std::move(call)) {}
  void onReady(std::uint32_t events) override { call_(events); }

 private:
  std::function<void(std::uint32_t)> call_;
};

class LoopTest : public testing::Test {
 protected:
  Loop::Options options() {
    Loop::Options options;
    options.mailbox_tasks = 4;
    options.turn_seconds = Metric::loop_turn_seconds;
    options.mailbox_refused = Metric::mailbox_refused;
    return options;
  }
  SystemClock clock;
  MetricRegistry registry{metric_table};
  Loop loop{options(), clock, registry.makeSet()};
};

TEST_F(LoopTest, runsPostsInOrder) {
  std::vector<int> ran;
  for (int at = 0; at < 3; ++at) EXPECT_TRUE(loop.post([&ran, at] { ran.push_back(at); }));
  EXPECT_TRUE(loop.post([this] { loop.stop(); }));
  loop.run();
  EXPECT_EQ(ran, (std::vector{0, 1, 2}));
}

TEST_F(LoopTest, refusesPostsAboveItsBoundAndCountsThem) {
  for (int at = 0; at < 4; ++at) EXPECT_TRUE(loop.post([] {}));
  EXPECT_FALSE(loop.post([] { FAIL() << "was refused"; }));
  EXPECT_TRUE(loop.postAlways([this] { loop.stop(); }));
  loop.run();
  EXPECT_EQ(registry.sum(Metric::mailbox_refused), 1);
  EXPECT_EQ(registry.histogram(Metric::loop_turn_seconds).count, 1u);
}

TEST_F(LoopTest, destroysWhatIsPostedTooLate) {
  auto held = std::make_shared<int>(0);
  EXPECT_TRUE(loop.post([this] { loop.stop(); }));
  EXPECT_TRUE(loop.post([this, held] { EXPECT_TRUE(loop.post([held] { FAIL() << "the loop has ended"; })); }));
  loop.run();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(loop.post([] {}));
  EXPECT_FALSE(loop.postAlways([] {}));
}

TEST_F(LoopTest, aStopBeforeTheFirstTurnCounts) {
  loop.stop();
  EXPECT_TRUE(loop.post([] { FAIL() << "no turn was to take place"; }));
  loop.run();
}

TEST_F(LoopTest, stopsFromAnotherThreadWhileItSleeps) {
  std::promise<void> running;
  std::thread other([this, &running] {
    running.get_future().wait();
    loop.stop();
  });
  EXPECT_TRUE(loop.post([&running] { running.set_value(); }));
  loop.run();
  other.join();
}

// Posts from many threads, in bursts with the loop asleep in between: a lost wake-up would leave it asleep for ever.
void expectEveryPostToRun(Loop& loop, bool (Loop::*post)(Task)) {
  constexpr int posters = 4, each = 3000;
  int ran = 0;
  std::vector<std::thread> threads;
  for (int at = 0; at < posters; ++at) {
    threads.emplace_back([&] {
      for (int times = 0; times < each; ++times) {
        EXPECT_TRUE((loop.*post)([&] {
          if (++ran == posters * each) loop.stop();
        }));
        if (times % 100 == 0) {
          std::promise<void> reached;
          EXPECT_TRUE((loop.*post)([&] { reached.set_value(); }));
          reached.get_future().wait();
        }
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ran, posters * each);
}

TEST_F(LoopTest, everyPostOfManyThreadsRuns) {
  Loop big({.mailbox_tasks = 100'000}, clock, registry.makeSet());
  expectEveryPostToRun(big, &Loop::post);
}

TEST_F(LoopTest, everyPostAlwaysOfManyThreadsRuns) { expectEveryPostToRun(loop, &Loop::postAlways); }

TEST_F(LoopTest, firesTimersAtTheirTimeAndInOrder) {
  std::vector<int> fired;
  Timer late([&] {
    fired.push_back(2);
    loop.stop();
  });
  Timer early([&] { fired.push_back(1); });
  const Mono start = clock.now().mono;
  loop.timers().arm(late, start + 12ms);
  loop.timers().arm(early, start + 3ms);
  loop.run();
  EXPECT_EQ(fired, (std::vector{1, 2}));
  EXPECT_GE(clock.now().mono - start, 12ms);
}

TEST_F(LoopTest, wakesBetweenTicksWhenAsked) {
  const Mono start = clock.now().mono;
  int turns = 0;
  loop.atTurnEnd([&] {
    if (loop.now().mono >= start + 300us) return loop.stop();
    ++turns;
    loop.wakeBy(start + 300us);
  });
  EXPECT_TRUE(loop.post([] {}));
  loop.run();
  EXPECT_LE(turns, 3) << "it waits, it does not spin";
}

TEST_F(LoopTest, timeStandsStillDuringATurn) {
  Mono first{};
  EXPECT_TRUE(loop.post([&] {
    first = loop.now().mono;
    while (clock.now().mono == first) {
    }
  }));
  EXPECT_TRUE(loop.post([&] {
    EXPECT_EQ(loop.now().mono, first);
    EXPECT_EQ(loop.turnStartedNs(), first.time_since_epoch().count());
    loop.stop();
  }));
  loop.run();
  EXPECT_EQ(loop.turnStartedNs(), 0);
}

TEST_F(LoopTest, handlesReadinessThenPostsThenTimersThenTheEnd) {
  SocketPair pair;
  std::vector<std::string> order;
  Timer timer([&] { order.push_back("timer"); });
  CallingWatcher watcher([&](std::uint32_t events) {
    EXPECT_TRUE(events & EPOLLIN);
    order.push_back("ready");
    loop.unwatch(pair.near, watcher);
    loop.stop();
  });
  loop.watch(pair.near, EPOLLIN, watcher);
  pair.send();
  loop.timers().arm(timer, loop.now().mono);
  EXPECT_TRUE(loop.post([&] { order.push_back("post"); }));
  loop.atTurnEnd([&] { order.push_back("end 1"); });
  loop.atTurnEnd([&] { order.push_back("end 2"); });
  while (clock.now().mono < loop.now().mono + 2ms) {
  }
  loop.run();
  EXPECT_EQ(order, (std::vector<std::string>{"ready", "post", "timer", "end 1", "end 2"}));
}

TEST_F(LoopTest, dropsEventsOfAWatcherThatIsUnwatchedInTheSameTurn) {
  SocketPair one, two;
  int calls = 0;
  std::unique_ptr<CallingWatcher> watchers[2];
  SocketPair* pairs[] = {&one, &two};
  // Whichever is called first removes and destroys the other.
  for (int at : {0, 1}) {
    watchers[at] = std::make_unique<CallingWatcher>([&, at](std::uint32_t) {
      ++calls;
      const int other = 1 - at;
      loop.unwatch(pairs[other]->near, *watchers[other]);
      watchers[other].reset();
      loop.stop();
    });
    loop.watch(pairs[at]->near, EPOLLIN, *watchers[at]);
    pairs[at]->send();
  }
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, rewatchChangesWhatIsAskedFor) {
  SocketPair pair;
  std::vector<std::uint32_t> seen;
  CallingWatcher watcher([&](std::uint32_t events) {
    seen.push_back(events);
    if (seen.size() == 2) return loop.stop();
    loop.rewatch(pair.near, EPOLLOUT, watcher);
  });
  loop.watch(pair.near, EPOLLIN, watcher);
  pair.send();
  loop.run();
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{EPOLLIN, EPOLLOUT}));
  loop.unwatch(pair.near, watcher);
}

TEST_F(LoopTest, anIdleLoopTakesNoTurns) {
  int turns = 0;
  loop.atTurnEnd([&] { ++turns; });
  Timer later([&] { loop.stop(); });
  loop.timers().arm(later, clock.now().mono + 40ms);
  loop.run();
  EXPECT_LE(turns, 5) << "the wheel may ask for a look now and then, no more";
}

TEST_F(LoopTest, turnAgainDoesNotSleep) {
  int turns = 0;
  loop.atTurnEnd([&] {
    if (++turns == 3) return loop.stop();
    loop.turnAgain();
  });
  EXPECT_TRUE(loop.post([] {}));
  loop.run();
  EXPECT_EQ(turns, 3);
}

}  // namespace
}  // namespace atrium
