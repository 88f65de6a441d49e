// Level 10: services, clock and process as they are on a bad day.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

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
    return;
  }
  Loan loan;
  for (const Scenario& s : scenarios(check, *instance, Shape::plain, 6, 101)) {
    check.doing(Survival("chaos.services"), fmt::format("{} with services that fail", s.hook.name));
    if (perform(check, *instance, *s.driver, s.hook, s.input, loan).threw) check.fail("chaos.services", "an answer", "an exception");
  }
  check.doing(Survival("chaos.services"), "destroy() with answers that come at the end");
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
  check.doing(Survival("chaos.clock"), "destroy()");
}

void probeChaosKill(Check& check) {
  for (int life = 0; life < 3; ++life) {
    check.doing(Survival("chaos.kill"), "a life that is cut off");
    const pid_t child = ::fork();
    if (child < 0) return check.skip("chaos.kill", "no process can be made");
    if (child == 0) {
      static const Settings settings = check.settings();
      Check silent(settings, check.facts(), -1);
      Loaded loaded = load(silent);
      Loan loan;
      for (std::uint64_t round = 0; loaded; ++round)
        for (const Scenario& s : scenarios(silent, *loaded.instance, Shape::plain, 4, 104 + round))
          static_cast<void>(perform(silent, *loaded.instance, *s.driver, s.hook, s.input, loan));
      ::_exit(0);
    }
    std::this_thread::sleep_for(40ms * (life + 1));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
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
}

}  // namespace atrium::validate
