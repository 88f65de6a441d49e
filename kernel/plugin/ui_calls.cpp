#include "plugin/ui_calls.hpp"

#include <string>
#include <utility>

namespace atrium {

UiBundlePtr UiCalls::find(std::string_view name) const {
  const PluginLease plugin = registry_.lease(HttpUiKind::word, name);
  return plugin ? plugin->uiBundle() : nullptr;
}

std::vector<UiBundlePtr> UiCalls::all() const {
  std::vector<UiBundlePtr> bundles;
  for (const std::string& name : registry_.names(HttpUiKind::word))
    if (UiBundlePtr bundle = find(name)) bundles.push_back(std::move(bundle));
  return bundles;
}

}  // namespace atrium
