#include "base/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.hpp"

namespace atrium {
namespace {

constexpr Mono start{1h};

TEST(TimerWheel, firesAtTheDeadlineAndNotBefore) {
  TimerWheel wheel(start);
  int fired = 0;
  Timer timer([&fired] { ++fired; });
  wheel.arm(timer, start + 1'500us);
  EXPECT_TRUE(timer.armed());
  EXPECT_EQ(timer.deadline(), start + 1'500us);
  wheel.advance(start + 1'499us);
  EXPECT_EQ(fired, 0);
  wheel.advance(start + 2ms);  // To the tick.
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.armed());
  wheel.advance(start + 1h);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, firesADeadlineInThePastAtTheNextAdvance) {
  TimerWheel wheel(start);
  wheel.advance(start + 10s);
  int fired = 0;
  Timer timer([&fired] { ++fired; });
  wheel.arm(timer, start);
  wheel.advance(start + 10s + 1ms);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, armingAgainMovesADeadline) {
  TimerWheel wheel(start);
  int fired = 0;
  Timer timer([&fired] { ++fired; });
  wheel.arm(timer, start + 5ms);
  wheel.arm(timer, start + 500ms);
  EXPECT_EQ(wheel.size(), 1U);
  wheel.advance(start + 499ms);
  EXPECT_EQ(fired, 0);
  wheel.advance(start + 500ms);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, aTimerMayArmItselfAgainAndDisarmOthers) {
  TimerWheel wheel(start);
  int fired = 0;
  std::vector<std::unique_ptr<Timer>> others;
  Timer every([&] {
    ++fired;
    others.clear();
    wheel.arm(every, every.deadline() + 10ms);
  });
  wheel.arm(every, start + 10ms);
  for (int i = 0; i < 3; ++i)
    wheel.arm(*others.emplace_back(std::make_unique<Timer>([] { ADD_FAILURE() << "was destroyed"; })), start + 11ms);
  for (int ms = 1; ms <= 100; ++ms) wheel.advance(start + std::chrono::milliseconds{ms});
  EXPECT_EQ(fired, 10);
}

TEST(TimerWheel, aTimerMayDestroyItselfAtItsEnd) {
  TimerWheel wheel(start);
  std::vector<int> fired;
  std::unique_ptr<Timer> once;
  once = std::make_unique<Timer>([&] {
    fired.push_back(1);
    once.reset();
  });
  Timer next([&] { fired.push_back(2); });
  wheel.arm(next, start + 10ms);
  wheel.arm(*once, start + 10ms);
  wheel.advance(start + 11ms);
  EXPECT_FALSE(once);
  EXPECT_EQ(fired, (std::vector{1, 2}));
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, disarmsWhatOutlivesIt) {
  Timer timer([] { ADD_FAILURE() << "the wheel is gone"; });
  {
    TimerWheel wheel(start);
    wheel.arm(timer, start + 5h);
    EXPECT_TRUE(timer.armed());
  }
  EXPECT_FALSE(timer.armed());
}

TEST(TimerWheel, anEmptyOneHasNoDeadline) {
  TimerWheel wheel(start);
  EXPECT_FALSE(wheel.nextDeadline());
  {
    Timer timer([] {});
    wheel.arm(timer, start + 1s);
    EXPECT_LE(*wheel.nextDeadline(), start + 1s);
  }
  EXPECT_FALSE(wheel.nextDeadline());
}

// Against a map sorted by deadline, with random operations: every timer fires at the first advance at or after its deadline rounded up
// to the tick, once, and nextDeadline() never lets one sleep through.
class TimerWheelModel : public testing::TestWithParam<std::uint64_t> {};

TEST_P(TimerWheelModel, firesWhatASortedMapWould) {
  constexpr std::size_t timers = 200;
  Random random(GetParam());
  TimerWheel wheel(start);
  std::multimap<Mono, std::size_t> due;  // By the tick at which it must fire.
  std::vector<std::multimap<Mono, std::size_t>::iterator> place(timers, due.end());
  std::vector<std::unique_ptr<Timer>> owned;
  Mono now = start;
  std::uint64_t fired = 0;
  for (std::size_t i = 0; i < timers; ++i)
    owned.push_back(std::make_unique<Timer>([&, i] {
      ++fired;
      ASSERT_NE(place[i], due.end()) << "timer " << i << " fired and was not armed";
      ASSERT_LE(place[i]->first, now) << "timer " << i << " fired early";
      due.erase(place[i]);
      place[i] = due.end();
    }));

  // A span of any order of magnitude that the wheel's levels tell apart.
  static constexpr std::chrono::nanoseconds scales[] = {2ms, 70ms, 5s, 5min, 6h};
  const auto randomSpan = [&random](std::size_t largest) {
    return std::chrono::nanoseconds{
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(scales[random.below(largest)].count())))};
  };
  for (int event = 0; event < (ATRIUM_SLOWED ? 10'000 : 50'000) && !HasFatalFailure(); ++event) {
    const std::size_t i = random.below(timers);
    switch (random.below(4)) {
      case 0:
      case 1: {
        const Mono deadline = now + randomSpan(5) - 1ms;
        wheel.arm(*owned[i], deadline);
        if (place[i] != due.end()) due.erase(place[i]);
        const Mono tick = start + std::chrono::ceil<std::chrono::milliseconds>(deadline - start);
        const Mono next_tick = start + std::chrono::floor<std::chrono::milliseconds>(now - start) + 1ms;
        place[i] = due.emplace(std::max(tick, next_tick), i);
        break;
      }
      case 2:
        owned[i]->disarm();
        if (place[i] != due.end()) due.erase(place[i]);
        place[i] = due.end();
        break;
      default: {
        const auto next = wheel.nextDeadline();
        ASSERT_EQ(next.has_value(), !due.empty());
        ASSERT_TRUE(!next || *next <= due.begin()->first) << "would be woken too late";
        now = next && random.below(2) == 0 ? std::max(now, *next) : now + randomSpan(random.below(100) == 0 ? 5 : 3);
        wheel.advance(now);
        ASSERT_TRUE(due.empty() || due.begin()->first > now) << "timer " << due.begin()->second << " is late; seed " << GetParam();
      }
    }
    ASSERT_EQ(wheel.size(), due.size());
    ASSERT_EQ(owned[i]->armed(), place[i] != due.end());
  }
  EXPECT_GT(fired, 1000U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TimerWheelModel, testing::Values(1, 2, 3, 4, 5));

}  // namespace
}  // namespace atrium
