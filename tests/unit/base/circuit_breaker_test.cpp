#include "base/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

namespace atrium {
namespace {

using std::chrono::nanoseconds;

class Breaker : public testing::Test {
 protected:
  void fail(int times = 1) {
    for (int i = 0; i < times; ++i) {
      const auto call = breaker.begin(now);
      ASSERT_TRUE(call);
      breaker.end(*call, false, now);
    }
  }
  void succeed(int times = 1) {
    for (int i = 0; i < times; ++i) {
      const auto call = breaker.begin(now);
      ASSERT_TRUE(call);
      breaker.end(*call, true, now);
    }
  }

  std::vector<CircuitBreaker::Change> changes;
  CircuitBreaker breaker{BreakerRules{}, Random(7), [this](const CircuitBreaker::Change& change) { changes.push_back(change); }};
  Mono now{1h};
};

TEST_F(Breaker, opensAfterFiveFailuresInARow) {
  fail(4);
  succeed();
  fail(4);
  EXPECT_EQ(breaker.state(), BreakerState::closed);
  fail();
  EXPECT_EQ(breaker.state(), BreakerState::open);
  EXPECT_FALSE(breaker.begin(now));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].to, BreakerState::open);
}

TEST_F(Breaker, opensWhenHalfOfTheLastCallsFailed) {
  for (int i = 0; i < 4; ++i) {
    succeed();
    fail();
  }
  succeed();
  EXPECT_EQ(breaker.state(), BreakerState::closed) << "nine calls are too few to tell";
  fail();
  EXPECT_EQ(breaker.state(), BreakerState::open);
}

TEST_F(Breaker, forgetsCallsThatAreTenSecondsOld) {
  for (int i = 0; i < 4; ++i) {
    succeed();
    fail();
  }
  now += 10s;
  succeed();
  fail();
  EXPECT_EQ(breaker.state(), BreakerState::closed);
}

TEST_F(Breaker, looksAtNoMoreThanTwentyCalls) {
  succeed(100);
  for (int i = 0; i < 9; ++i) {
    fail();
    succeed();
  }
  EXPECT_EQ(breaker.state(), BreakerState::closed) << "nine of twenty";
  fail();
  EXPECT_EQ(breaker.state(), BreakerState::open);
}

TEST_F(Breaker, aSuccessPastTheDeadlineIsAFailure) {
  for (int i = 0; i < 5; ++i) {
    const auto call = breaker.begin(now);
    now += 250ms + nanoseconds{1};
    breaker.end(*call, true, now);
  }
  EXPECT_EQ(breaker.state(), BreakerState::open);
}

TEST_F(Breaker, aSuccessAtTheDeadlineIsOne) {
  fail(4);
  const auto call = breaker.begin(now);
  now += 250ms;
  breaker.end(*call, true, now);
  fail(4);
  EXPECT_EQ(breaker.state(), BreakerState::closed);
}

TEST_F(Breaker, letsOneProbeThroughAndClosesAfterTwo) {
  fail(5);
  now += breaker.retryAfter(now) - nanoseconds{1};
  EXPECT_FALSE(breaker.begin(now));
  now += nanoseconds{1};
  const auto first = breaker.begin(now);
  ASSERT_TRUE(first);
  EXPECT_EQ(breaker.state(), BreakerState::half_open);
  EXPECT_FALSE(breaker.begin(now));
  EXPECT_EQ(breaker.retryAfter(now), nanoseconds(250ms));
  breaker.end(*first, true, now);
  EXPECT_EQ(breaker.state(), BreakerState::half_open);
  const auto second = breaker.begin(now);
  ASSERT_TRUE(second);
  breaker.end(*first, true, now);  // Told twice: it was counted once.
  EXPECT_EQ(breaker.state(), BreakerState::half_open);
  breaker.end(*second, true, now);
  EXPECT_EQ(breaker.state(), BreakerState::closed);
  EXPECT_EQ(breaker.retryAfter(now), nanoseconds{0});
  fail(4);
  EXPECT_EQ(breaker.state(), BreakerState::closed) << "failures from before are forgotten";
}

