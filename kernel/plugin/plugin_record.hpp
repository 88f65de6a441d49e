#pragma once

#include <memory>
#include <string>

#include "plugin/plugin_host.hpp"

namespace atrium {

// What the host knows of one file.
struct PluginHost::Record {
  CatalogEntry* entry = nullptr;
  const PluginUse* use = nullptr;  // Null: not switched on.
  std::string options;             // One JSON object, when switched on.
  PluginState state = PluginState::verified;
  std::string reason;
  std::unique_ptr<LoadedPlugin> loaded;
};

}  // namespace atrium
