#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/histogram.hpp"
#include "plugin/loaded_plugin.hpp"

namespace atrium {

// All calls of one hook, summed over the threads and generations that made them. A value.
struct HookFigures {
  Histogram::Snapshot duration;
  std::uint64_t failures = 0;
  std::uint64_t overruns = 0;
  std::uint64_t refusals = 0;
  std::uint64_t in_flight = 0;
};
using FiguresByHook = std::map<std::string, HookFigures, std::less<>>;

// Adds what the guards of one generation have counted.
inline void addFigures(FiguresByHook& sums, const LoadedPlugin& plugin) {
  plugin.forEachGuard([&sums](const HookGuard& guard) {
    HookFigures& sum = sums[guard.hook()];
    guard.duration().addTo(sum.duration);
    sum.failures += guard.failures();
    sum.overruns += guard.overruns();
    sum.refusals += guard.refusals();
    sum.in_flight += guard.inFlight();
  });
}

}  // namespace atrium
