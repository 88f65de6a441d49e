#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace atrium {

// Where a plugin stands in its life: discovered → verified → resolved → probed → loaded → configured → active ⇄ degraded → draining →
// stopped → unloaded. Beside it, each with a reason: rejected, quarantined, stuck, pinned.
enum class PluginState : std::uint8_t {
  discovered,   // Its file is there.
  verified,     // The file and its manifest are sound. Where it stays when it is not wanted; the reason says by what.
  resolved,     // It is wanted, and its options are right.
  probed,       // A throw-away process has loaded this file and lived.
  loaded,       // In memory, with an instance.
  configured,   // It took its options, its state and its self-test.
  active,       // Being called.
  degraded,     // Its breaker is open: calls are refused or allowed without it, as the operator configured.
  draining,     // Nobody new enters; those inside finish.
  stopped,      // Its instance has ended.
  unloaded,     // Its code has left the process.
  rejected,     // Its file or manifest is not sound, or it did not start.
  quarantined,  // It did harm, and this very file is not loaded again until an operator says so.
  stuck,        // A call does not come back: it is never unloaded.
  pinned        // Ended in order, but its code cannot leave the process.
};
inline constexpr unsigned plugin_state_count = 15;
[[nodiscard]] std::string_view word(PluginState state);

// One step in the life of a plugin. A value.
struct PluginEvent {
  std::uint64_t number = 0;  // From 1, without gaps, since the start of the server.
  Wall at{};
  std::string plugin;            // Its id; of a file whose manifest cannot be read, its path.
  std::string version;           // Empty: unknown.
  std::uint64_t generation = 0;  // Which load of it since the start, from 1; 0: before the first.
  PluginState state{};
  std::string reason;  // One sentence without its full stop; may be empty.
};

// What happened to the plugins: the latest steps for whoever asks, a log line for each and a count by state. Any thread.
class PluginJournal {
 public:
  static constexpr std::size_t events_max = 1000;  // The oldest give way.

  PluginJournal(Log& log, const Clock& clock) : log_(log), clock_(clock) {}

  // Numbers, dates and keeps the event, and returns it so.
  PluginEvent note(PluginEvent event);

  // At most `limit` events above `number`, in order; `more` tells whether there are others behind them.
  [[nodiscard]] std::vector<PluginEvent> after(std::uint64_t number, std::size_t limit, bool& more) const;
  // How many steps into each state there were.
  [[nodiscard]] std::array<std::uint64_t, plugin_state_count> counts() const;

  // `told` hears every later event, on the thread it happens on, and must neither block nor come back here.
  void onEvent(std::move_only_function<void(const PluginEvent&)> told);

 private:
  Log& log_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::deque<PluginEvent> events_;
  std::uint64_t last_number_ = 0;
  std::array<std::uint64_t, plugin_state_count> counts_{};
  std::move_only_function<void(const PluginEvent&)> told_;
};

}  // namespace atrium
