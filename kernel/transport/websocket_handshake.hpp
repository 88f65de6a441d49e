#pragma once

#include <string>
#include <string_view>

#include "transport/http.hpp"

namespace atrium {

// What a request says about becoming a WebSocket (RFC 6455, 4.2.1).
enum class Handshake : std::uint8_t {
  none,  // An ordinary request.
  good,
  other_version,  // To be answered with 426 and the version spoken here.
  malformed       // To be answered with 400.
};
[[nodiscard]] Handshake inspectHandshake(const HttpRequest& request);

// The answer to a good handshake: status line, header, blank line. `key` is its Sec-WebSocket-Key.
[[nodiscard]] FramePtr switchingProtocols(std::string_view key, std::string_view sub_protocol);

}  // namespace atrium
