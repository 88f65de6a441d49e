#include "signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <stdexcept>

namespace {
constexpr std::string_view secret_prefix = "whsec_";
}

std::string key_of(std::string_view secret) {
  if (!secret.starts_with(secret_prefix)) return std::string(secret);
  const std::string_view text = secret.substr(secret_prefix.size());
  std::string key(text.size() / 4 * 3, '\0');
  if (text.empty() || text.size() % 4 != 0) return {};
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  key.resize(key.size() - static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '=')));
  return key;
}

std::string signature_of(std::string_view key, std::string_view id, std::string_view timestamp, std::string_view body) {
  std::string signed_text;
  signed_text.reserve(id.size() + timestamp.size() + body.size() + 2);
  signed_text.append(id).append(1, '.').append(timestamp).append(1, '.').append(body);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(signed_text.data()),
            signed_text.size(), digest, &size))
    throw std::runtime_error("the request cannot be signed");
  unsigned char text[2 * EVP_MAX_MD_SIZE];
  const int length = EVP_EncodeBlock(text, digest, static_cast<int>(size));
  return "v1," + std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
}
