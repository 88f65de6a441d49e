#include "plugin/plugin_journal.hpp"

#include <utility>

#include "plugin/plugin_text.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, plugin_state_count> state_words = {"discovered", "verified", "resolved",    "probed",   "loaded",
                                                                          "configured", "active",   "degraded",    "draining", "stopped",
                                                                          "unloaded",   "rejected", "quarantined", "stuck",    "pinned"};

// The way there is for who looks closely; where a plugin arrives is news; what went wrong is a warning.
LogLevel levelOf(PluginState state) {
  switch (state) {
    case PluginState::active:
    case PluginState::unloaded: return LogLevel::info;
    case PluginState::degraded:
    case PluginState::rejected:
    case PluginState::quarantined:
    case PluginState::stuck:
    case PluginState::pinned: return LogLevel::warning;
    default: return LogLevel::debug;
  }
}

}  // namespace

std::string_view word(PluginState state) { return state_words[static_cast<unsigned>(state)]; }

PluginEvent PluginJournal::note(PluginEvent event) {
  // The name of a file may be anything, and whoever reads of it, a WebSocket client above all, takes UTF-8 only.
  event.plugin = repaired(event.plugin);
  event.reason = repaired(event.reason);
  const std::scoped_lock lock(mutex_);
  event.number = ++last_number_;
  event.at = clock_.now().wall;
  ++counts_[static_cast<unsigned>(event.state)];
  if (events_.size() == events_max) events_.pop_front();
  events_.push_back(event);
  log_.write(levelOf(event.state), "plugin." + std::string(word(event.state)),
             {{"plugin", event.plugin}, {"version", event.version}, {"generation", event.generation}, {"reason", event.reason}});
  if (told_) told_(event);
  return event;
}

std::vector<PluginEvent> PluginJournal::after(std::uint64_t number, std::size_t limit, bool& more) const {
  const std::scoped_lock lock(mutex_);
  std::vector<PluginEvent> found;
  more = false;
  for (const PluginEvent& event : events_) {
    if (event.number <= number) continue;
    if (found.size() == limit) {
      more = true;
      break;
    }
    found.push_back(event);
  }
  return found;
}

std::array<std::uint64_t, plugin_state_count> PluginJournal::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void PluginJournal::onEvent(std::move_only_function<void(const PluginEvent&)> told) {
  const std::scoped_lock lock(mutex_);
  told_ = std::move(told);
}

}  // namespace atrium
