#include "rest/hook_signature.hpp"

#include <algorithm>
#include <string>

#include "auth/base64url.hpp"
#include "auth/hmac.hpp"
#include "transport/http_text.hpp"

namespace atrium {

namespace {

bool decodeHex(std::string_view text, std::string& out) {
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    const int high = hexDigit(text[at]), low = hexDigit(text[at + 1]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high << 4 | low);
  }
  return text.size() % 2 == 0;
}

bool decodeBase64(std::string_view text, std::string& out) {
  std::string url(text);
  if (url.ends_with('=')) url.pop_back();  // 32 bytes end in one.
  std::ranges::replace(url, '+', '-');
  std::ranges::replace(url, '/', '_');
  return decodeBase64Url(url, out);
}

}  // namespace

bool hookSignatureHolds(std::string_view given, std::string_view body, std::string_view secret) {
  constexpr std::string_view prefix = "sha256=";
  constexpr std::size_t hex_size = 2 * sizeof(Digest);
  auto hmac = Hmac::make(secret);
  if (!hmac) return false;
  const Digest wanted = hmac->sign(body);
  if (given.starts_with(prefix)) given.remove_prefix(prefix.size());
  std::string bytes;
  const bool decoded = given.size() == hex_size ? decodeHex(given, bytes) : given.size() < hex_size && decodeBase64(given, bytes);
  return decoded && sameBytes(wanted, bytes);
}

}  // namespace atrium
