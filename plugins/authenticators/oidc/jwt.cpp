#include "jwt.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace {

constexpr std::size_t key_id_max = 256;  // bytes

}  // namespace

bool decode_base64url(std::string_view text, std::string& out) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (text.size() % 4 == 1) return false;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return (bits & ((1U << count) - 1)) == 0;
}

std::optional<Jwt> Jwt::split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  Jwt parts;
  parts.signed_text = token.substr(0, second);
  if (!decode_base64url(token.substr(0, first), parts.header) ||
      !decode_base64url(token.substr(first + 1, second - first - 1), parts.claims) ||
      !decode_base64url(token.substr(second + 1), parts.signature))
    return std::nullopt;
  return parts;
}

std::optional<JwtHeader> read_header(atrium::Json header, std::string& why) {
  const auto refuse = [&why](const char* reason) {
    why = reason;
    return std::nullopt;
  };
  if (!header.is_object()) return refuse("the header is not an object");
  if (const atrium::Json type = header["typ"]; type.exists() && !(type == "JWT" || type == "jwt" || type == "at+jwt"))
    return refuse("its typ is not that of a token for people");
  // RFC 7515, 4.1.11: an extension that must be understood and is not makes the token invalid. None is understood.
  if (header["crit"].exists()) return refuse("it asks for extensions");
  for (const std::string_view own : {"jwk", "jku", "x5c", "x5u"})
    if (header[own].exists()) return refuse("it brings a key of its own");
  for (const std::string_view nested : {"cty", "zip", "enc", "b64"})
    if (header[nested].exists()) return refuse("it holds something else than claims");
  JwtHeader read;
  read.algorithm = header["alg"].as_text().value_or("");
  if (const atrium::Json key_id = header["kid"]; key_id.exists()) {
    read.key_id = key_id.as_text().value_or("");
    if (read.key_id.empty() || read.key_id.size() > key_id_max) return refuse("its kid is not a key's name");
  }
  return read;
}

atrium::Json claim_at(atrium::Json claims, std::string_view path) {
  if (const atrium::Json whole = claims[path]; whole.exists()) return whole;
  while (!path.empty() && claims.exists()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    claims = claims[path.substr(0, dot)];
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return claims;
}

bool names_one_of(atrium::Json value, const std::vector<std::string>& wanted) {
  const auto is_wanted = [&wanted](atrium::Json one) {
    return std::any_of(wanted.begin(), wanted.end(), [one](const std::string& name) { return one == std::string_view(name); });
  };
  if (value.is_text()) return is_wanted(value);
  if (!value.is_array()) return false;
  for (const atrium::Json item : value)
    if (is_wanted(item)) return true;
  return false;
}
