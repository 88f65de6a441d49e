// Level 6: inputs that nobody thought of, all of them what a client or another system may send; and level 9, a seed's own.
#include <fmt/format.h>

#include <chrono>

#include "validator/probe.hpp"

namespace atrium::validate {

namespace {

using Steady = std::chrono::steady_clock;

// What is to be tried again later is a failure for these by design.
bool mayFail(const Check& check, const Driver& driver) {
  if (driver.kind() == "event-sink" || driver.kind() == "bus" || driver.kind() == "storage-backend") return true;
  return asksOtherServers(check.facts().manifest);
}

bool failedAt(const Check& check, const Driver& driver, const Answer& answer) {
  return answer.threw || answer.status == ATRIUM_FATAL || (answer.status == ATRIUM_FAILED && !mayFail(check, driver));
}

void call(Check& check, std::string_view rule, Shape shape, std::size_t each, std::uint64_t salt) {
  check.doing(Survival(rule), "loading");
  Loaded loaded = load(check);
  if (!loaded) return;
  Loan loan;
  // Large inputs take their time to make, in which nothing of the plugin is waited for.
  const std::size_t at_once = shape == Shape::large ? 1 : each;
  for (std::size_t made = 0; made < each; made += at_once) {
    check.doing(Survival(rule), "the making of odd inputs");
    for (const Scenario& s : scenarios(check, *loaded.instance, shape, at_once, salt + (made << 32U))) {
      check.doing(Survival(rule), fmt::format("{} with odd input", s.hook.name));
      if (shape != Shape::large) check.input(s.input);
      const Answer answer = perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan);
      if (failedAt(check, *s.driver, answer))
        check.fail("hostile.answers", fmt::format("an answer or a refusal from {}", s.hook.name),
                   answer.threw ? "an exception" : fmt::format("status {}", answer.status));
    }
  }
  check.lookedAtAll();
  check.doing(Survival(rule), "destroy()");
}

// One kept input, again.
void repeat(Check& check, std::string_view rule) {
  Loaded loaded = load(check);
  if (!loaded) return;
  const auto document = JsonDocument::parse(check.settings().input_file);
  const std::string hook = document ? document->root()["hook"].text() : std::string();
  Loan loan;
  for (const Driver* driver : driversOf(check.facts().manifest))
    for (const Hook& known : driver->hooks(*loaded.instance)) {
      if (known.name != hook) continue;
      check.doing(Survival(rule), fmt::format("{} with the kept input", hook));
      check.input(check.settings().input_file);
      const Answer answer = perform(check, *loaded.instance, *driver, known, check.settings().input_file, loan);
      if (failedAt(check, *driver, answer))
        check.fail(rule == "fuzz.survives" ? rule : "hostile.answers", "an answer or a refusal",
                   answer.threw ? "an exception" : fmt::format("status {}", answer.status));
      check.lookedAtAll();
    }
  check.doing(Survival(rule), "destroy()");
}

void callOrRepeat(Check& check, std::string_view rule, Shape shape, std::size_t each, std::uint64_t salt) {
  if (check.settings().input_file.empty())
    call(check, rule, shape, each, salt);
  else
    repeat(check, rule);
}

}  // namespace

void probeHostileTexts(Check& check) { callOrRepeat(check, "hostile.texts", Shape::texts, 60, 71); }
void probeHostileJson(Check& check) { callOrRepeat(check, "hostile.json", Shape::json, 40, 72); }
void probeHostileLarge(Check& check) { callOrRepeat(check, "hostile.large", Shape::large, 4, 73); }

void probeFuzz(Check& check) {
  static constexpr std::string_view rule = "fuzz.survives";
  if (!check.settings().input_file.empty()) return repeat(check, rule);
  check.doing(Survival(rule), "loading");
  Loaded loaded = load(check);
  if (!loaded) return;
  const auto end = Steady::now() + check.settings().fuzz;
  Loan loan;
  std::uint64_t calls = 0;
  for (std::uint64_t round = 0; Steady::now() < end; ++round) {
    for (const Scenario& s : scenarios(check, *loaded.instance, Shape::wild, 20, 1000 + round)) {
      check.doing(Survival(rule), fmt::format("{}, call {}", s.hook.name, ++calls));
      check.input(s.input);
      const Answer answer = perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan);
      if (failedAt(check, *s.driver, answer))
        check.fail(rule, fmt::format("an answer or a refusal from {}", s.hook.name),
                   answer.threw ? "an exception" : fmt::format("status {}", answer.status));
    }
    if (round % 16 == 15) {  // A new life now and then, so that one is not all there is; a store's begins when the former has ended.
      loaded.instance.reset();
      loaded.instance = Instance::createDefault(*loaded.image, check);
      if (!loaded) return;
    }
  }
  check.counted(rule, calls);
  check.lookedAtAll();
  check.doing(Survival(rule), "destroy()");
}

}  // namespace atrium::validate
