#include "plugin/digest.hpp"

#include <openssl/evp.h>

#include <memory>

#include "base/assert.hpp"

namespace atrium {

Digest sha256(std::span<const std::byte> bytes, std::size_t hole, std::size_t zeroed) {
  static constexpr std::array<std::byte, digest_size> zeros{};
  ATRIUM_ASSERT(zeroed <= zeros.size() && hole <= bytes.size() && zeroed <= bytes.size() - hole, "the hole lies within the bytes");
  Digest digest{};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool done = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), bytes.data(), hole) == 1 &&
                    EVP_DigestUpdate(context.get(), zeros.data(), zeroed) == 1 &&
                    EVP_DigestUpdate(context.get(), bytes.data() + hole + zeroed, bytes.size() - hole - zeroed) == 1 &&
                    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  ATRIUM_ASSERT(done, "SHA-256 is always there");
  return digest;
}

std::string toHex(const Digest& digest) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += hex[byte >> 4];
    text += hex[byte & 15];
  }
  return text;
}

}  // namespace atrium
