#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

TEST(Clock, writesTimesAsTheProtocolWantsThem) {
  EXPECT_EQ(formatTime(fromMillis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(formatTime(fromMillis(1'768'059'000'123)), "2026-01-10T15:30:00.123Z");
  EXPECT_EQ(formatTime(fromMillis(1'709'251'199'999)), "2024-02-29T23:59:59.999Z");
  EXPECT_EQ(formatTime(fromMillis(253'402'300'799'999)), "9999-12-31T23:59:59.999Z");
}

TEST(Clock, theManualOneMovesBothTimesTogether) {
  ManualClock clock;
  const Now before = clock.now();
  EXPECT_EQ(clock.now().mono, before.mono);
  for (int i = 0; i < 1000; ++i) clock.advance(1'500us);  // Parts of a millisecond add up.
  EXPECT_EQ(clock.now().mono - before.mono, 1500ms);
  EXPECT_EQ(toMillis(clock.now().wall) - toMillis(before.wall), 1500U);
}

TEST(Clock, theSystemsOneDoesNotGoBack) {
  const SystemClock clock;
  Mono last = clock.now().mono;
  for (int i = 0; i < 1000; ++i) {
    const Mono next = clock.now().mono;
    ASSERT_GE(next, last);
    last = next;
  }
  EXPECT_GT(toMillis(clock.now().wall), 1'700'000'000'000U);
}

}  // namespace
}  // namespace atrium
