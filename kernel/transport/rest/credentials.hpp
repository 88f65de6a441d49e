#pragma once

#include <string>
#include <string_view>

#include "transport/http.hpp"

namespace atrium {

inline constexpr std::string_view json_sub_protocol = "atrium.v1.json";

// What a WebSocket client offered in Sec-WebSocket-Protocol. Borrowed from the request.
struct OfferedProtocols {
  std::string_view ours;  // The first of the family atrium.…, spoken here or not; empty: none.
  bool spoken = false;    // Whether `ours` is one this server speaks; a spoken one is preferred.
  bool foreign = false;   // Whether something else was offered, beside tokens.
};
[[nodiscard]] OfferedProtocols offeredProtocols(const HttpRequest& request);

// The token of a REST request, from the Authorization header alone; empty: none.
[[nodiscard]] std::string bearerToken(const HttpRequest& request);
// The token of a WebSocket request: from the Authorization header, a sub-protocol `bearer.<jwt>` or, last, `?token=`. Empty: none.
[[nodiscard]] std::string socketToken(const HttpRequest& request);

// Whether the request was made on this machine by a client of its own: a proxy that forwards for others says so in a header.
[[nodiscard]] bool fromThisMachine(const HttpRequest& request);

// What of a request's target may be logged: the path without its query, which may hold a token, without what looks like one in the path
// itself, and no more than 200 bytes of it.
[[nodiscard]] std::string loggedPath(const HttpRequest& request);

}  // namespace atrium
