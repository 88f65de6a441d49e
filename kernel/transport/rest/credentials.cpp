#include "rest/credentials.hpp"

#include <algorithm>

#include "auth/token_source.hpp"
#include "transport/http_text.hpp"

namespace atrium {

OfferedProtocols offeredProtocols(const HttpRequest& request) {
  constexpr std::string_view token_prefix = "bearer.";
  constexpr std::string_view family_prefix = "atrium.";
  OfferedProtocols offered;
  for (const HttpHeader& header : request.headers) {
    if (!sameWord(header.name, "Sec-WebSocket-Protocol")) continue;
    std::string_view list = header.value;
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view name = trimmed(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
      if (name.empty() || name.starts_with(token_prefix)) continue;
      if (name == json_sub_protocol) {
        offered.ours = name;
        offered.spoken = true;
      } else if (name.starts_with(family_prefix)) {
        if (offered.ours.empty()) offered.ours = name;
      } else {
        offered.foreign = true;
      }
    }
  }
  return offered;
}

std::string bearerToken(const HttpRequest& request) {
  return std::string(findToken({.authorization = request.header("Authorization"), .protocols = {}, .query = {}}).token);
}

std::string socketToken(const HttpRequest& request) {
  std::string protocols;  // A list may be spread over several lines.
  for (const HttpHeader& header : request.headers)
    if (sameWord(header.name, "Sec-WebSocket-Protocol")) (protocols += protocols.empty() ? "" : ",") += header.value;
  return std::string(findToken({.authorization = request.header("Authorization"), .protocols = protocols, .query = request.query}).token);
}

bool fromThisMachine(const HttpRequest& request) {
  return request.from_loopback && request.header("Forwarded").data() == nullptr && request.header("X-Forwarded-For").data() == nullptr;
}

std::string loggedPath(const HttpRequest& request) {
  constexpr std::size_t logged_max = 200;
  return redactUrl(request.path).substr(0, logged_max);
}

}  // namespace atrium
