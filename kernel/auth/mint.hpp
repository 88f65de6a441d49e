#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace atrium {

// What a new token shall say. A value.
struct TokenClaims {
  std::string tenant_id{};
  std::string user_id{};
  std::string name{};                // Empty: left out.
  std::vector<std::string> roles{};  // Empty: left out, which makes an agent.
  std::string issuer{};              // Empty: left out.
  std::string audience{};            // Empty: left out.
  std::chrono::seconds lifetime{std::chrono::hours{12}};
};

// A signed token, valid from `now`. For operators, tests and the demo; clients in production get theirs from an identity provider.
[[nodiscard]] std::string mintToken(const TokenClaims& claims, std::string_view secret, Wall now);

}  // namespace atrium
