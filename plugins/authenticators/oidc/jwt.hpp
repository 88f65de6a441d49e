#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <atrium/json.hpp>

// The parts of a signed JSON Web Token (RFC 7515, compact form). Views point into the token.
struct Jwt {
  std::string header;     // Decoded: JSON, perhaps.
  std::string claims;     // Likewise.
  std::string signature;  // Decoded.
  std::string_view signed_text;

  // Nothing: it has not that form.
  static std::optional<Jwt> split(std::string_view token);
};

// Exactly what base64url without padding writes (RFC 4648, 5), appended to `out`; false for anything else.
bool decode_base64url(std::string_view text, std::string& out);

// What the header says that is of account. Nothing but a name is taken from it: which key is meant.
struct JwtHeader {
  std::string algorithm;
  std::string key_id;  // Empty: none.
};

// Nothing, and why, when the header asks for anything that is not to be done: extensions, a key the token brings along, contents that are
// no claims.
std::optional<JwtHeader> read_header(atrium::Json header, std::string& why);

// The member that a path with dots leads to: "realm_access.roles". A claim of that very name comes first.
atrium::Json claim_at(atrium::Json claims, std::string_view path);

// Whether the value is one of `wanted`, or an array with one of them.
bool names_one_of(atrium::Json value, const std::vector<std::string>& wanted);
