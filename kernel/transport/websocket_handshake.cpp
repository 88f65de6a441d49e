#include "transport/websocket_handshake.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "transport/http_text.hpp"

namespace atrium {

namespace {

bool namesWord(const HttpRequest& request, std::string_view field, std::string_view word) {
  return std::ranges::any_of(request.headers,
                             [&](const HttpHeader& header) { return sameWord(header.name, field) && listHas(header.value, word); });
}

// The only value of a field that has to be there once; empty otherwise.
std::string_view onlyValue(const HttpRequest& request, std::string_view field) {
  std::string_view value;
  for (const HttpHeader& header : request.headers) {
    if (!sameWord(header.name, field)) continue;
    if (value.data()) return {};
    value = header.value;
  }
  return value;
}

// Base64 of 16 bytes: 22 characters, of which the last has four bits to spare, and two of padding.
bool isKey(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") && std::string_view("AQgw").contains(key[21]) &&
         std::ranges::all_of(key.substr(0, 22), [](char c) { return isAlphanumeric(c) || c == '+' || c == '/'; });
}

}  // namespace

Handshake inspectHandshake(const HttpRequest& request) {
  if (request.minor_version == 0 || !namesWord(request, "upgrade", "websocket") || !namesWord(request, "connection", "upgrade"))
    return Handshake::none;
  if (request.method != "GET" || !request.body.empty()) return Handshake::malformed;
  if (request.header("sec-websocket-version") != "13" && request.header("sec-websocket-version").data()) return Handshake::other_version;
  return onlyValue(request, "sec-websocket-version") == "13" && isKey(onlyValue(request, "sec-websocket-key")) ? Handshake::good
                                                                                                               : Handshake::malformed;
}

bool isUpgrade(const HttpRequest& request) { return inspectHandshake(request) == Handshake::good; }

FramePtr switchingProtocols(std::string_view key, std::string_view sub_protocol) {
  const std::string salted = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(salted.data()), salted.size(), digest.data());
  std::array<unsigned char, 29> accept;  // 28 characters and a NUL.
  EVP_EncodeBlock(accept.data(), digest.data(), static_cast<int>(digest.size()));

  FrameBuilder out;
  out.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
  out.append(std::string_view(reinterpret_cast<const char*>(accept.data()), accept.size() - 1));
  if (!sub_protocol.empty()) {
    out.append("\r\nSec-WebSocket-Protocol: ");
    out.append(sub_protocol);
  }
  out.append("\r\n\r\n");
  return out.finishRaw();
}

}  // namespace atrium
