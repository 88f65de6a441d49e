#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace atrium {

// A ULID: 48 bits of milliseconds, then 80 bits that grow within a millisecond. 16 bytes in memory, on disk and across the
// plugin interface; on the wire a prefix and 26 characters of Crockford's base 32 (room_01J…), so that ids sort by time.
struct Id {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] bool empty() const { return *this == Id{}; }  // All zero: no id.
  friend auto operator<=>(const Id&, const Id&) = default;
};

struct IdHash {
  std::size_t operator()(const Id& id) const {
    std::uint64_t high, low;
    std::memcpy(&high, id.bytes.data(), 8);
    std::memcpy(&low, id.bytes.data() + 8, 8);
    return static_cast<std::size_t>((high ^ (low * 0x9E3779B97F4A7C15ULL)) * 0xC2B2AE3D27D4EB4FULL >> 7);
  }
};

inline constexpr std::size_t id_text_size = 26;
inline constexpr std::string_view room_prefix = "room_";
inline constexpr std::string_view message_prefix = "msg_";
inline constexpr std::string_view connection_prefix = "conn_";

// Writes the 26 characters of `id`; `out` has room for them.
void formatId(const Id& id, char* out);
[[nodiscard]] std::string formatId(std::string_view prefix, const Id& id);
// Nothing unless `text` is exactly the prefix and 26 characters that formatId would write.
[[nodiscard]] std::optional<Id> parseId(std::string_view prefix, std::string_view text);

// Random numbers for ids, epochs and jitter: the machine's, or a seeded test's. Splitmix64; not for keys or secrets.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  static std::uint64_t seedFromSystem();
  std::uint64_t next();
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

// Makes ids that grow strictly for as long as the process lives, also when the wall clock steps back. One thread.
class IdSource {
 public:
  explicit IdSource(Random random) : random_(random) {}
  [[nodiscard]] Id next(Wall wall);

 private:
  Random random_;
  Id last_{};
  std::uint64_t last_ms_ = 0;
};

}  // namespace atrium
