#include "loop/loop_pool.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <future>
#include <set>
#include <thread>

#include "protocol/metrics.hpp"

namespace atrium {
namespace {

TEST(LoopPool, runsEachLoopOnItsOwnThread) {
  SystemClock clock;
  MetricRegistry registry(metric_table);
  LoopPool pool(3, {}, clock, registry);
  ASSERT_EQ(pool.size(), 3u);
  pool.start();
  std::set<std::thread::id> threads{std::this_thread::get_id()};
  for (unsigned at = 0; at < pool.size(); ++at) {
    EXPECT_EQ(pool[at].index(), at);
    std::promise<std::thread::id> id;
    EXPECT_TRUE(pool[at].post([&id] { id.set_value(std::this_thread::get_id()); }));
    threads.insert(id.get_future().get());
  }
  EXPECT_EQ(threads.size(), 4u);
  pool.stop();
  EXPECT_FALSE(pool[0].post([] {}));
}

TEST(LoopPool, loopsPostToEachOther) {
  SystemClock clock;
  MetricRegistry registry(metric_table);
  LoopPool pool(2, {}, clock, registry);
  pool.start();
  std::promise<void> done;
  int left = 2000;  // Handed from loop to loop, so never touched by two at once.
  std::function<void()> pass = [&] {
    if (--left == 0) return done.set_value();
    EXPECT_TRUE(pool[static_cast<unsigned>(left) % 2].post([&] { pass(); }));
  };
  EXPECT_TRUE(pool[0].post([&] { pass(); }));
  done.get_future().wait();
  pool.stop();
  EXPECT_EQ(left, 0);
}

TEST(AvailableCores, isTheAffinityMask) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(availableCores(), static_cast<unsigned>(CPU_COUNT(&before)));
  unsigned inside = 0;
  std::thread narrowed([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (std::size_t core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core)
      if (CPU_ISSET(core, &before)) CPU_SET(core, &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    inside = availableCores();
  });
  narrowed.join();
  EXPECT_EQ(inside, 1u);
}

}  // namespace
}  // namespace atrium
