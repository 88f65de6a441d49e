#pragma once

#include <string>
#include <string_view>

#include "auth/base64url.hpp"
#include "auth/hmac.hpp"
#include "auth/token_verifier.hpp"

namespace atrium {

inline const std::string test_secret = "0123456789abcdef0123456789abcdef";
inline const Wall test_now = fromMillis(1'768'000'000'000);
inline constexpr std::string_view plain_header = R"({"alg":"HS256","typ":"JWT"})";
inline constexpr std::string_view plain_claims = R"({"sub":"ana","tenant_id":"acme","exp":1768000600})";

// A token of any header and claims, signed with any key.
inline std::string signedToken(std::string_view header, std::string_view claims, std::string_view secret = test_secret) {
  std::string token = encodeBase64Url(header) + "." + encodeBase64Url(claims);
  const Digest signature = Hmac::make(secret)->sign(token);
  return token + "." + encodeBase64Url({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

inline TokenVerifier verifierFor(TokenRules rules, std::size_t remembered = TokenVerifier::remembered_default) {
  rules.secret = test_secret;
  return *TokenVerifier::make(std::move(rules), remembered);
}

}  // namespace atrium
