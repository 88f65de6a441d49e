#pragma once

#include "base/result.hpp"
#include "plugin/loaded_plugin.hpp"

namespace atrium {

// Asks a plugin that offers "atrium.self-test/1" whether it would do its work; one that does not offer it passes. Fails with plugin_failed
// and the plugin's own sentence. While no other call is inside.
[[nodiscard]] Result<void> selfTest(const LoadedPlugin& plugin);

}  // namespace atrium
