#pragma once

#include <memory>

#include "engine/hooks.hpp"
#include "loop/loop.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/process_hooks.hpp"

namespace atrium {

// The hooks of a plugin in a runner, for one shard: called on its loop's thread, completed there when the answer comes. What the plugin
// says is judged as processHooks() judges it. A call that is not answered in its deadline costs the runner; one that is asked, not told, is
// asked once more in the next one, and fails then. `plugin` is isolated and outlives it, as `source` and `loop` do; makes guards in it.
[[nodiscard]] std::shared_ptr<HookTarget> isolatedHooks(LoadedPlugin& plugin, Loop& loop, const HookSource& source,
                                                        const HookSettings& settings);

}  // namespace atrium
