#pragma once

#include <memory>
#include <string>
#include <string_view>

typedef struct evp_pkey_st EVP_PKEY;

// A key of a provider that exists in this test alone: signs tokens, and shows its public half as a JSON Web Key.
class SigningKey {
 public:
  enum class Kind { rsa, small_rsa, ec };
  explicit SigningKey(Kind kind);

  // A token with that header and those claims, signed by the algorithm, whatever the header says.
  [[nodiscard]] std::string sign(std::string_view header, std::string_view claims, std::string_view algorithm) const;
  // {"kty":...,"kid":...}, with `more` members: R"(,"use":"enc")".
  [[nodiscard]] std::string jwk(std::string_view key_id, std::string_view more = {}) const;
  // As PEM, which some take for a secret.
  [[nodiscard]] std::string pem() const;

 private:
  std::shared_ptr<EVP_PKEY> key_;
};

[[nodiscard]] std::string base64url(std::string_view bytes);
// A token signed with HMAC-SHA-256.
[[nodiscard]] std::string hmac_signed(std::string_view header, std::string_view claims, std::string_view secret);
