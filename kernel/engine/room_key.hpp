#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace atrium {

// A room's full name: ids are unique anyway, but nothing is ever looked up without its tenant.
struct RoomKey {
  std::string tenant_id;
  Id room;
  friend bool operator==(const RoomKey&, const RoomKey&) = default;
};

// A user's full name.
struct UserKey {
  std::string tenant_id;
  std::string user_id;
  friend bool operator==(const UserKey&, const UserKey&) = default;
};

// Names a session from anywhere: its shard and its number there.
struct SessionRef {
  unsigned shard = 0;
  std::uint64_t number = 0;
  friend bool operator==(const SessionRef&, const SessionRef&) = default;
};

// FNV-1a: the same on every node and in every build, because it decides where a room or user lives.
[[nodiscard]] constexpr std::uint64_t stableHash(std::string_view bytes, std::uint64_t seed = 0xCBF29CE484222325ULL) {
  for (const char c : bytes) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return seed;
}

// The shard on which everything that belongs to a tenant as a whole lives: its agents, leads, alerts and figures.
[[nodiscard]] constexpr unsigned homeOfTenant(std::string_view tenant_id, unsigned shards) {
  return static_cast<unsigned>(stableHash(tenant_id, 0x9E3779B97F4A7C15ULL) % shards);
}

struct RoomKeyHash {
  std::size_t operator()(const RoomKey& key) const {
    return stableHash({reinterpret_cast<const char*>(key.room.bytes.data()), key.room.bytes.size()}, stableHash(key.tenant_id));
  }
};

struct UserKeyHash {
  std::size_t operator()(const UserKey& key) const { return stableHash(key.user_id, stableHash(key.tenant_id) ^ 0x5F); }
};

}  // namespace atrium
