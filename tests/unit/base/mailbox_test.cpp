#include "base/mailbox.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace atrium {
namespace {

TEST(Mailbox, keepsTheOrderAndAsksToWakeOnce) {
  Mailbox mailbox(10);
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) {
    bool wake = false;
    Task task = [&ran, i] { ran.push_back(i); };
    ASSERT_TRUE(mailbox.post(task, wake));
    EXPECT_EQ(wake, i == 0);
  }
  EXPECT_EQ(mailbox.size(), 3U);
  std::vector<Task> tasks;
  mailbox.take(tasks);
  EXPECT_EQ(mailbox.size(), 0U);
  for (Task& task : tasks) task();
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2}));
}

TEST(Mailbox, refusesAboveItsBoundExceptWhatMustNotBeLost) {
  Mailbox mailbox(1);
  bool wake = false;
  Task first = [] {}, second = [] {};
  EXPECT_TRUE(mailbox.post(first, wake));
  EXPECT_FALSE(mailbox.post(second, wake));
  EXPECT_TRUE(second) << "a refused task stays with its owner";
  EXPECT_TRUE(mailbox.postAlways(second, wake));
  EXPECT_EQ(mailbox.size(), 2U);
}

TEST(Mailbox, refusesEverythingOnceClosedAndKeepsWhatItHas) {
  Mailbox mailbox(10);
  bool wake = false;
  const auto alive = std::make_shared<int>(1);
  Task kept = [alive] {}, late = [] {};
  EXPECT_TRUE(mailbox.post(kept, wake));
  mailbox.close();
  EXPECT_FALSE(mailbox.post(late, wake));
  EXPECT_FALSE(mailbox.postAlways(late, wake));
  EXPECT_EQ(alive.use_count(), 2);
  std::vector<Task> tasks;
  mailbox.take(tasks);
  EXPECT_EQ(tasks.size(), 1U);
  tasks.clear();
  EXPECT_EQ(alive.use_count(), 1) << "a task that never runs is destroyed";
}

TEST(Mailbox, losesNothingBetweenThreads) {
  constexpr int posters = 3, each = 20'000;
  Mailbox mailbox(posters * each);
  std::vector<std::vector<int>> seen(posters);
  std::vector<std::thread> threads;
  for (int p = 0; p < posters; ++p)
    threads.emplace_back([&mailbox, &seen, p] {
      for (int i = 0; i < each; ++i) {
        bool wake = false;
        Task task = [&seen, p, i] { seen[static_cast<std::size_t>(p)].push_back(i); };
        ASSERT_TRUE(mailbox.post(task, wake));
      }
    });
  int ran = 0;
  while (ran < posters * each) {
    std::vector<Task> tasks;
    mailbox.take(tasks);
    for (Task& task : tasks) task();
    ran += static_cast<int>(tasks.size());
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& of_one : seen)
    for (int i = 0; i < each; ++i) ASSERT_EQ(of_one[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace atrium
