#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <atrium/json.hpp>

// The public keys of a provider, as its key set (RFC 7517) gives them. Immutable once read, so that any thread may verify with it.
class KeyRing {
 public:
  // Takes the keys that verify signatures: RSA of 2048 to 8192 bits and EC on P-256. Others, and those that are broken, are passed over:
  // a provider publishes keys for many purposes. `keys` is the array of the set; at most keys_max are taken.
  static constexpr std::size_t keys_max = 100;
  static KeyRing read(atrium::Json keys);

  enum class Verdict { holds, forged, unknown_key };
  // Whether `signature` is that of `text` by the key of that id and algorithm. A token without a key id is one of the only key that is made
  // for its algorithm. Never uses a key for another algorithm than the one it is for: what is public in one is secret in another.
  [[nodiscard]] Verdict verify(std::string_view algorithm, std::string_view key_id, std::string_view text,
                               std::string_view signature) const;
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  using PublicKey = std::unique_ptr<EVP_PKEY, FreeKey>;
  struct Key {
    std::string id;
    std::string algorithm;  // Empty: what its type allows.
    bool is_rsa = false;
    PublicKey key;
    [[nodiscard]] bool is_for(std::string_view wanted) const;
  };
  static PublicKey read_rsa(atrium::Json key);
  static PublicKey read_ec(atrium::Json key);

  std::vector<Key> keys_;
};
