#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "engine/shard.hpp"
#include "protocol/close_codes.hpp"
#include "protocol/principal.hpp"
#include "rest/credentials.hpp"
#include "transport/http.hpp"

namespace atrium {

// Who comes in by a WebSocket request, and how.
struct Admission {
  PrincipalPtr principal;
  SessionOptions session;
};

// Why one does not: as an answer before the upgrade, and as a close code after it.
struct SocketRefusal {
  Error error;
  CloseCode close;
};

// Decides about a WebSocket request from what its token was found to say and its query; `room_id` is that of the path, or null.
// Refusals: bad_token for what is wrong with the token, state_lost (come back) when it could not be judged now, forbidden for another's
// identity or a room id that cannot be one, bad_request for a label that cannot be shown.
[[nodiscard]] std::expected<Admission, SocketRefusal> admit(const HttpRequest& request, const std::string* room_id,
                                                            const Result<Principal>& who);

// A socket that becomes a session when it opens. `shard` outlives it.
[[nodiscard]] std::unique_ptr<WebSocketHandler> makeSessionSocket(Shard& shard, Admission admission);
// A socket that is told why it may not stay, and closed.
[[nodiscard]] std::unique_ptr<WebSocketHandler> makeRefusedSocket(CloseCode code, std::string reason);

}  // namespace atrium
