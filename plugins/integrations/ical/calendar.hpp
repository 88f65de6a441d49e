#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// When somebody is busy; milliseconds since 1970, `until` excluded.
struct BusySpan {
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
};

struct CalendarReading {
  bool is_calendar = false;        // Else the text is none, and nothing else was read.
  std::vector<BusySpan> busy;      // Those that touch the window, by their begin; at most busy_max.
  std::size_t events = 0;          // That were looked at.
  std::size_t not_understood = 0;  // Events left out, or parts of them, rather than guessed at.
  std::string first_reason;        // Of those, why the first was; empty: none.

  static constexpr std::size_t events_max = 5000;
  static constexpr std::size_t busy_max = 10'000;
};

// What to read, and how.
struct CalendarWindow {
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
  std::string zone;  // Of whole days, and of times that name none.
  // How long it may take, about: what comes after is left out and counted, so that nobody's calendar keeps a thread.
  std::chrono::milliseconds patience{1000};
};

// Whether libical knows a time zone of that name.
[[nodiscard]] bool known_zone(const std::string& zone);

// Reads the events of RFC 5545, with libical. Cancelled events and those that are marked as free (TRANSP:TRANSPARENT) do not count; an
// instance that a later event moves (RECURRENCE-ID) is where that one says. Repetition is read from days up to years. What has a time zone
// that neither the file nor this machine knows, repeats by the second, minute or hour, or at times listed one by one (RDATE), is left out
// and counted. Never throws but for want of memory. Any thread.
[[nodiscard]] CalendarReading read_calendar(std::string_view text, const CalendarWindow& window);
