#include "engine/serial.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace atrium {
namespace {

TEST(Serial, startsAStepWhenTheOneBeforeItHasEnded) {
  Serial serial;
  std::vector<int> started;
  std::vector<Serial::Next> ends;
  for (int n = 0; n < 3; ++n)
    serial.run([&, n](Serial::Next next) {
      started.push_back(n);
      ends.push_back(std::move(next));
    });
  EXPECT_EQ(started, std::vector<int>({0}));
  EXPECT_EQ(serial.size(), 3u);
  ends[0]();
  EXPECT_EQ(started, std::vector<int>({0, 1}));
  EXPECT_EQ(serial.size(), 2u);
  ends[1]();
  ends[2]();
  EXPECT_EQ(started, std::vector<int>({0, 1, 2}));
  EXPECT_EQ(serial.size(), 0u);
}

TEST(Serial, runsWhatWaitsBeforeItsTurnWhenTold) {
  Serial serial;
  std::vector<int> started;
  std::vector<Serial::Next> ends;
  for (int n = 0; n < 3; ++n)
    serial.run([&, n](Serial::Next next) {
      started.push_back(n);
      ends.push_back(std::move(next));
    });
  serial.runWaiting();
  EXPECT_EQ(started, std::vector<int>({0, 1, 2}));
  EXPECT_EQ(serial.size(), 1u) << "the first has not ended";
  ends[1]();
  ends[2]();
  EXPECT_EQ(serial.size(), 1u);
  serial.run([&](Serial::Next next) {
    started.push_back(3);
    next();
  });
  EXPECT_EQ(started.size(), 3u);
  ends[0]();
  EXPECT_EQ(started.back(), 3);
  EXPECT_EQ(serial.size(), 0u);
}

TEST(Serial, runsAtOnceWhenNothingWaits) {
  Serial serial;
  int runs = 0;
  serial.run([&](Serial::Next next) {
    ++runs;
    next();
  });
  serial.run([&](Serial::Next next) {
    ++runs;
    next();
  });
  EXPECT_EQ(runs, 2);
}

TEST(Serial, keepsTheOrderOfStepsAddedByAStep) {
  Serial serial;
  std::vector<int> order;
  serial.run([&](Serial::Next next) {
    serial.run([&](Serial::Next inner) {
      order.push_back(2);
      inner();
    });
    order.push_back(1);
    next();
  });
  EXPECT_EQ(order, std::vector<int>({1, 2}));
}

TEST(Serial, doesNotNestStepsThatEndAtOnce) {
  Serial serial;
  Serial::Next first;
  serial.run([&](Serial::Next next) { first = std::move(next); });
  int runs = 0, depth = 0, depth_max = 0;
  for (int n = 0; n < 100'000; ++n)
    serial.run([&](Serial::Next next) {
      depth_max = std::max(depth_max, ++depth);
      ++runs;
      next();
      --depth;
    });
  first();
  EXPECT_EQ(runs, 100'000);
  EXPECT_EQ(depth_max, 1);
}

}  // namespace
}  // namespace atrium
