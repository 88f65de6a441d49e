#pragma once

#include <array>
#include <chrono>
#include <memory>

#include "engine/hooks.hpp"
#include "plugin/loaded_plugin.hpp"

namespace atrium {

// For one call, where the configuration does not say.
inline constexpr std::chrono::microseconds room_hook_deadline{5000};
inline constexpr std::chrono::microseconds message_hook_deadline{1000};

// How one plugin's hooks are called.
struct HookSettings {
  bool room_type = true;  // Which of its types are switched on.
  bool message_type = true;
  std::chrono::nanoseconds room_deadline = room_hook_deadline;
  std::chrono::nanoseconds message_deadline = message_hook_deadline;
  bool allow_on_failure = false;  // What a failed hook counts as.
};

// A guard for each hook there is, by its number; null for the others.
using HookGuards = std::array<HookGuard*, hook_count>;
[[nodiscard]] HookGuards makeHookGuards(LoadedPlugin& plugin, HookSet hooks, const HookSettings& settings);

// The hooks of a plugin in this process, for one shard: called on its thread, complete before call() returns. The plugin outlives it;
// makes guards in it, so it is made where LoadedPlugin::makeGuard() may be called. `source` outlives it.
[[nodiscard]] std::shared_ptr<HookTarget> processHooks(LoadedPlugin& plugin, const HookSource& source, const HookSettings& settings);

}  // namespace atrium
