#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/clock.hpp"

namespace atrium {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// One member of a log line. The text is borrowed for the call and escaped as JSON; never hand a token or a key to it.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <std::integral T>
  LogField(std::string_view k, T v) : key(k), value(static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(v)) {}
};

// Writes one JSON object a line: {"time","level","event",…fields}. Any thread; never blocks: lines wait in a bounded queue for a
// thread of the log's own, the oldest give way when it is full, and the loss is counted (dropped()).
// An event name may appear `burst` times a second, and one that names a plugin so often for each plugin; what comes above that is counted
// and told by the next line that passes, as "suppressed": n.
class Log {
 public:
  struct Options {
    LogLevel level = LogLevel::info;
    std::size_t queue_lines = 8192;
    std::uint32_t burst = 20;
    std::chrono::milliseconds patience{2000};  // At the end, with whoever reads standard error.
  };
  // To standard error.
  explicit Log(Options options);
  // Writes what waits, for as long as Options::patience; then a reader who takes nothing holds up nobody any more, and what waits is lost
  // when the process ends.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // The least important lines to write from now on.
  void setLevel(LogLevel level);

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) { write(LogLevel::info, event, fields); }
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) { write(LogLevel::warning, event, fields); }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) { write(LogLevel::error, event, fields); }

  // Lines lost because the queue was full, since the start.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace atrium
