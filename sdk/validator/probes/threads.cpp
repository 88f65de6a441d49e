// Level 5: several threads at once, as the tags of the interface allow it.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "validator/probe.hpp"

namespace atrium::validate {

namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int callers_at_once = 4;
constexpr auto budget = 400ms;

// What each thread calls: rooms of its own, so that no room is called twice at once; the store's writer alone writes, and what is never
// called twice at once is called by one.
std::vector<Scenario> shareOf(int thread, const Check& check, const Instance& instance) {
  auto all = scenarios(check, instance, Shape::plain, 6, 61 + static_cast<std::uint64_t>(thread));
  std::erase_if(all, [thread](const Scenario& s) { return thread != 0 && (s.hook.thread == Thread::writer || s.hook.alone); });
  for (Scenario& s : all) {
    static constexpr std::string_view room = "\"id\":\"room_";
    if (const auto at = s.input.find(room); at != std::string::npos) s.input[at + room.size()] = static_cast<char>('A' + thread);
  }
  return all;
}

std::vector<Answer> answersOf(Check& check, const std::vector<Scenario>& all, bool backwards) {
  std::vector<Answer> answers(all.size());
  Loaded loaded = load(check);
  if (!loaded) return {};
  Loan loan;
  for (std::size_t n = 0; n < all.size(); ++n) {
    const std::size_t at = backwards ? all.size() - 1 - n : n;
    answers[at] = perform(check, *loaded.instance, *all[at].driver, all[at].hook, all[at].input, loan);
  }
  return answers;
}

}  // namespace

void probeThreads(Check& check) {
  check.doing(Survival("threads.safe"), "calls by one thread");
  const std::size_t before = threadCount();
  {
    Loaded loaded = load(check);
    if (!loaded) return;
    struct Caller {
      std::vector<Scenario> all;
      std::vector<Answer> forwards, backwards;
    };
    // A store or a bus bears no second instance beside it, and answers by what it keeps.
    const bool alone = check.facts().manifest.has("storage-backend") || check.facts().manifest.has("bus");
    if (alone) check.skip("threads.answers", "a store or a bus answers by what it keeps");
    std::vector<Caller> shares;
    for (int n = 0; n < callers_at_once; ++n) {
      Caller caller{shareOf(n, check, *loaded.instance), {}, {}};
      shares.push_back(caller);
      if (alone) continue;
      caller.forwards = answersOf(check, caller.all, false);
      caller.backwards = answersOf(check, caller.all, true);
      if (caller.forwards.size() != caller.all.size() || caller.backwards.size() != caller.all.size()) return;
      shares.back() = std::move(caller);
    }
    check.doing(Survival("threads.safe"), fmt::format("calls by {} threads at once", callers_at_once));
    std::atomic<bool> go{false};
    const auto end = Steady::now() + budget;
    std::vector<std::thread> threads;
    for (const Caller& share : shares)
      threads.emplace_back([&check, &loaded, &share, &go, end, alone] {
        Loan loan;
        go.wait(false);
        do {
          for (std::size_t n = 0; n < share.all.size(); ++n) {
            const Scenario& s = share.all[n];
            const Answer answer = perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan);
            // What depends on the calls before it, may differ here too.
            if (s.hook.repeats && !alone && share.forwards[n] == share.backwards[n] && !(answer == share.forwards[n]))
              check.fail("threads.answers", fmt::format("{} to answer as it does alone: {}", s.hook.name, shown(share.forwards[n].said)),
                         shown(answer.said));
          }
        } while (Steady::now() < end);
      });
    go = true;
    go.notify_all();
    for (std::thread& thread : threads) thread.join();
    check.doing(Survival("threads.safe"), "destroy()");
    loaded.instance.reset();
    if (!threadsFallTo(before, 3s))
      check.fail("threads.own", "the threads there were before", fmt::format("{} more", threadCount() - before));
  }
  check.lookedAtAll();
}

}  // namespace atrium::validate
