#include "loop/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <vector>

#include "protocol/metrics.hpp"

namespace atrium {
namespace {

// A job that stays inside until it is let go.
class Latch {
 public:
  Task job() {
    return [this] {
      entered_.set_value();
      leave_.get_future().wait();
    };
  }
  void awaitEntered() { entered_.get_future().wait(); }
  void letGo() { leave_.set_value(); }

 private:
  std::promise<void> entered_, leave_;
};

class WorkerPoolTest : public testing::Test {
 protected:
  static WorkerPool::Options options(unsigned threads) {
    return {.threads = threads,
            .hang_after = 1h,
            .replacements_max = 1,
            .waiting = Metric::worker_jobs_waiting,
            .hung = Metric::workers_hung,
            .refused = Metric::worker_jobs_refused,
            .job_seconds = Metric::worker_job_seconds};
  }
  void make(const WorkerPool::Options& with) { pool.emplace(with, clock, log, registry.makeSet()); }

  SystemClock clock;
  Log log{Log::Options{.level = LogLevel::error}};
  MetricRegistry registry{metric_table};
  std::optional<WorkerPool> pool;
};

TEST_F(WorkerPoolTest, alarmsComeInTimeThoughAllThreadsAreBusy) {
  WorkerPool::Options busy = options(1);
  busy.jobs_max = 1;
  make(busy);
  Latch latch;
  EXPECT_TRUE(pool->post(latch.job()));
  latch.awaitEntered();
  std::promise<void> rang;
  EXPECT_NE(pool->alarmAfter(1ms, [&] { rang.set_value(); }), 0u);
  rang.get_future().wait();
  const std::uint64_t silenced = pool->alarmAfter(1h, [] { ADD_FAILURE() << "it was cancelled"; });
  EXPECT_TRUE(pool->cancel(silenced));
  pool->look(clock.now().mono + 2h);
  latch.letGo();
}

TEST_F(WorkerPoolTest, sayOnEachThreadThatItBegan) {
  WorkerPool::Options told = options(3);
  std::atomic<int> began{0};
  told.thread_began = [&began] { ++began; };
  make(told);
  pool->stop();
  EXPECT_EQ(began, 3);
}

TEST_F(WorkerPoolTest, runsJobsOnSeveralThreads) {
  make(options(2));
  Latch first, second;
  EXPECT_TRUE(pool->post(first.job()));
  EXPECT_TRUE(pool->post(second.job()));
  first.awaitEntered();
  second.awaitEntered();
  first.letGo();
  second.letGo();
  pool->stop();
  EXPECT_EQ(registry.histogram(Metric::worker_job_seconds).count, 2u);
}

TEST_F(WorkerPoolTest, refusesWhatIsAboveItsBound) {
  auto with = options(1);
  with.jobs_max = 2;
  make(with);
  Latch inside;
  EXPECT_TRUE(pool->post(inside.job()));
  inside.awaitEntered();
  EXPECT_TRUE(pool->post([] {}));
  EXPECT_FALSE(pool->post([] {})) << "one runs and one waits";
  EXPECT_EQ(registry.sum(Metric::worker_jobs_refused), 1);
  EXPECT_EQ(registry.sum(Metric::worker_jobs_waiting), 1);
  std::promise<void> unbounded;
  EXPECT_TRUE(pool->postAlways([&] { unbounded.set_value(); }));
  inside.letGo();
  unbounded.get_future().wait();
}

// Two slow jobs of one plugin, and everybody else would wait for it.
TEST_F(WorkerPoolTest, oneOwnerTakesNoMoreThanItsShareOfTheThreads) {
  make(options(2));
  Latch first, second, other;
  EXPECT_TRUE(pool->post(first.job(), "first", "slow"));
  first.awaitEntered();
  EXPECT_TRUE(pool->post(second.job(), "second", "slow"));
  EXPECT_TRUE(pool->post(other.job(), "other", "quick"));
  other.awaitEntered();
  EXPECT_EQ(registry.sum(Metric::worker_jobs_waiting), 1) << "the second of the slow ones";
  first.letGo();
  second.awaitEntered();
  second.letGo();
  other.letGo();
  pool->stop();  // Before the latches go.
}

TEST_F(WorkerPoolTest, oneOwnerTakesNoMoreThanHalfOfThePlaces) {
  auto with = options(2);
  with.jobs_max = 4;
  make(with);
  Latch inside;
  EXPECT_TRUE(pool->post(inside.job(), "inside", "busy"));
  inside.awaitEntered();
  EXPECT_TRUE(pool->post([] {}, "waits", "busy"));
  EXPECT_FALSE(pool->post([] {}, "one more", "busy"));
  EXPECT_EQ(registry.sum(Metric::worker_jobs_refused), 1);
  EXPECT_TRUE(pool->post([] {}, "other", "quick"));
  inside.letGo();
  pool->stop();
  EXPECT_EQ(registry.histogram(Metric::worker_job_seconds).count, 3u);
}

TEST_F(WorkerPoolTest, runsWhatWaitsBeforeItStops) {
  make(options(1));
  Latch inside;
  bool ran = false;
  EXPECT_TRUE(pool->post(inside.job()));
  inside.awaitEntered();
  EXPECT_TRUE(pool->post([&] { ran = true; }));
  EXPECT_NE(pool->postAfter(1h, [] { ADD_FAILURE() << "it was not due"; }), 0u);
  inside.letGo();
  pool->stop();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(pool->post([] {}));
  EXPECT_EQ(pool->postAfter(0s, [] {}), 0u);
}

TEST_F(WorkerPoolTest, goesOnAfterAnException) {
  make(options(1));
  EXPECT_TRUE(pool->post([] { throw std::runtime_error("no"); }, "a job"));
  std::promise<void> next;
  EXPECT_TRUE(pool->post([&] { next.set_value(); }));
  next.get_future().wait();
}

TEST_F(WorkerPoolTest, runsALaterJobWhenItIsDueAndNotBefore) {
  make(options(1));
  std::promise<void> ran;
  const std::uint64_t late = pool->postAfter(2h, [&] { ran.set_value(); });
  const std::uint64_t never = pool->postAfter(1h, [] { ADD_FAILURE() << "it was cancelled"; });
  EXPECT_TRUE(pool->cancel(never));
  EXPECT_FALSE(pool->cancel(never));
  auto future = ran.get_future();
  pool->look(clock.now().mono + 119min);
  EXPECT_EQ(future.wait_for(0s), std::future_status::timeout);
  pool->look(clock.now().mono + 121min);
  future.wait();
  EXPECT_FALSE(pool->cancel(late)) << "it has run";
}

TEST_F(WorkerPoolTest, theKeeperHandsOverWhatIsDueByItself) {
  make(options(1));
  std::promise<void> ran;
  EXPECT_NE(pool->postAfter(1ms, [&] { ran.set_value(); }), 0u);
  ran.get_future().wait();
}

TEST_F(WorkerPoolTest, boundsWhatIsToRunLater) {
  auto with = options(1);
  with.later_max = 1;
  make(with);
  EXPECT_NE(pool->postAfter(1h, [] {}), 0u);
  EXPECT_EQ(pool->postAfter(1h, [] {}), 0u);
  EXPECT_EQ(registry.sum(Metric::worker_jobs_refused), 1);
}

TEST_F(WorkerPoolTest, worksOnBesideAJobThatHangs) {
  make(options(1));
  Latch hung, second;
  EXPECT_TRUE(pool->post(hung.job(), "acme.plugin execute"));
  hung.awaitEntered();
  std::promise<void> other;
  EXPECT_TRUE(pool->post([&] { other.set_value(); }));
  pool->look(clock.now().mono + 2h);
  other.get_future().wait();
  EXPECT_EQ(registry.sum(Metric::workers_hung), 1);

  // The bound of replacements: a second one that hangs gets none.
  EXPECT_TRUE(pool->post(second.job()));
  second.awaitEntered();
  bool ran = false;
  EXPECT_TRUE(pool->post([&] { ran = true; }));
  pool->look(clock.now().mono + 2h);
  EXPECT_EQ(registry.sum(Metric::workers_hung), 2);
  EXPECT_EQ(registry.sum(Metric::worker_jobs_waiting), 1);

  hung.letGo();
  second.letGo();
  pool->stop();
  EXPECT_TRUE(ran);
  EXPECT_EQ(registry.sum(Metric::workers_hung), 0);
}

}  // namespace
}  // namespace atrium
