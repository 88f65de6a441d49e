#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atrium {

// Where a request may carry its token, as its parts were sent; a part that is missing is empty. Borrowed for the call.
struct TokenPlaces {
  std::string_view authorization;  // The value of the Authorization header.
  std::string_view protocols;      // The value of Sec-WebSocket-Protocol: a list with commas.
  std::string_view query;          // Behind the ? of the target.
};

enum class TokenSource : std::uint8_t { none, header, protocol, query };

struct FoundToken {
  TokenSource source = TokenSource::none;
  std::string_view token;  // A part of what was searched; empty when none was found.
};

// The token of a request, not verified: from `Authorization: Bearer <token>`, else the sub-protocol `bearer.<token>`, else `token=` in
// the query. A place that names two tokens names none.
[[nodiscard]] FoundToken findToken(const TokenPlaces& places);

// A request target or URL for the log: what may be a secret (token, access_token, ticket, and everything that looks like a token) is
// replaced by "redacted".
[[nodiscard]] std::string redactUrl(std::string_view url);

}  // namespace atrium
