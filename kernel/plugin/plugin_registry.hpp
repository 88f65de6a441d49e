#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/loaded_plugin.hpp"

namespace atrium {

class PluginRegistry;

// A plugin in use: it stays loaded while a lease on it lives, and its library outlives what the lease's holder got from it. Move-only; any
// thread, one at a time.
class PluginLease {
 public:
  PluginLease() = default;
  PluginLease(PluginLease&& other) noexcept
      : registry_(std::exchange(other.registry_, nullptr)), plugin_(std::exchange(other.plugin_, nullptr)) {}
  PluginLease& operator=(PluginLease&& other) noexcept {
    std::swap(registry_, other.registry_);
    std::swap(plugin_, other.plugin_);
    return *this;
  }
  ~PluginLease();

  explicit operator bool() const { return plugin_ != nullptr; }
  LoadedPlugin* operator->() const { return plugin_; }
  LoadedPlugin& operator*() const { return *plugin_; }

 private:
  friend class PluginRegistry;
  PluginLease(PluginRegistry* registry, LoadedPlugin* plugin) : registry_(registry), plugin_(plugin) {}
  PluginRegistry* registry_ = nullptr;
  LoadedPlugin* plugin_ = nullptr;
};

// Which plugin offers what at present, for everything that is called on workers: commands, sinks, authenticators, pages, scorers, rules,
// assistants. One name of one kind leads to one plugin; publishing another under it is a swap. What runs on a shard's own thread (room
// types, message types) has its slots in TypesPort instead. Not for the message path: a lock is taken. Any thread.
class PluginRegistry {
 public:
  // What `plugin` offers of these kinds is found from now on, in place of what was found under the same names.
  void publish(LoadedPlugin& plugin, const std::vector<std::string>& kinds);
  // `plugin` is found no more. Leases on it stay good; see drained().
  void withdraw(LoadedPlugin& plugin);
  // Waits until no lease on `plugin` is left. False: some were, after `patience`.
  [[nodiscard]] bool drained(const LoadedPlugin& plugin, std::chrono::milliseconds patience);

  // The plugin that offers `name` of `kind` ("command"); none: an empty lease.
  [[nodiscard]] PluginLease lease(std::string_view kind, std::string_view name);
  // Changes with every publish() and withdraw(), so that what was made of names and leases before is known to be old.
  [[nodiscard]] std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  // All names of a kind, in order.
  [[nodiscard]] std::vector<std::string> names(std::string_view kind) const;

 private:
  friend class PluginLease;
  void release(const LoadedPlugin* plugin);

  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> generation_{1};
  std::condition_variable released_;
  std::map<std::string, std::map<std::string, LoadedPlugin*, std::less<>>, std::less<>> offered_;  // By kind and name.
  std::map<const LoadedPlugin*, std::uint64_t> leases_;                                            // Of plugins with any.
};

}  // namespace atrium
