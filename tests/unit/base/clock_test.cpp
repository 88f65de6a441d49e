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

TEST(Clock, readsTimesAsTheProtocolWritesThem) {
  for (const std::uint64_t ms : {0ULL, 1'768'059'000'123ULL, 1'709'251'199'999ULL, 253'402'300'799'999ULL})
    EXPECT_EQ(parseTime(formatTime(fromMillis(ms))), fromMillis(ms));
  EXPECT_EQ(parseTime("2026-01-10T15:30:00Z"), fromMillis(1'768'059'000'000));
  EXPECT_EQ(parseTime("2026-01-10T15:30:00.5Z"), fromMillis(1'768'059'000'500));
  EXPECT_EQ(parseTime("2026-01-10T15:30:00.123456789Z"), fromMillis(1'768'059'000'123));
}

TEST(Clock, readsNothingElse) {
  for (const char* text :
       {"", "2026", "2026-01-10", "2026-01-10T15:30:00", "2026-01-10T15:30:00+01:00", "2026-02-30T15:30:00Z", "2026-13-01T15:30:00Z",
        "2026-01-10T24:00:00Z", "2026-01-10T15:60:00Z", "2026-01-10T15:30:60Z", "2026-01-10T15:30:00.Z", "2026-01-10T15:30:00.1234567890Z",
        "2026-01-10T15:30:00Z ", "1969-12-31T23:59:59Z", "2026-1-10T15:30:00Z", "+026-01-10T15:30:00Z"})
    EXPECT_FALSE(parseTime(text)) << text;
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