TEST_F(Breaker, aFailedProbeDoublesTheWaitUpToAMinuteAndClosingResetsIt) {
  fail(5);
  const std::vector<nanoseconds> nominal = {5s, 10s, 20s, 40s, 60s, 60s};
  for (const nanoseconds expected : nominal) {
    const nanoseconds wait = breaker.retryAfter(now);
    EXPECT_GE(wait, expected * 8 / 10);
    EXPECT_LE(wait, expected * 12 / 10);
    EXPECT_EQ(changes.back().open_for, wait);
    now += wait;
    fail();
    EXPECT_EQ(breaker.state(), BreakerState::open);
  }
  now += 72s;
  succeed(2);
  fail(5);
  EXPECT_LE(breaker.retryAfter(now), nanoseconds(6s));
}

TEST_F(Breaker, aLateSuccessWhileOpenDoesNotCloseIt) {
  const auto slow = breaker.begin(now);
  fail(5);
  breaker.end(*slow, true, now);
  EXPECT_EQ(breaker.state(), BreakerState::open);
  now += 6s;
  const auto probe = breaker.begin(now);
  ASSERT_TRUE(probe);
  breaker.end(*slow, false, now);
  EXPECT_EQ(breaker.state(), BreakerState::half_open) << "a call from before it opened tells nothing about now";
}

TEST_F(Breaker, aProbeWhoseAnswerGotLostFailsAtItsDeadline) {
  fail(5);
  now += 6s;
  const auto lost = breaker.begin(now);
  ASSERT_TRUE(lost);
  now += 251ms;
  EXPECT_FALSE(breaker.begin(now));
  EXPECT_EQ(breaker.state(), BreakerState::open);
  EXPECT_GE(changes.back().open_for, nanoseconds(8s));
  breaker.end(*lost, true, now);
  EXPECT_EQ(breaker.state(), BreakerState::open);
  now += 13s;
  EXPECT_TRUE(breaker.begin(now));
  now += 1h;
  EXPECT_TRUE(breaker.begin(now)) << "the time since the lost probe counts as waiting";
}

TEST_F(Breaker, jitterDiffersBetweenBreakers) {
  CircuitBreaker other{BreakerRules{}, Random(8), {}};
  fail(5);
  for (int i = 0; i < 5; ++i) other.end(*other.begin(now), false, now);
  EXPECT_NE(breaker.retryAfter(now), other.retryAfter(now));
}

// The same rules written down as naively as can be: every outcome is kept, every rule recomputed from them.
class NaiveBreaker {
 public:
  struct Outcome {
    Mono at;
    bool failed;
  };

  bool wouldBegin(Mono now) {
    if (state == BreakerState::half_open && probe && now > *probe + 250ms) reopen(*probe + 250ms);
    if (state == BreakerState::open && now >= open_until) {
      state = BreakerState::half_open;
      good_probes = 0;
      probe.reset();
      ++age;
    }
    if (state == BreakerState::closed) return true;
    if (state == BreakerState::open || probe) return false;
    probe = now;
    ++age;
    return true;
  }

  void end(Mono begun, std::uint64_t call_age, bool succeeded, Mono now) {
    if (call_age != age) return;
    const bool failed = !succeeded || now > begun + 250ms;
    if (state == BreakerState::half_open) {
      ++age;
      probe.reset();
      if (failed) return reopen(now);
      if (++good_probes < 2) return;
      state = BreakerState::closed;
      outcomes.clear();
      failed_probes = 0;
      return;
    }
    outcomes.push_back({now, failed});
    if (failed && (lastFiveFailed() || halfFailed(now))) reopen(now);
  }

  // Exponential, capped, before jitter.
  [[nodiscard]] nanoseconds nominal() const {
    nanoseconds period = 5s;
    for (unsigned i = 1; i < failed_probes; ++i) period = std::min<nanoseconds>(period * 2, 60s);
    return period;
  }

  BreakerState state = BreakerState::closed;
  std::uint64_t age = 0;
  Mono open_until{};
  std::function<nanoseconds()> jittered;  // What the breaker under test drew.

 private:
  void reopen(Mono at) {
    state = BreakerState::open;
    ++age;
    ++failed_probes;
    probe.reset();
    open_until = at + jittered();
  }
  [[nodiscard]] bool lastFiveFailed() const {
    if (outcomes.size() < 5) return false;
    return std::all_of(outcomes.end() - 5, outcomes.end(), [](const Outcome& outcome) { return outcome.failed; });
  }
  [[nodiscard]] bool halfFailed(Mono now) const {
    std::vector<Outcome> recent(outcomes.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(20, outcomes.size())), outcomes.end());
    std::erase_if(recent, [now](const Outcome& outcome) { return outcome.at <= now - 10s; });
    const auto failures = std::count_if(recent.begin(), recent.end(), [](const Outcome& outcome) { return outcome.failed; });
    return recent.size() >= 10 && static_cast<std::size_t>(failures) * 2 >= recent.size();
  }

  std::vector<Outcome> outcomes;
  unsigned failed_probes = 0;
  unsigned good_probes = 0;
  std::optional<Mono> probe;
};

