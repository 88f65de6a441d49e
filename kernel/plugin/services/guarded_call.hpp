#pragma once

#include <chrono>
#include <functional>
#include <string_view>

namespace atrium {

// Runs a function of a plugin's within the guard of that hook, so that it is counted, timed and known by name while it runs, and no
// exception comes out. It always runs: what a plugin was promised, its breaker does not keep away. Any thread.
using GuardedCall = std::function<void(std::string_view hook, std::chrono::nanoseconds deadline, const std::function<void()>& function)>;

}  // namespace atrium
