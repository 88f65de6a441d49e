#include "key_ring.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "jwt.hpp"

namespace {

constexpr int rsa_bits_min = 2048, rsa_bits_max = 8192;
constexpr std::size_t coordinate_size = 32;  // bytes, of P-256

template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

bool decoded_member(atrium::Json key, std::string_view name, std::string& out) {
  const auto text = key[name].as_text();
  return text && decode_base64url(*text, out) && !out.empty();
}

EVP_PKEY* make_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return nullptr;
  return key;
}

// The two numbers of an ES256 signature (RFC 7518, 3.4) as OpenSSL wants them.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * coordinate_size) return {};
  const std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>> numbers(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(bytes_of(signature), coordinate_size, nullptr);
  BIGNUM* s = BN_bin2bn(bytes_of(signature.substr(coordinate_size)), coordinate_size, nullptr);
  if (!numbers || !r || !s || ECDSA_SIG_set0(numbers.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &encoded);
  std::string der(reinterpret_cast<const char*>(encoded), size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(encoded);
  return der;
}

bool may_verify(atrium::Json key) {
  if (const atrium::Json use = key["use"]; use.exists() && !(use == "sig")) return false;
  const atrium::Json operations = key["key_ops"];
  return !operations.exists() || names_one_of(operations, {"verify"});
}

}  // namespace

bool KeyRing::Key::is_for(std::string_view wanted) const {
  if (!algorithm.empty()) return algorithm == wanted;
  return is_rsa ? wanted == "RS256" || wanted == "PS256" : wanted == "ES256";
}

KeyRing::PublicKey KeyRing::read_rsa(atrium::Json key) {
  std::string modulus, exponent;
  if (!decoded_member(key, "n", modulus) || !decoded_member(key, "e", exponent)) return nullptr;
  if (modulus.size() > rsa_bits_max / 8 + 1 || exponent.size() > 8) return nullptr;
  const Number n(BN_bin2bn(bytes_of(modulus), static_cast<int>(modulus.size()), nullptr));
  const Number e(BN_bin2bn(bytes_of(exponent), static_cast<int>(exponent.size()), nullptr));
  if (!n || !e || BN_num_bits(n.get()) < rsa_bits_min || BN_num_bits(n.get()) > rsa_bits_max || !BN_is_odd(n.get())) return nullptr;
  if (!BN_is_odd(e.get()) || BN_is_one(e.get())) return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  return PublicKey(make_key("RSA", builder.get()));
}

KeyRing::PublicKey KeyRing::read_ec(atrium::Json key) {
  if (!(key["crv"] == "P-256")) return nullptr;
  std::string x, y;
  if (!decoded_member(key, "x", x) || !decoded_member(key, "y", y) || x.size() != coordinate_size || y.size() != coordinate_size)
    return nullptr;
  const std::string point = "\x04" + x + y;
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  PublicKey made(make_key("EC", builder.get()));
  if (!made) return nullptr;
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, made.get(), nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1 ? std::move(made) : nullptr;  // A point that is on the curve.
}

KeyRing KeyRing::read(atrium::Json keys) {
  KeyRing ring;
  for (const atrium::Json item : keys) {
    if (ring.keys_.size() == keys_max) break;
    if (!may_verify(item)) continue;
    Key key;
    key.is_rsa = item["kty"] == "RSA";
    if (!key.is_rsa && !(item["kty"] == "EC")) continue;  // Above all no "oct": a secret is nothing that is published.
    key.id = item["kid"].as_text().value_or("");
    key.algorithm = item["alg"].as_text().value_or("");
    key.key = key.is_rsa ? read_rsa(item) : read_ec(item);
    if (key.key) ring.keys_.push_back(std::move(key));
  }
  return ring;
}

KeyRing::Verdict KeyRing::verify(std::string_view algorithm, std::string_view key_id, std::string_view text,
                                 std::string_view signature) const {
  const Key* meant = nullptr;
  for (const Key& key : keys_) {
    if (!key.is_for(algorithm) || (!key_id.empty() && key.id != key_id)) continue;
    if (meant) return Verdict::unknown_key;  // It could be either.
    meant = &key;
  }
  if (!meant) return Verdict::unknown_key;
  const bool rsa = algorithm == "RS256" || algorithm == "PS256";
  if (rsa != meant->is_rsa) return Verdict::forged;
  const std::string der = rsa ? std::string() : der_of(signature);
  if (!rsa) signature = der;
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // The digest context's.
  if (!context || EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr, meant->key.get()) != 1) return Verdict::forged;
  if (algorithm == "PS256" && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                               EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
    return Verdict::forged;
  const bool holds = EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
  return holds ? Verdict::holds : Verdict::forged;
}
