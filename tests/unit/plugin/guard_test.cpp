#include "plugin/guard.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace atrium {
namespace {

using namespace std::chrono_literals;

TEST(CallClock, agreesWithTheSystemsClock) {
  const CallClock clock;
  const auto start = std::chrono::steady_clock::now();
  const std::uint64_t from = CallClock::ticks();
  while (std::chrono::steady_clock::now() - start < 20ms) {
  }
  const std::uint64_t to = CallClock::ticks();
  const auto truly = std::chrono::steady_clock::now() - start;
  EXPECT_GE(clock.between(from, to), 18ms);
  EXPECT_LE(clock.between(from, to), truly + truly / 10);
  EXPECT_EQ(clock.between(to, from), 0ns) << "never negative";
}

TEST(HookGuard, countsCallsFailuresAndOverruns) {
  const CallClock clock;
  HookGuard guard("check", 0ns, clock);
  EXPECT_EQ(guard.call([&] {
    EXPECT_TRUE(guard.inside());
    return ATRIUM_INVALID;
  }),
            ATRIUM_INVALID);
  EXPECT_FALSE(guard.inside());
  guard.countFailure();
  EXPECT_EQ(guard.failures(), 1u);
  EXPECT_EQ(guard.overruns(), 1u);
  EXPECT_TRUE(guard.lastOverran());
  Histogram::Snapshot snapshot;
  guard.duration().addTo(snapshot);
  EXPECT_EQ(snapshot.count, 1u);
}

TEST(HookGuard, letsNoExceptionOut) {
  const CallClock clock;
  HookGuard guard("check", 1h, clock);
  EXPECT_EQ(guard.call([]() -> atrium_status { throw std::runtime_error("no"); }), ATRIUM_FAILED);
  EXPECT_EQ(guard.call([]() -> atrium_status { throw 7; }), ATRIUM_FAILED);
  EXPECT_FALSE(guard.inside());
  EXPECT_FALSE(guard.lastOverran());
  EXPECT_EQ(guard.overruns(), 0u);
}

}  // namespace
}  // namespace atrium
