#pragma once

#include <span>

#include "base/metrics.hpp"
#include "engine/hooks.hpp"

namespace atrium {

// Asks those of the row that have this hook, one after the other; the first that refuses ends it. Completes with the last answer: it is for
// hooks that only allow or refuse. The call is borrowed; the targets stay as long as their port.
void askRow(std::span<HookTarget* const> row, const HookCall& call, HookDone done);

// Tells all of the row that have this hook; nothing waits for them. What could not be told is counted in `metrics`, which outlive the
// calls.
void tellRow(std::span<HookTarget* const> row, const HookCall& call, MetricSet& metrics);

}  // namespace atrium
