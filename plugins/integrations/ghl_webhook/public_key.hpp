#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

// A key that somebody else signs with, and the one algorithm it is used for. A value that moves. Any thread.
class PublicKey {
 public:
  enum class Kind { ed25519, rsa_sha256 };
  // PEM, or the base64 within. Throws std::invalid_argument with a sentence that begins with `option`, for what is no key of that kind and
  // for RSA keys under 2,048 bits.
  PublicKey(Kind kind, std::string_view text, const std::string& option);

  // Whether `signature`, in base64, is this key's over `body`.
  [[nodiscard]] bool signed_by(std::string_view body, std::string_view signature) const;

 private:
  Kind kind_;
  std::shared_ptr<EVP_PKEY> key_;
};
