#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "auth/token_verifier.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

namespace atrium {

// Checks the header of a token whose signature is right: the one algorithm, no critical extension, no key of the token's own.
[[nodiscard]] Result<void> checkTokenHeader(const JsonView& header);

// Checks the claims of a token whose signature is right, and makes the principal. Does not ask whether the tenant may come in.
[[nodiscard]] Result<Principal> readTokenClaims(const JsonView& claims, const TokenRules& rules, Wall now);

// Checks a principal that somebody else made: ids and a name such as readTokenClaims() lets through, and roles that exist.
[[nodiscard]] Result<void> checkPrincipal(const Principal& principal);

}  // namespace atrium
