#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "plugin/plugin_host.hpp"

namespace atrium {

// What the host knows of one file.
struct PluginHost::Record {
  CatalogEntry* entry = nullptr;
  ResolvedPlugin plugin;  // When it is sound.
  PluginState state = PluginState::verified;
  std::string reason;
  std::unique_ptr<LoadedPlugin> loaded;
  HookSource source;

  [[nodiscard]] bool offers(std::string_view kind) const { return loaded && std::ranges::find(plugin.offers, kind) != plugin.offers.end(); }
};

}  // namespace atrium
