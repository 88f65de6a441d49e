#pragma once

#include <string>
#include <string_view>

namespace atrium::bench {

// The key every server of the benchmarks is started with (JWT_SECRET_KEY).
inline constexpr std::string_view jwt_key = "benchmarks-only-0123456789abcdef-0123456789";

// A token of HS256 under jwt_key, good for a day. The ids need no JSON escapes.
[[nodiscard]] std::string mintToken(std::string_view tenant_id, std::string_view user_id, std::string_view role = "agent");

}  // namespace atrium::bench
