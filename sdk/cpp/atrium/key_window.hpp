#ifndef ATRIUM_KEY_WINDOW_HPP
#define ATRIUM_KEY_WINDOW_HPP
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "atrium/ext/storage_backend.h"

namespace atrium {
inline namespace sdk {

// Hashes idempotency keys, which clients choose: SipHash-1-3 under a secret seed, so that nobody can pick keys that collide.
struct KeySeed {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

inline std::uint64_t key_hash(const KeySeed& seed, std::string_view key) {
  std::uint64_t v0 = seed.low ^ 0x736f6d6570736575ULL, v1 = seed.high ^ 0x646f72616e646f6dULL;
  std::uint64_t v2 = seed.low ^ 0x6c7967656e657261ULL, v3 = seed.high ^ 0x7465646279746573ULL;
  const auto round = [&] {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  };
  const auto absorb = [&](std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  };
  std::size_t at = 0;
  for (; at + 8 <= key.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, key.data() + at, 8);
    absorb(word);
  }
  std::uint64_t last = static_cast<std::uint64_t>(key.size()) << 56;
  for (std::size_t n = 0; at + n < key.size(); ++n) last |= static_cast<std::uint64_t>(static_cast<unsigned char>(key[at + n])) << 8 * n;
  absorb(last);
  v2 ^= 0xFF;
  round(), round(), round();
  return v0 ^ v1 ^ v2 ^ v3;
}

// Which of a room's recent messages may carry a given idempotency key.
//
// It holds 32 bits of each key's hash beside a number that leads the store to the message; the store compares the real key, so that a
// chance collision costs one look and no mistake. Keys are never removed one by one: they gather in a young table, and when that holds
// ATRIUM_KEYED_MAX it becomes the old table and the one before is emptied. So at least the last ATRIUM_KEYED_MAX keys are known, at most
// twice as many, for some 10 to 20 bytes each. One thread at a time.
class KeyWindow {
 public:
  // Remembers `value` under `hash`. Returns how many of the earliest keys were forgotten for it.
  std::uint32_t add(std::uint32_t hash, std::uint32_t value) {
    std::uint32_t forgotten = 0;
    if (young_.count == ATRIUM_KEYED_MAX) {
      forgotten = old_.count;
      std::swap(young_, old_);
      young_.clear();
    }
    young_.add(hash, value);
    return forgotten;
  }

  // The first value under `hash` that `match` accepts.
  template <typename Match>
  std::optional<std::uint32_t> find(std::uint32_t hash, Match&& match) const {
    if (const auto found = young_.find(hash, match)) return found;
    return old_.find(hash, match);
  }

  [[nodiscard]] std::size_t bytes() const { return (young_.slots.capacity() + old_.slots.capacity()) * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t tag = 0;  // 0: free.
    std::uint32_t value = 0;
  };

  // Open addressing with linear probing; at most 4/5 full.
  struct Table {
    std::vector<Slot> slots;
    std::uint32_t count = 0;

    static std::uint32_t tag_of(std::uint32_t hash) { return hash == 0 ? 1 : hash; }

    void place(Slot slot) {
      const std::size_t mask = slots.size() - 1;
      std::size_t at = slot.tag & mask;
      while (slots[at].tag != 0) at = (at + 1) & mask;
      slots[at] = slot;
    }

    void add(std::uint32_t hash, std::uint32_t value) {
      if ((count + 1) * 5 > slots.size() * 4) {
        std::vector<Slot> before(slots.empty() ? 16 : slots.size() * 2);
        std::swap(before, slots);
        for (const Slot& slot : before)
          if (slot.tag != 0) place(slot);
      }
      place({tag_of(hash), value});
      ++count;
    }

    template <typename Match>
    std::optional<std::uint32_t> find(std::uint32_t hash, Match& match) const {
      if (count == 0) return std::nullopt;
      const std::size_t mask = slots.size() - 1;
      const std::uint32_t tag = tag_of(hash);
      for (std::size_t at = tag & mask; slots[at].tag != 0; at = (at + 1) & mask)
        if (slots[at].tag == tag && match(slots[at].value)) return slots[at].value;
      return std::nullopt;
    }

    void clear() {
      slots.assign(slots.size(), Slot{});
      count = 0;
    }
  };

  Table young_;
  Table old_;
};

}  // namespace sdk
}  // namespace atrium
#endif
