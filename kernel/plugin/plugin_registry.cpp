#include "plugin/plugin_registry.hpp"

#include <algorithm>
#include <ranges>

namespace atrium {

PluginLease::~PluginLease() {
  if (plugin_) registry_->release(plugin_);
}

void PluginRegistry::publish(LoadedPlugin& plugin, const std::vector<std::string>& kinds) {
  {
    const std::scoped_lock lock(mutex_);
    for (const std::string& kind : kinds) offered_[kind].insert_or_assign(std::string(plugin.manifest().nameOf(kind)), &plugin);
  }
  changed();
}

void PluginRegistry::withdraw(LoadedPlugin& plugin) {
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [kind, by_name] : offered_) std::erase_if(by_name, [&](const auto& entry) { return entry.second == &plugin; });
  }
  changed();
}

void PluginRegistry::changed() {
  generation_.fetch_add(1, std::memory_order_release);
  if (tell_) tell_();
}

bool PluginRegistry::drained(const LoadedPlugin& plugin, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return released_.wait_for(lock, patience, [&] { return !uses_.contains(&plugin); });
}

LoadedPlugin* PluginRegistry::find(std::string_view kind, std::string_view name) const {
  const auto of_kind = offered_.find(kind);
  if (of_kind == offered_.end()) return nullptr;
  const auto found = of_kind->second.find(name);
  return found == of_kind->second.end() ? nullptr : found->second;
}

PluginLease PluginRegistry::lease(std::string_view kind, std::string_view name) {
  const std::scoped_lock lock(mutex_);
  LoadedPlugin* const plugin = find(kind, name);
  if (!plugin) return {};
  ++uses_[plugin].leases;
  return {this, plugin, kind, name};
}

PluginEntry PluginLease::enter(std::move_only_function<void()>& again, std::chrono::nanoseconds deadline) {
  const std::scoped_lock lock(registry_->mutex_);
  // As often as the plugin was exchanged since it was leased. What the new one does not offer is still answered by the old one.
  while (registry_->uses_[plugin_].taken_over) {
    LoadedPlugin* const next = registry_->find(kind_, name_);
    if (!next || next == plugin_) break;
    ++registry_->uses_[next].leases;
    registry_->giveBack(std::exchange(plugin_, next));
  }
  PluginRegistry::Use& use = registry_->uses_[plugin_];
  if (!use.holding) return ++use.inside, PluginEntry::inside;
  if (use.held.size() >= PluginRegistry::held_max) return PluginEntry::full;
  use.held.push_back(std::move(again));
  const auto bearable = PluginRegistry::Steady::now() + deadline / 2;
  if (use.bearable && *use.bearable <= bearable) return PluginEntry::held;
  use.bearable = bearable;
  registry_->released_.notify_all();
  return PluginEntry::held;
}

void PluginLease::leave() {
  const std::scoped_lock lock(registry_->mutex_);
  if (--registry_->uses_[plugin_].inside == 0) registry_->released_.notify_all();
}

void PluginRegistry::hold(const LoadedPlugin& plugin) {
  const std::scoped_lock lock(mutex_);
  Use& use = uses_[&plugin];
  use.holding = true;
  use.bearable.reset();
}

bool PluginRegistry::left(const LoadedPlugin& plugin, std::chrono::milliseconds patience) {
  const auto end = Steady::now() + patience;
  std::unique_lock lock(mutex_);
  for (Use& use = uses_[&plugin]; use.inside > 0;) {
    const auto until = std::min(end, use.bearable.value_or(end));
    if (Steady::now() >= until) return false;
    released_.wait_until(lock, until);
  }
  return true;
}

std::chrono::milliseconds PluginRegistry::patience(const LoadedPlugin& plugin, std::chrono::milliseconds most) const {
  const std::scoped_lock lock(mutex_);
  const auto use = uses_.find(&plugin);
  if (use == uses_.end() || !use->second.bearable) return most;
  const auto left = std::chrono::floor<std::chrono::milliseconds>(*use->second.bearable - Steady::now());
  return std::clamp(left, std::chrono::milliseconds{0}, most);
}

void PluginRegistry::letGo(const LoadedPlugin& plugin, bool taken_over) {
  std::vector<std::move_only_function<void()>> held;
  {
    const std::scoped_lock lock(mutex_);
    Use& use = uses_[&plugin];
    use.holding = false;
    use.taken_over = taken_over;
    held.swap(use.held);
    // Nobody has it: there is nothing to remember.
    if (use.leases == 0) uses_.erase(&plugin);
    released_.notify_all();
  }
  for (auto& again : held) again();
}

std::vector<std::string> PluginRegistry::names(std::string_view kind) const {
  const std::scoped_lock lock(mutex_);
  const auto found = offered_.find(kind);
  if (found == offered_.end()) return {};
  const auto names = std::views::keys(found->second);
  return {names.begin(), names.end()};
}

void PluginRegistry::release(LoadedPlugin* plugin) {
  const std::scoped_lock lock(mutex_);
  giveBack(plugin);
}

void PluginRegistry::giveBack(const LoadedPlugin* plugin) {
  const auto found = uses_.find(plugin);
  if (--found->second.leases > 0) return;
  if (!found->second.holding) uses_.erase(found);
  released_.notify_all();
}

}  // namespace atrium
