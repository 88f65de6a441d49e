// [snippet:whole]
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <atrium/plugin.hpp>
#include <atrium/services.hpp>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

// "key_<tenant>.<name>.<expires>.<signature>": nothing is stored, the signature is all there is to check.
class ApiKeys {
 public:
  explicit ApiKeys(atrium::Host host) : secret_(atrium::Secrets(host).get("signing").value_or("")) {
    if (secret_.size() < 16)
      throw std::runtime_error("it needs a secret `signing` of at least 16 bytes, under plugins.use.com.acme.api-keys.secrets");
  }

  [[nodiscard]] atrium::AuthResult authenticate(std::string_view token, std::uint64_t now_ms) const {
    static constexpr std::string_view prefix = "key_";
    if (!token.starts_with(prefix)) return atrium::AuthResult::not_mine();
    const auto last = token.rfind('.');
    if (last == std::string_view::npos) return atrium::AuthResult::deny("it has no signature");
    const std::string_view signed_part = token.substr(0, last);
    const std::string expected = signature_of(signed_part);
    const std::string_view signature = token.substr(last + 1);
    if (signature.size() != expected.size() || CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) != 0)
      return atrium::AuthResult::deny("its signature is not ours");

    // Signed by us: what follows is what whoever made the key wrote.
    const std::string_view body = signed_part.substr(prefix.size());
    const auto first = body.find('.');
    const auto second = first == std::string_view::npos ? first : body.find('.', first + 1);
    if (second == std::string_view::npos || first == 0 || second == first + 1) return atrium::AuthResult::deny("it is not a whole key");
    std::uint64_t expires = 0;
    const std::string_view digits = body.substr(second + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), expires);
    if (error != std::errc() || end != digits.data() + digits.size() || expires > latest)
      return atrium::AuthResult::deny("its end is no time");
    if (expires * 1000 <= now_ms) return atrium::AuthResult::deny("it has expired");
    const std::string_view name = body.substr(first + 1, second - first - 1);
    return atrium::AuthResult::accept({.tenant_id = std::string(body.substr(0, first)),
                                       .user_id = std::string(name),
                                       .display_name = std::string(name),
                                       .roles = ATRIUM_ROLE_SERVICE,
                                       .expires_at_ms = expires * 1000,
                                       .cache_seconds = 300});
  }
  static constexpr atrium::AuthenticatorInfo authenticator{.name = "api_keys"};

 private:
  static constexpr std::uint64_t latest = 253'402'300'799;  // The end of the year 9999.

  [[nodiscard]] std::string signature_of(std::string_view text) const {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         digest, &size);
    std::string hex;
    for (unsigned int n = 0; n < size; ++n) {
      hex += "0123456789abcdef"[digest[n] >> 4];
      hex += "0123456789abcdef"[digest[n] & 15];
    }
    return hex;
  }

  std::string secret_;
};

ATRIUM_PLUGIN(ApiKeys, "com.acme.api-keys", "1.0.0")
// [/snippet]
