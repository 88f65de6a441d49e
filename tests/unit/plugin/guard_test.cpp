#include "plugin/guard.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "base/clock.hpp"

namespace atrium {
namespace {

using namespace std::chrono_literals;

// Spins until `clock` says that more than `wanted` has gone by. Ends as long as time passes at all.
void spin(const CallClock& clock, std::chrono::nanoseconds wanted) {
  const std::uint64_t from = CallClock::ticks();
  while (clock.between(from, CallClock::ticks()) <= wanted) {
  }
}

// The ticks are read between two looks at the system's clock, so being interrupted anywhere cannot make them disagree.
TEST(CallClock, agreesWithTheSystemsClock) {
  using Steady = std::chrono::steady_clock;
  const CallClock clock;
  const auto outer_start = Steady::now();
  const std::uint64_t from = CallClock::ticks();
  const auto inner_start = Steady::now();
  while (Steady::now() - inner_start < 20ms) {
  }
  const auto inner = Steady::now() - inner_start;
  const std::uint64_t to = CallClock::ticks();
  const auto outer = Steady::now() - outer_start;
  EXPECT_GE(clock.between(from, to), inner - inner / 10);
  EXPECT_LE(clock.between(from, to), outer + outer / 10);
  EXPECT_EQ(clock.between(to, from), 0ns) << "never negative";
}

TEST(HookGuard, countsCallsFailuresAndOverruns) {
  const CallClock clock;
  HookGuard guard("check", 1us, clock);
  EXPECT_EQ(guard.call([&] {
    EXPECT_TRUE(guard.inside());
    spin(clock, 1us);
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

TEST(HookGuard, tellsForHowLongACallHasBeenInside) {
  const CallClock clock;
  HookGuard guard("check", 1h, clock);
  EXPECT_EQ(guard.insideFor(CallClock::ticks()), 0ns);
  static_cast<void>(guard.call([&] {
    spin(clock, 1us);
    EXPECT_GT(guard.insideFor(CallClock::ticks()), 1us);
    return ATRIUM_OK;
  }));
  EXPECT_EQ(guard.insideFor(CallClock::ticks()), 0ns);
}

TEST(HookGuard, findsNoHangWhereTheOtherProcessIsEndedForIt) {
  const CallClock clock;
  HookGuard here("score_batch", 1us, clock, {"test.plugin", "", nullptr, false, true, false});
  HookGuard there("score_batch", 1us, clock, {"test.plugin", "", nullptr, false, true, true});
  for (HookGuard* guard : {&here, &there})
    static_cast<void>(guard->call([&] {
      EXPECT_EQ(guard->hangs(CallClock::ticks() + 1'000'000'000'000), guard == &here) << "minutes later";
      return ATRIUM_OK;
    }));
}

TEST(HookGuard, countsCallsThatAreMadeElsewhere) {
  const CallClock clock;
  const ManualClock time;
  PluginBreaker breaker("test.plugin", 1, time, nullptr);
  HookGuard guard("check", 1ms, clock, {"test.plugin", "", &breaker, false, false, true});
  EXPECT_TRUE(guard.sent());
  EXPECT_TRUE(guard.sent());
  EXPECT_TRUE(guard.sent());
  EXPECT_EQ(guard.inFlight(), 3u);
  EXPECT_FALSE(guard.inside());
  breaker.trip();
  EXPECT_FALSE(guard.sent());
  EXPECT_EQ(guard.refusals(), 1u);
  EXPECT_EQ(guard.inFlight(), 3u);
  guard.answered(2ms);
  EXPECT_FALSE(guard.lastRefused()) << "it is another one that was";
  guard.countFailure();
  guard.answered(std::nullopt);
  guard.countFailure();
  guard.answered(10us);
  EXPECT_EQ(guard.inFlight(), 0u);
  EXPECT_EQ(guard.failures(), 2u);
  EXPECT_EQ(guard.overruns(), 1u);
  Histogram::Snapshot snapshot;
  guard.duration().addTo(snapshot);
  EXPECT_EQ(snapshot.count, 2u) << "one never came to the plugin";
}

TEST(HookGuard, letsThroughWhatItIsNotToKeepAwayAndTellsTheBreakerAllTheSame) {
  const CallClock clock;
  const ManualClock time;
  PluginBreaker breaker("test.plugin", 1, time, nullptr);
  HookGuard always("job", 1h, clock, {"test.plugin", "", &breaker, true});
  for (int n = 0; n < 5; ++n) EXPECT_EQ(always.call([] { return ATRIUM_FAILED; }), ATRIUM_FAILED);
  EXPECT_EQ(breaker.state(), BreakerState::open);
  HookGuard other("check", 1h, clock, {"test.plugin", "", &breaker, false});
  bool ran = false;
  const auto run = [&ran] { return ran = true, ATRIUM_OK; };
  EXPECT_EQ(other.call(run), ATRIUM_FAILED);
  EXPECT_FALSE(ran);
  EXPECT_EQ(always.call(run), ATRIUM_OK);
  EXPECT_TRUE(ran);
}

TEST(HookGuard, failsAfterFiveInARow) {
  const CallClock clock;
  HookGuard guard("check", 1h, clock);
  const auto call = [&](bool fails) {
    guard.call([] { return ATRIUM_OK; });
    if (fails) guard.countFailure();
  };
  for (int n = 0; n < 4; ++n) call(true);
  EXPECT_FALSE(guard.failing());
  call(false);
  for (int n = 0; n < 4; ++n) call(true);
  EXPECT_FALSE(guard.failing()) << "a success begins the count anew";
  call(true);
  EXPECT_TRUE(guard.failing());
  call(true);
  EXPECT_TRUE(guard.failing());
  call(false);
  EXPECT_FALSE(guard.failing());
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

class Troubles final : public PluginTroubles {
 public:
  void breakerChanged(const std::string& /*plugin*/, std::uint64_t /*generation*/, BreakerState /*state*/) override {}
  void faulted(const std::string& /*plugin*/, std::uint64_t /*generation*/, std::string_view /*what*/) override { ++faults; }
  void cameBack(const std::string& /*plugin*/, std::uint64_t /*generation*/) override { ++came_back; }
  int faults = 0, came_back = 0;
};

// A thread that is inside beyond all patience is found by another one, and only while it is there.
TEST(HookGuard, keepsCallsAwayWhileOneHangs) {
  const CallClock clock;
  const SystemClock time;
  Troubles troubles;
  PluginBreaker breaker("test", 1, time, &troubles);
  HookGuard guard("execute", 1ms, clock, {.plugin = "test", .sha256 = "", .breaker = &breaker});
  HookGuard other("cancel", 1h, clock, {.plugin = "test", .sha256 = "", .breaker = &breaker});
  EXPECT_FALSE(guard.tellStuck()) << "nobody is inside";
  guard.call([&] {
    EXPECT_FALSE(guard.hangs(CallClock::ticks()));
    EXPECT_TRUE(guard.tellStuck());
    EXPECT_FALSE(guard.tellStuck()) << "that is known";
    EXPECT_EQ(other.call([] { return ATRIUM_OK; }), ATRIUM_FAILED);
    EXPECT_TRUE(other.lastRefused());
    spin(clock, HookGuard::hang_least);
    EXPECT_TRUE(guard.hangs(CallClock::ticks()));
    return ATRIUM_OK;
  });
  EXPECT_EQ(troubles.came_back, 1);
  EXPECT_EQ(troubles.faults, 0) << "whoever found it has told";
  EXPECT_EQ(other.call([] { return ATRIUM_OK; }), ATRIUM_OK);
  EXPECT_FALSE(breaker.holds());
}

}  // namespace
}  // namespace atrium
