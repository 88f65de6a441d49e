#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <atrium/json.hpp>

// What the operator decided; plugin.yaml says what each means.
struct OidcOptions {
  std::string issuer;
  std::vector<std::string> audiences;
  std::vector<std::string> client_ids;
  std::vector<std::string> algorithms;
  std::string jwks_uri;
  std::string tenant;
  std::string tenant_claim;
  std::string user_claim;
  std::string name_claim;
  std::string roles_claim;
  std::vector<std::pair<std::string, std::uint32_t>> roles;  // The provider's word and ATRIUM_ROLE_... bits.
  std::uint32_t default_role = 0;                            // 0: none.
  std::uint64_t leeway_ms = 0;
  std::uint64_t cache_ms = 0;
  std::uint64_t jwks_refresh_ms = 0;
  std::uint64_t jwks_retry_ms = 0;
  std::uint64_t jwks_stale_max_ms = 0;

  // Throws std::invalid_argument with a sentence for the operator.
  static OidcOptions read(atrium::Json options);
};
