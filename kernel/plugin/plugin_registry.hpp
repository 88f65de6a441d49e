#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/loaded_plugin.hpp"

namespace atrium {

class PluginRegistry;

// What became of one who wants to enter a plugin.
enum class PluginEntry : std::uint8_t {
  inside,  // He may call it, and says when he has left.
  held,    // Calls of it are held: he is told when to ask again.
  full     // As many wait as may.
};

// A plugin in use: it stays loaded while a lease on it lives, and its library outlives what the lease's holder got from it. Whoever calls
// it enters it for the time of the call, so that it can be exchanged while nobody is inside. Move-only; any thread, one at a time.
class PluginLease {
 public:
  PluginLease() = default;
  PluginLease(PluginLease&& other) noexcept
      : registry_(std::exchange(other.registry_, nullptr)),
        plugin_(std::exchange(other.plugin_, nullptr)),
        kind_(std::move(other.kind_)),
        name_(std::move(other.name_)) {}
  PluginLease& operator=(PluginLease&& other) noexcept {
    std::swap(registry_, other.registry_);
    std::swap(plugin_, other.plugin_);
    std::swap(kind_, other.kind_);
    std::swap(name_, other.name_);
    return *this;
  }
  ~PluginLease();

  // Asks to call the plugin. Where another generation has taken over what this one knew, the lease is on that one from now on. `again` runs
  // once calls are held no more, on another thread and under no lock: it has this asked again from a thread that may block. `deadline` is
  // the call's, which is not held for longer than half of it.
  [[nodiscard]] PluginEntry enter(std::move_only_function<void()>& again, std::chrono::nanoseconds deadline);
  // The call has returned.
  void leave();

  explicit operator bool() const { return plugin_ != nullptr; }
  LoadedPlugin* operator->() const { return plugin_; }
  LoadedPlugin& operator*() const { return *plugin_; }

 private:
  friend class PluginRegistry;
  PluginLease(PluginRegistry* registry, LoadedPlugin* plugin, std::string_view kind, std::string_view name)
      : registry_(registry), plugin_(plugin), kind_(kind), name_(name) {}
  PluginRegistry* registry_ = nullptr;
  LoadedPlugin* plugin_ = nullptr;
  std::string kind_, name_;  // What was asked for.
};

// Which plugin offers what at present, for everything that is called on workers: commands, sinks, authenticators, pages, scorers, rules,
// assistants. One name of one kind leads to one plugin; publishing another under it is a swap. What runs on a shard's own thread (room
// types, message types) has its slots in TypesPort instead. Not for the message path: a lock is taken. Any thread.
class PluginRegistry {
 public:
  // How many calls of one plugin wait while they are held; above it they are refused with PluginEntry::full.
  static constexpr std::size_t held_max = 10'000;

  // Runs `tell` after each publish() and withdraw(), on the thread of that and under no lock. Before the first of them, or on their thread.
  void onChange(std::function<void()> tell) { tell_ = std::move(tell); }

  // What `plugin` offers of these kinds is found from now on, in place of what was found under the same names.
  void publish(LoadedPlugin& plugin, const std::vector<std::string>& kinds);
  // `plugin` is found no more. Leases on it stay good; see drained().
  void withdraw(LoadedPlugin& plugin);
  // Waits until no lease on `plugin` is left. False: some were, after `patience`.
  [[nodiscard]] bool drained(const LoadedPlugin& plugin, std::chrono::milliseconds patience);

  // From now on nobody enters `plugin`; leases are given as before. Once; then letGo(), before the plugin ends.
  void hold(const LoadedPlugin& plugin);
  // Waits until nobody is inside. False: somebody still was after `patience`, or by the time at which the first of those who wait had
  // waited for half of his deadline.
  [[nodiscard]] bool left(const LoadedPlugin& plugin, std::chrono::milliseconds patience);
  // How long those who wait can bear it; `most` when none does.
  [[nodiscard]] std::chrono::milliseconds patience(const LoadedPlugin& plugin, std::chrono::milliseconds most) const;
  // Who waits asks again. `taken_over`: what `plugin` knew is in the generation that was published meanwhile, and so is whoever comes.
  void letGo(const LoadedPlugin& plugin, bool taken_over);

  // The plugin that offers `name` of `kind` ("command"); none: an empty lease.
  [[nodiscard]] PluginLease lease(std::string_view kind, std::string_view name);
  // Changes with every publish() and withdraw(), so that what was made of names and leases before is known to be old.
  [[nodiscard]] std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  // All names of a kind, in order.
  [[nodiscard]] std::vector<std::string> names(std::string_view kind) const;

 private:
  friend class PluginLease;
  using Steady = std::chrono::steady_clock;
  struct Use {
    std::uint64_t leases = 0;
    std::uint64_t inside = 0;
    bool holding = false;
    bool taken_over = false;
    std::vector<std::move_only_function<void()>> held;
    std::optional<Steady::time_point> bearable;  // Until when those who wait can.
  };
  [[nodiscard]] LoadedPlugin* find(std::string_view kind, std::string_view name) const;
  void release(LoadedPlugin* plugin);
  // Under the lock. What was given back is told.
  void giveBack(const LoadedPlugin* plugin);

  void changed();

  std::function<void()> tell_;
  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> generation_{1};
  std::condition_variable released_;  // Somebody left or gave back his lease, or waits for shorter than others.
  std::map<std::string, std::map<std::string, LoadedPlugin*, std::less<>>, std::less<>> offered_;  // By kind and name.
  std::map<const LoadedPlugin*, Use> uses_;  // Of plugins with leases, or that are held.
};

}  // namespace atrium
