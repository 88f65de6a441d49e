#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "engine/hooks.hpp"

namespace atrium {

// By what calls are found again: the message, whether it was stored or refused, within its tenant.
struct TraceKey {
  Id message;
  std::uint64_t tenant = 0;             // A hash of its id...
  std::uint64_t client_message_id = 0;  // ...and of what the client called the message; 0: it did not.

  [[nodiscard]] static TraceKey of(const Id& message, std::string_view tenant_id, std::string_view client_message_id);
};

// The latest calls of plugins for messages of one shard's rooms: a ring whose oldest entries are forgotten. Filled without allocating.
// One thread.
class Trace {
 public:
  // `entries` calls are kept; 0: none.
  explicit Trace(std::size_t entries) : entries_(entries) {}

  void add(const TraceKey& key, Hook hook, const HookOutcome& outcome, Wall now);
  // Appends the calls of one message to `out`, the oldest first, as JSON objects with commas between them and, unless `out` ends with a
  // bracket, before them. `message` is a message's id or a client_message_id.
  void append(std::string& out, std::string_view tenant_id, std::string_view message) const;

 private:
  static constexpr std::size_t reason_max = 96;
  static constexpr std::size_t sources_max = 256;
  enum class Verdict : std::uint8_t { allowed, changed, denied, failed };
  struct Entry {
    TraceKey key;
    Wall at{};
    std::uint32_t took_ns = 0;
    std::uint16_t source = 0;
    Hook hook{};
    Verdict verdict{};
    std::uint8_t reason_size = 0;
    std::array<char, reason_max> reason;
  };
  struct Source {
    const HookSource* hint = nullptr;  // Where it was last; it may have gone.
    HookSource copy;
  };

  std::uint16_t sourceOf(const HookSource& source);
  static std::string_view word(Verdict verdict);
  void write(std::string& out, const Entry& entry) const;

  std::vector<Entry> entries_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;  // At most the ring's size.
  std::vector<Source> sources_;
};

}  // namespace atrium
