#include "plugin/plugin_registry.hpp"

#include <ranges>

namespace atrium {

PluginLease::~PluginLease() {
  if (plugin_) registry_->release(plugin_);
}

void PluginRegistry::publish(LoadedPlugin& plugin, const std::vector<std::string>& kinds) {
  const std::scoped_lock lock(mutex_);
  for (const std::string& kind : kinds) offered_[kind].insert_or_assign(std::string(plugin.manifest().nameOf(kind)), &plugin);
  generation_.fetch_add(1, std::memory_order_release);
}

void PluginRegistry::withdraw(LoadedPlugin& plugin) {
  const std::scoped_lock lock(mutex_);
  for (auto& [kind, by_name] : offered_) std::erase_if(by_name, [&](const auto& entry) { return entry.second == &plugin; });
  generation_.fetch_add(1, std::memory_order_release);
}

bool PluginRegistry::drained(const LoadedPlugin& plugin, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return released_.wait_for(lock, patience, [&] { return !leases_.contains(&plugin); });
}

PluginLease PluginRegistry::lease(std::string_view kind, std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto of_kind = offered_.find(kind);
  if (of_kind == offered_.end()) return {};
  const auto found = of_kind->second.find(name);
  if (found == of_kind->second.end()) return {};
  ++leases_[found->second];
  return {this, found->second};
}

std::vector<std::string> PluginRegistry::names(std::string_view kind) const {
  const std::scoped_lock lock(mutex_);
  const auto found = offered_.find(kind);
  if (found == offered_.end()) return {};
  const auto names = std::views::keys(found->second);
  return {names.begin(), names.end()};
}

void PluginRegistry::release(const LoadedPlugin* plugin) {
  const std::scoped_lock lock(mutex_);
  const auto found = leases_.find(plugin);
  if (--found->second > 0) return;
  leases_.erase(found);
  released_.notify_all();
}

}  // namespace atrium
