#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "atrium/room.h"
#include "base/clock.hpp"

namespace atrium {

inline constexpr std::size_t tenant_id_max = 128;     // bytes
inline constexpr std::size_t user_id_max = 128;       // bytes
inline constexpr std::size_t display_name_max = 256;  // bytes

// Who is asking, as a verified token said. A value.
struct Principal {
  std::string tenant_id;                    // 1 to tenant_id_max bytes.
  std::string user_id;                      // The token's `sub`, 1 to user_id_max bytes.
  std::string display_name;                 // The token's `name`, else a label the client gave, else the user id.
  bool name_verified = false;               // Whether the display name stood in the token.
  std::uint32_t roles = ATRIUM_ROLE_AGENT;  // ATRIUM_ROLE_... bits.
  Wall expires{};                           // When the token ceases to hold.
  bool plugin = false;                      // A plugin of this server, which no token makes: it posts without being a member.

  [[nodiscard]] bool has(std::uint32_t role_bits) const { return (roles & role_bits) != 0; }
  friend bool operator==(const Principal&, const Principal&) = default;
};

// Whether he operates the server, and not only a tenant of it: an admin of one of these tenants, or of any when none is named.
[[nodiscard]] inline bool operatesServer(const Principal& who, std::span<const std::string> operator_tenants) {
  return who.has(ATRIUM_ROLE_ADMIN) &&
         (operator_tenants.empty() || std::ranges::find(operator_tenants, who.tenant_id) != operator_tenants.end());
}

}  // namespace atrium
