#include "public_key.hpp"

#include <openssl/x509.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <stdexcept>
#include <vector>

namespace {

constexpr std::size_t signature_text_max = 2000;  // bytes
constexpr int rsa_bits_min = 2048;

// Nothing for what is no base64 with its padding.
std::optional<std::vector<unsigned char>> bytes_of_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(bytes.size() - static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '=')));
  return bytes;
}

// The base64 without the lines that a PEM has around it, and without blanks.
std::string inside_of_pem(std::string_view text) {
  constexpr std::string_view head = "-----BEGIN PUBLIC KEY-----", foot = "-----END PUBLIC KEY-----";
  if (const auto begin = text.find(head); begin != std::string_view::npos) {
    text = text.substr(begin + head.size());
    text = text.substr(0, text.find(foot));
  }
  std::string inside;
  std::copy_if(text.begin(), text.end(), std::back_inserter(inside), [](unsigned char c) { return std::isspace(c) == 0; });
  return inside;
}

}  // namespace

PublicKey::PublicKey(Kind kind, std::string_view text, const std::string& option) : kind_(kind) {
  const auto bytes = bytes_of_base64(inside_of_pem(text));
  if (!bytes) throw std::invalid_argument(option + ": is no public key in PEM or base64");
  const unsigned char* at = bytes->data();
  key_.reset(d2i_PUBKEY(nullptr, &at, static_cast<long>(bytes->size())), EVP_PKEY_free);
  if (!key_) throw std::invalid_argument(option + ": is no public key in PEM or base64");
  const bool fits = kind == Kind::ed25519 ? EVP_PKEY_id(key_.get()) == EVP_PKEY_ED25519
                                          : EVP_PKEY_id(key_.get()) == EVP_PKEY_RSA && EVP_PKEY_bits(key_.get()) >= rsa_bits_min;
  if (!fits)
    throw std::invalid_argument(option + (kind == Kind::ed25519 ? ": is no Ed25519 key" : ": is no RSA key of at least 2,048 bits"));
}

bool PublicKey::signed_by(std::string_view body, std::string_view signature) const {
  if (signature.size() > signature_text_max) return false;
  const auto bytes = bytes_of_base64(signature);
  if (!bytes) return false;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, kind_ == Kind::ed25519 ? nullptr : EVP_sha256(), nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes->data(), bytes->size(), reinterpret_cast<const unsigned char*>(body.data()), body.size()) ==
             1;
}
