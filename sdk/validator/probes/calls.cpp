// Level 4, for every kind: what a call may do.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "validator/probe.hpp"

namespace atrium::validate {

namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

bool isFailure(atrium_status status) { return status == ATRIUM_FAILED || status == ATRIUM_INVALID || status == ATRIUM_UNSUPPORTED; }

// Everything that is called with sound input may refuse it, but by the means of its kind; what takes its time may fail, but not each time.
class Statuses {
 public:
  explicit Statuses(Check& check) : check_(check) {}

  void take(const Scenario& s, const Answer& answer) {
    if (answer.status == ATRIUM_FATAL || answer.completed == ATRIUM_FATAL)
      check_.fail("calls.status", fmt::format("an instance that goes on after {}", s.hook.name), "ATRIUM_FATAL");
    expectAnswered(s, answer);
    if (!s.hook.completes || answer.threw || asksOtherServers(check_.facts().manifest)) return;
    Tally& tally = tallies_[s.hook.name];
    ++tally.calls;
    tally.failed += answer.status == ATRIUM_FAILED || answer.completed == ATRIUM_FAILED ? 1 : 0;
  }
  void judge() {
    for (const auto& [hook, tally] : tallies_)
      if (tally.failed == tally.calls)
        check_.fail("calls.status", fmt::format("one {} of {} with sound input that does not fail", hook, tally.calls),
                    "ATRIUM_FAILED each time");
  }

 private:
  struct Tally {
    unsigned calls = 0, failed = 0;
  };
  void expectAnswered(const Scenario& s, const Answer& answer) {
    const bool may_decline = s.driver->kind() == "authenticator" || s.driver->kind() == "bus" || s.driver->kind() == "storage-backend" ||
                             s.driver->kind() == "event-sink" || s.driver->kind() == "command" || s.driver->kind() == "assistant";
    if (isFailure(answer.status) && !may_decline && !answer.threw)
      check_.fail("calls.status", fmt::format("ATRIUM_OK from {} for sound input", s.hook.name), fmt::format("status {}", answer.status));
  }

  Check& check_;
  std::map<std::string_view, Tally> tallies_;
};

void callEach(Check& check, Loan::Manner manner, std::string_view rule, std::size_t each, std::uint64_t salt) {
  check.doing(Survival(rule), "loading");
  Loaded loaded = load(check);
  if (!loaded) return;
  Loan loan(manner);
  for (const Scenario& s : scenarios(check, *loaded.instance, Shape::plain, each, salt)) {
    check.doing(Survival(rule), std::string(s.hook.name));
    static_cast<void>(perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan));
  }
  check.lookedAtAll();
  check.doing(Survival(rule), "destroy()");
}

}  // namespace

void probeCalls(Check& check) {
  const Survival survival("calls.crash", "calls.hang", "calls.exit");
  check.doing(survival, "loading");
  Loaded loaded = load(check);
  if (!loaded) return;
  const std::size_t output = outputSize();
  Loan loan;
  Statuses statuses(check);
  for (const Scenario& s : scenarios(check, *loaded.instance, Shape::plain, 5, 1)) {
    check.doing(survival, std::string(s.hook.name));
    statuses.take(s, perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan));
    if (hasChildProcess()) check.fail("calls.fork", "no process", fmt::format("one, started by {}", s.hook.name));
  }
  statuses.judge();
  if (outputSize() > output)
    check.fail("calls.quiet", "nothing (the log service is there for it)", fmt::format("{} bytes", outputSize() - output));
  check.lookedAtAll();
  check.doing(survival, "destroy()");
}

void probeReadOnly(Check& check) { callEach(check, Loan::Manner::read_only, "calls.input-unchanged", 3, 2); }
void probeBorrowed(Check& check) { callEach(check, Loan::Manner::taken_back, "calls.borrowed", 5, 3); }

void probeRepeats(Check& check) {
  const Manifest& manifest = check.facts().manifest;
  if (manifest.has("storage-backend") || manifest.has("bus")) {
    check.skip("calls.pure", "nothing of it is pure");
    return check.skip("calls.deterministic", "a store or a bus is alone with what it keeps");
  }
  check.doing(Survival("calls.deterministic"), "calls");
  // Two copies of the code, so that each has its own data from the beginning.
  Loaded first = load(check), second = load(check);
  if (!first || !second) return;
  Loan loan;
  for (const Scenario& s : scenarios(check, *first.instance, Shape::plain, 20, 4)) {
    check.doing(Survival("calls.deterministic"), std::string(s.hook.name));
    Answer one = perform(check, *first.instance, *s.driver, s.hook, s.input, loan);
    if (s.hook.pure) {
      const Answer again = perform(check, *first.instance, *s.driver, s.hook, s.input, loan);
      if (!(again == one))
        check.fail("calls.pure", fmt::format("{} to answer the same: {}", s.hook.name, shown(one.said)), shown(again.said));
      static_cast<void>(perform(check, *second.instance, *s.driver, s.hook, s.input, loan));
      one = again;  // Each instance has been asked twice.
    }
    const Answer other = perform(check, *second.instance, *s.driver, s.hook, s.input, loan);
    if (s.hook.repeats && !(one == other))
      check.fail("calls.deterministic", fmt::format("{} to answer the same in two instances: {}", s.hook.name, shown(one.said)),
                 shown(other.said));
  }
  check.lookedAtAll();
}

void probeCallHeap(Check& check) {
  check.doing(Survival("calls.heap"), "loading");
  Loaded loaded = load(check);
  if (!loaded) return;
  Loan loan;
  for (const Scenario& s : scenarios(check, *loaded.instance, Shape::plain, 1, 5)) {
    if (s.hook.keeps) continue;
    check.doing(Survival("calls.heap"), fmt::format("{} again and again", s.hook.name));
    const auto start = Steady::now();
    for (int n = 0; n < 20; ++n) static_cast<void>(perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan));
    const std::size_t count = Steady::now() - start > 100ms ? 30 : 350;
    std::size_t before = heapInUse(), least = SIZE_MAX;
    for (int batch = 0; batch < 3; ++batch) {
      for (std::size_t n = 0; n < count; ++n) static_cast<void>(perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan));
      const std::size_t after = heapInUse();
      least = std::min(least, after > before ? after - before : 0);
      before = after;
    }
    if (least >= count)
      check.fail("calls.heap", "as much memory in use as before", fmt::format("{} bytes more with each {}", least / count, s.hook.name));
  }
  check.lookedAtAll();
}

void probeKinds(Check& check) {
  for (const Driver* driver : driversOf(check.facts().manifest)) {
    check.doing(Survival("calls.crash", "calls.hang", "calls.exit"), fmt::format("the rules of a {}", driver->kind()));
    Loaded loaded = load(check);
    if (!loaded) return;
    driver->behave(check, *loaded.image, *loaded.instance);
  }
  check.lookedAtAll();
}

}  // namespace atrium::validate
