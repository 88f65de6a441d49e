// Level 7: time. The machine may be busy and slow: of several rounds the best one counts.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "validator/probe.hpp"

namespace atrium::validate {

namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int rounds = 5;
constexpr std::size_t calls_of_a_round = 100;

}  // namespace

void probeDeadlines(Check& check) {
  check.doing(Survival("time.deadline"), "loading");
  Loaded loaded = load(check);
  if (!loaded) return;
  Loan loan;
  const auto all = scenarios(check, *loaded.instance, Shape::plain, 10, 81);
  for (std::size_t first = 0; first < all.size(); first += 10) {
    const Hook& hook = all[first].hook;
    auto best = std::chrono::nanoseconds::max();
    for (int round = 0; round < rounds && best > hook.deadline; ++round) {
      check.doing(Survival("time.deadline"), fmt::format("{} again and again", hook.name));
      std::vector<std::chrono::nanoseconds> took;
      const auto start = Steady::now();
      while (took.size() < calls_of_a_round && (took.size() < 10 || Steady::now() - start < 1s)) {
        const Scenario& s = all[first + took.size() % 10];
        took.push_back(perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan).took);
        if (took.back() > 10ms) check.doing(Survival("time.deadline"), fmt::format("{} again", hook.name));
      }
      std::ranges::sort(took);
      best = std::min(best, took[took.size() * 99 / 100 - (took.size() == calls_of_a_round ? 1 : 0)]);
    }
    if (best > hook.deadline)
      check.fail("time.deadline", fmt::format("99 of 100 calls of {} within {} us", hook.name, hook.deadline.count()),
                 fmt::format("{} us at best", std::chrono::duration_cast<std::chrono::microseconds>(best).count()));
  }
  check.lookedAtAll();
}

void probeCancel(Check& check) {
  check.doing(Survival("time.cancel"), "loading");
  Loaded loaded = load(check);
  if (!loaded) return;
  bool any = false;
  for (const Driver* driver : driversOf(check.facts().manifest)) any = driver->cancel(check, *loaded.instance) || any;
  if (!any) check.skip("time.cancel", "nothing of it can be cancelled");
  check.lookedAtAll();
}

}  // namespace atrium::validate
