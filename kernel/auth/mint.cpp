#include "auth/mint.hpp"

#include "auth/base64url.hpp"
#include "auth/hmac.hpp"
#include "base/assert.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

std::string mintToken(const TokenClaims& claims, std::string_view secret, Wall now) {
  auto hmac = Hmac::make(secret);
  ATRIUM_ASSERT(hmac, "a token is minted with a secret");
  const auto issued_s = static_cast<std::int64_t>(toMillis(now) / 1000);
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("sub").value(std::string_view(claims.user_id)).key("tenant_id").value(std::string_view(claims.tenant_id));
  if (!claims.name.empty()) json.key("name").value(std::string_view(claims.name));
  if (!claims.roles.empty()) {
    json.key("roles").begin('[');
    for (const std::string& role : claims.roles) json.value(std::string_view(role));
    json.end(']');
  }
  if (!claims.issuer.empty()) json.key("iss").value(std::string_view(claims.issuer));
  if (!claims.audience.empty()) json.key("aud").value(std::string_view(claims.audience));
  json.key("iat").value(issued_s).key("exp").value(issued_s + claims.lifetime.count()).end('}');

  std::string token = encodeBase64Url(R"({"alg":"HS256","typ":"JWT"})");
  token += '.';
  token += encodeBase64Url(text);
  const Digest signature = hmac->sign(token);
  token += '.';
  token += encodeBase64Url({reinterpret_cast<const char*>(signature.data()), signature.size()});
  return token;
}

}  // namespace atrium