class BreakerModel : public testing::TestWithParam<std::uint64_t> {};

TEST_P(BreakerModel, agreesWithTheNaiveOneOverManyRandomEvents) {
  struct Flight {
    CircuitBreaker::Call call;
    std::uint64_t naive_age;
  };
  constexpr int events = 300'000;
  Random random(GetParam());
  std::vector<CircuitBreaker::Change> changes;
  CircuitBreaker breaker(BreakerRules{}, Random(GetParam() + 1),
                         [&changes](const CircuitBreaker::Change& change) { changes.push_back(change); });
  NaiveBreaker naive;
  // The breaker acts first; the naive one takes over the jitter it drew, after checking it.
  std::size_t openings_taken = 0;
  naive.jittered = [&] {
    std::size_t seen = 0;
    for (auto at = changes.begin(); at != changes.end(); ++at)
      if (at->to == BreakerState::open && seen++ == openings_taken) {
        ++openings_taken;
        EXPECT_GE(at->open_for, naive.nominal() * 8 / 10);
        EXPECT_LE(at->open_for, naive.nominal() * 12 / 10);
        return at->open_for;
      }
    ADD_FAILURE() << "the naive breaker opened and the other did not";
    return nanoseconds{5s};
  };

  std::vector<Flight> flights;
  Mono now{1h};
  constexpr unsigned weathers[] = {0, 0, 20, 60, 100};  // How many of a hundred calls fail, for a while.
  unsigned failing_percent = 20;
  std::uint64_t granted = 0, refused = 0;
  BreakerState last = BreakerState::closed;
  unsigned visits[3] = {};
  for (int event = 0; event < events; ++event) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() << " event " << event);
    if (random.below(500) == 0) failing_percent = weathers[random.below(std::size(weathers))];
    switch (random.below(4)) {
      case 0: {
        static constexpr nanoseconds steps[] = {1ms, 50ms, 251ms, 20s};
        now += nanoseconds{static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(steps[random.below(4)].count())))};
        break;
      }
      case 1:
      case 2: {
        const auto call = breaker.begin(now);
        ASSERT_EQ(call.has_value(), naive.wouldBegin(now));
        if (call && flights.size() < 50) flights.push_back({*call, naive.age});
        ++(call ? granted : refused);
        break;
      }
      default:
        if (!flights.empty()) {
          const std::size_t at = random.below(flights.size());
          const Flight flight = flights[at];
          if (random.below(20) != 0) flights.erase(flights.begin() + static_cast<std::ptrdiff_t>(at));  // Else it will be told again.
          const bool succeeded = random.below(100) >= failing_percent;
          const BreakerState before = breaker.state();
          breaker.end(flight.call, succeeded, now);
          naive.end(flight.call.begun, flight.naive_age, succeeded, now);
          ASSERT_TRUE(before != BreakerState::open || breaker.state() == BreakerState::open);
        }
    }
    ASSERT_EQ(breaker.state(), naive.state);
    if (breaker.state() == BreakerState::open) {
      ASSERT_EQ(breaker.retryAfter(now), std::max<nanoseconds>(naive.open_until - now, nanoseconds{0}));
    }
    if (breaker.state() != last) {
      last = breaker.state();
      ++visits[static_cast<unsigned>(last)];
      changes.erase(changes.begin(), changes.end() - std::min<std::ptrdiff_t>(4, static_cast<std::ptrdiff_t>(changes.size())));
      openings_taken = static_cast<std::size_t>(
          std::count_if(changes.begin(), changes.end(), [](const auto& change) { return change.to == BreakerState::open; }));
    }
  }
  // The run must have been somewhere, or it has shown nothing.
  EXPECT_GT(granted, 10'000U);
  EXPECT_GT(refused, 10'000U);
  for (const unsigned count : visits) EXPECT_GT(count, 50U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, BreakerModel, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace atrium
