// Level 10: services, clock and process as they are on a bad day.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "validator/probe.hpp"

namespace atrium::validate {

using namespace std::chrono_literals;

void probeChaosServices(Check& check) {
  check.doing(Survival("chaos.services"), "create() with services that fail");
  auto image = Image::load(check);
  if (!image) return;
  Creation said;
  const auto instance = Instance::create(*image, check, check.facts().options, {.failing = true}, said);
  if (!instance) {
    if (said.threw || said.sentence.empty())
      check.fail("chaos.services", "an instance, or a refusal with a sentence", said.threw ? "an exception" : "no sentence");
    return check.lookedAtAll();
  }
  Loan loan;
  for (const Scenario& s : scenarios(check, *instance, Shape::plain, 6, 101)) {
    check.doing(Survival("chaos.services"), fmt::format("{} with services that fail", s.hook.name));
    if (perform(check, *instance, *s.driver, s.hook, s.input, loan).threw) check.fail("chaos.services", "an answer", "an exception");
  }
  check.lookedAtAll();
  check.doing(Survival("chaos.services"), "destroy() with answers that are late");
}

void probeChaosClock(Check& check) {
  check.doing(Survival("chaos.clock"), "loading");
  Loaded loaded = load(check);
  if (!loaded) return;
  Random random = check.random(102);
  Loan loan;
  FakeHost& host = loaded.instance->host();
  for (const Scenario& s : scenarios(check, *loaded.instance, Shape::plain, 20, 103)) {
    check.doing(Survival("chaos.clock"), fmt::format("{} while the clock jumps", s.hook.name));
    switch (random.below(5)) {
      case 0: host.wall_ms = 0; break;
      case 1: host.wall_ms = UINT64_MAX / 2; break;
      case 2: host.wall_ms = FakeHost::wall_start_ms - random.below(100'000'000); break;
      case 3: host.mono_ns += 86'400ULL * 1'000'000'000 * 400; break;
      default: host.wall_ms = FakeHost::wall_start_ms + random.below(100'000'000'000); break;
    }
    const Answer answer = perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan);
    if (answer.threw || answer.status == ATRIUM_FATAL)
      check.fail("chaos.clock", "an answer", answer.threw ? "an exception" : "ATRIUM_FATAL");
  }
  check.lookedAtAll();
  check.doing(Survival("chaos.clock"), "destroy()");
}

namespace {

// How many calls a life begins before it is cut off in the last of them; fewer where calls take longer than the patience with a life.
constexpr int calls_of_life[] = {1, 12, 60};
constexpr auto life_patience = 200ms;

// Returns when the child has written `count` bytes, has ended, or has had its time: `start_patience` for the first, and from then on that
// of a life.
void awaitCalls(int told, int count, std::chrono::milliseconds start_patience) {
  auto end = std::chrono::steady_clock::now() + start_patience;
  bool begun = false;
  for (char byte = 0; count > 0; --count) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd polled{told, POLLIN, 0};
    if (left <= 0ms || ::poll(&polled, 1, static_cast<int>(left.count())) <= 0 || ::read(told, &byte, 1) <= 0) return;
    if (!begun) end = std::chrono::steady_clock::now() + life_patience;
    begun = true;
  }
}

}  // namespace

void probeChaosKill(Check& check) {
  for (const int calls : calls_of_life) {
    check.doing(Survival("chaos.kill"), "a life that is cut off");
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return check.skip("chaos.kill", "no pipe can be made");
    const pid_t child = ::fork();
    if (child < 0) {
      for (const int end : ends) ::close(end);
      return check.skip("chaos.kill", "no process can be made");
    }
    if (child == 0) {
      ::close(ends[0]);
      static const Settings settings = check.settings();
      Check silent(settings, check.facts(), [](std::string_view) {});
      Loaded loaded = load(silent);
      Loan loan;
      for (std::uint64_t round = 0; loaded; ++round)
        for (const Scenario& s : scenarios(silent, *loaded.instance, Shape::plain, 4, 104 + round)) {
          if (::write(ends[1], "", 1) != 1) ::_exit(0);
          static_cast<void>(perform(silent, *loaded.instance, *s.driver, s.hook, s.input, loan));
        }
      ::_exit(0);
    }
    ::close(ends[1]);
    awaitCalls(ends[0], calls, std::chrono::milliseconds(check.settings().patience) / 2);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
  }
  check.doing(Survival("chaos.kill"), "a start after the kill");
  auto image = Image::load(check);
  if (!image) return;
  Creation said;
  const auto instance = Instance::create(*image, check, check.facts().options, {}, said);
  if (!instance) return check.fail("chaos.kill", "an instance over what a killed one left", shown(said.sentence));
  Loan loan;
  for (const Scenario& s : scenarios(check, *instance, Shape::plain, 2, 105)) {
    const Answer answer = perform(check, *instance, *s.driver, s.hook, s.input, loan);
    if (answer.threw || answer.status == ATRIUM_FATAL)
      check.fail("chaos.kill", fmt::format("{} to answer", s.hook.name), fmt::format("status {}", answer.status));
  }
  check.lookedAtAll();
}

}  // namespace atrium::validate
