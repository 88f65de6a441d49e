#include "auth/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <utility>

#include "base/assert.hpp"

namespace atrium {

namespace {
template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
}  // namespace

struct Hmac::Contexts {
  std::unique_ptr<EVP_MAC, Free<EVP_MAC_free>> algorithm{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  std::unique_ptr<EVP_MAC_CTX, Free<EVP_MAC_CTX_free>> mac{algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr};
  std::unique_ptr<EVP_MD, Free<EVP_MD_free>> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> hash{EVP_MD_CTX_new()};
};

Hmac::Hmac(std::unique_ptr<Contexts> contexts) : contexts_(std::move(contexts)) {}
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;
Hmac::~Hmac() = default;

std::expected<Hmac, std::string> Hmac::make(std::string_view key) {
  if (key.empty()) return std::unexpected(std::string("an empty key signs nothing"));
  auto contexts = std::make_unique<Contexts>();
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  if (!contexts->mac || !contexts->sha256 || !contexts->hash || EVP_MAC_init(contexts->mac.get(), bytes, key.size(), parameters) != 1)
    return std::unexpected(std::string("OpenSSL offers no HMAC-SHA-256 here; check its configuration"));
  return Hmac(std::move(contexts));
}

Digest Hmac::sign(std::string_view text) {
  EVP_MAC_CTX* mac = contexts_->mac.get();
  Digest digest;
  std::size_t size = 0;
  // Without a key, init begins anew with the one it has.
  const bool done = EVP_MAC_init(mac, nullptr, 0, nullptr) == 1 &&
                    EVP_MAC_update(mac, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1 &&
                    EVP_MAC_final(mac, digest.data(), &size, digest.size()) == 1;
  ATRIUM_ASSERT(done && size == digest.size(), "HMAC over memory cannot fail");
  return digest;
}

Digest Hmac::hash(std::string_view text) {
  Digest digest;
  unsigned size = 0;
  EVP_MD_CTX* hash = contexts_->hash.get();
  const bool done = EVP_DigestInit_ex(hash, contexts_->sha256.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(hash, text.data(), text.size()) == 1 && EVP_DigestFinal_ex(hash, digest.data(), &size) == 1;
  ATRIUM_ASSERT(done && size == digest.size(), "SHA-256 over memory cannot fail");
  return digest;
}

bool sameBytes(const Digest& digest, std::string_view bytes) {
  return bytes.size() == digest.size() && CRYPTO_memcmp(digest.data(), bytes.data(), digest.size()) == 0;
}

}  // namespace atrium
