#include "provider.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace {

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refuses");
}

std::string number(EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* value = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &value) == 1);
  std::string bytes(static_cast<std::size_t>(size ? size : BN_num_bytes(value)), '\0');
  BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  BN_free(value);
  return bytes;
}

std::string raw_of(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* numbers = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  must(numbers);
  std::string raw(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(numbers), reinterpret_cast<unsigned char*>(raw.data()), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(numbers), reinterpret_cast<unsigned char*>(raw.data() + 32), 32);
  ECDSA_SIG_free(numbers);
  return raw;
}

}  // namespace

SigningKey::SigningKey(Kind kind)
    : key_(kind == Kind::ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(kind == Kind::small_rsa ? 1024U : 2048U), EVP_PKEY_free) {
  must(key_ != nullptr);
}

std::string SigningKey::sign(std::string_view header, std::string_view claims, std::string_view algorithm) const {
  std::string token = base64url(header) + "." + base64url(claims);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* options = nullptr;
  must(EVP_DigestSignInit(context, &options, EVP_sha256(), nullptr, key_.get()) == 1);
  if (algorithm == "PS256") {
    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
  }
  std::array<unsigned char, 1024> bytes{};
  std::size_t size = bytes.size();
  must(EVP_DigestSign(context, bytes.data(), &size, reinterpret_cast<const unsigned char*>(token.data()), token.size()) == 1);
  EVP_MD_CTX_free(context);
  std::string signature(reinterpret_cast<const char*>(bytes.data()), size);
  if (EVP_PKEY_is_a(key_.get(), "EC")) signature = raw_of(signature);
  return token + "." + base64url(signature);
}

std::string SigningKey::jwk(std::string_view key_id, std::string_view more) const {
  std::string text = R"({"kid":")" + std::string(key_id) + "\"";
  if (EVP_PKEY_is_a(key_.get(), "EC"))
    text += R"(,"kty":"EC","crv":"P-256","x":")" + base64url(number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32)) + R"(","y":")" +
            base64url(number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32)) + "\"";
  else
    text += R"(,"kty":"RSA","n":")" + base64url(number(key_.get(), OSSL_PKEY_PARAM_RSA_N)) + R"(","e":")" +
            base64url(number(key_.get(), OSSL_PKEY_PARAM_RSA_E)) + "\"";
  return text + std::string(more) + "}";
}

std::string SigningKey::pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  must(PEM_write_bio_PUBKEY(bio, key_.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

std::string base64url(std::string_view bytes) {
  std::vector<unsigned char> out(bytes.size() / 3 * 4 + 5);
  const int size = EVP_EncodeBlock(out.data(), reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  std::string text(reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(size));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string hmac_signed(std::string_view header, std::string_view claims, std::string_view secret) {
  const std::string token = base64url(header) + "." + base64url(claims);
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(token.data()), token.size(),
       digest.data(), &size);
  return token + "." + base64url({reinterpret_cast<const char*>(digest.data()), size});
}
