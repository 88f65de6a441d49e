#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atrium {

using namespace std::chrono_literals;

// A point on the monotonic clock. Durations, deadlines and ages are computed from it alone.
using Mono = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
// A point on the wall clock, in milliseconds since 1970-01-01 UTC. It is stored and shown, never subtracted.
using Wall = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

// The time of one turn of a loop: read once at its start, the same for everything that happens in the turn.
struct Now {
  Mono mono;
  Wall wall;
};

// Where time comes from: the machine, or a test that moves it by hand. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Now now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Now now() const override {
    return {std::chrono::steady_clock::now(), std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now())};
  }
};

// Stands still until it is told to move. One thread.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] Now now() const override { return now_; }
  void advance(std::chrono::nanoseconds step) {
    now_.mono += step;
    passed_ += step;
    now_.wall = start_ + std::chrono::duration_cast<std::chrono::milliseconds>(passed_);
  }

 private:
  static constexpr Wall start_{std::chrono::milliseconds{1'767'225'600'000}};  // 2026-01-01T00:00:00Z
  std::chrono::nanoseconds passed_{0};
  Now now_{Mono{std::chrono::hours{1}}, start_};
};

[[nodiscard]] inline std::uint64_t toMillis(Wall wall) { return static_cast<std::uint64_t>(wall.time_since_epoch().count()); }
[[nodiscard]] inline Wall fromMillis(std::uint64_t ms) { return Wall{std::chrono::milliseconds{static_cast<std::int64_t>(ms)}}; }

// RFC 3339 in UTC with milliseconds, always 24 bytes: 2026-01-10T15:30:00.000Z. `out` has room for them.
void formatTime(Wall wall, char* out);
[[nodiscard]] std::string formatTime(Wall wall);
// A time in UTC as RFC 3339 has it, with up to nine digits of a second's fraction, of which three count: 2026-01-10T15:30:00Z. Nothing for
// any other text, a day that does not exist, or a year before 1970.
[[nodiscard]] std::optional<Wall> parseTime(std::string_view text);

}  // namespace atrium
