#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"

namespace atrium {

// What one sink shows of itself. A value. Counts are since the start of the server.
struct SinkFigures {
  std::string plugin;
  std::string state;       // idle, delivering, waiting (for the next attempt) or absent (no such plugin is active)
  std::string events;      // Types joined by commas.
  std::uint64_t done = 0;  // Offset; see SinkPlace.
  std::uint64_t lag = 0;   // Events of the log behind it, whatever their type.
  std::uint64_t delivered = 0;
  std::uint64_t failures = 0;      // Attempts that were to be repeated.
  std::uint64_t lost = 0;          // Events that the log dropped before they were delivered, at most.
  std::uint64_t dead_letters = 0;  // That are kept.
  std::uint64_t dead_letters_added = 0;
  std::uint64_t dead_letters_dropped = 0;  // Because there were too many.
  std::optional<Wall> failing_since{};
  std::optional<Wall> next_attempt{};
  std::string reason;  // Of the last failure, while it fails.
};

// The sinks' figures, for /metrics and the API: the sinks write them, any thread reads them.
class SinkBoard {
 public:
  void show(const std::string& sink, SinkFigures figures) {
    const std::scoped_lock lock(mutex_);
    sinks_.insert_or_assign(sink, std::move(figures));
  }
  void remove(const std::string& sink) {
    const std::scoped_lock lock(mutex_);
    sinks_.erase(sink);
  }
  // A SinkList of schemas.yaml.
  [[nodiscard]] std::string json() const;
  void appendPrometheus(std::string& out) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, SinkFigures> sinks_;
};

}  // namespace atrium
