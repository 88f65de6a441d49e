#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <atrium/plugin.hpp>

#include "jwt.hpp"
#include "key_source.hpp"
#include "options.hpp"

// Judges the tokens of one OpenID Connect provider. What is looked at before the signature was found right chooses the key and nothing
// else.
class Oidc {
 public:
  Oidc(atrium::Host host, atrium::Json options);
  atrium::AuthResult authenticate(std::string_view token, std::uint64_t now_ms);

  atrium::AuthenticatorInfo authenticator;

 private:
  // Whether the provider's key has signed the token, asking for newer keys when it is none of those that are known.
  enum class Signed { yes, no, cannot_tell };
  Signed is_signed(const Jwt& jwt, const JwtHeader& header);
  [[nodiscard]] atrium::AuthResult judge_claims(atrium::Json claims, std::uint64_t now_ms) const;
  // One sentence about what is wrong with "exp", "nbf" or "iat"; empty: nothing, and when it ends.
  [[nodiscard]] std::string check_times(atrium::Json claims, std::uint64_t now_ms, std::uint64_t& expires_at_ms) const;
  [[nodiscard]] bool is_clients(atrium::Json claims) const;
  [[nodiscard]] std::uint32_t roles_of(atrium::Json claims) const;

  atrium::Host host_;
  OidcOptions options_;
  KeySource keys_;
};
