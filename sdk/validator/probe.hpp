#pragma once

#include <span>
#include <string_view>

#include "validator/check.hpp"
#include "validator/driver.hpp"

namespace atrium::validate {

// One child process: what it does, and the rules it judges. A rule that no finding names is kept when it came to its end.
struct Probe {
  std::string_view name;
  int level;
  std::span<const std::string_view> rules;  // Those of kinds that the plugin is not, are left out.
  // Rules that must have been kept before: what is broken there would show here again.
  std::span<const std::string_view> needs;
  void (*run)(Check& check);
};

// All of them, in the order in which they run.
[[nodiscard]] std::span<const Probe> allProbes();

// What levels 5 and up, and most of 4, have in common.

// An image and one instance with the manifest's defaults; `image` is null when something is wrong, which has been told.
struct Loaded {
  std::unique_ptr<Image> image;
  std::unique_ptr<Instance> instance;
  explicit operator bool() const { return instance != nullptr; }
};
[[nodiscard]] Loaded load(Check& check, FakeHost::Manner manner = {});

// A hook and the inputs it is called with.
struct Scenario {
  const Driver* driver;
  Hook hook;
  std::string input;
};
// `each` inputs for every hook the instance has.
[[nodiscard]] std::vector<Scenario> scenarios(const Check& check, const Instance& instance, Shape shape, std::size_t each,
                                              std::uint64_t salt);

// Whether it asks other servers, of which nobody is here who gives it what it asks for.
[[nodiscard]] bool asksOtherServers(const Manifest& manifest);

// The probes' functions, by level.
void probeLoading(Check& check);
void probeThreadLocals(Check& check);
void probeContract(Check& check);
void probeOptions(Check& check);
void probeServices(Check& check);
void probeInstances(Check& check);
void probeCalls(Check& check);
void probeReadOnly(Check& check);
void probeBorrowed(Check& check);
void probeRepeats(Check& check);
void probeCallHeap(Check& check);
void probeKinds(Check& check);
void probeState(Check& check);
void probeSelfTest(Check& check);
void probeThreads(Check& check);
void probeHostileTexts(Check& check);
void probeHostileJson(Check& check);
void probeHostileLarge(Check& check);
void probeDeadlines(Check& check);
void probeCancel(Check& check);
void probeSwap(Check& check);
void probePlacement(Check& check);
void probeFuzz(Check& check);
void probeChaosServices(Check& check);
void probeChaosClock(Check& check);
void probeChaosKill(Check& check);

}  // namespace atrium::validate
