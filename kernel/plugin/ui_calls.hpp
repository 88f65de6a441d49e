#pragma once

#include <string_view>
#include <vector>

#include "plugin/plugin_registry.hpp"
#include "protocol/ui.hpp"

namespace atrium {

// The http-ui plugins as one loop sees them: whatever the registry offers at the moment of a request. The registry outlives it.
class UiCalls final : public UiPort {
 public:
  explicit UiCalls(PluginRegistry& registry) : registry_(registry) {}

  [[nodiscard]] UiBundlePtr find(std::string_view name) const override;
  [[nodiscard]] std::vector<UiBundlePtr> all() const override;

 private:
  PluginRegistry& registry_;
};

}  // namespace atrium
