#include "load/token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <ctime>

namespace atrium::bench {

namespace {

std::string base64Url(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  text.erase(std::ranges::find(text, '='), text.end());
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

}  // namespace

std::string mintToken(std::string_view tenant_id, std::string_view user_id, std::string_view role) {
  constexpr std::time_t day_s = 86'400;
  std::string claims = "{\"sub\":\"";
  claims.append(user_id).append("\",\"tenant_id\":\"").append(tenant_id).append("\",\"roles\":[\"").append(role);
  claims.append("\"],\"exp\":").append(std::to_string(std::time(nullptr) + day_s)).append("}");
  const std::string signed_part = base64Url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64Url(claims);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int mac_size = 0;
  HMAC(EVP_sha256(), jwt_key.data(), static_cast<int>(jwt_key.size()), reinterpret_cast<const unsigned char*>(signed_part.data()),
       signed_part.size(), mac, &mac_size);
  return signed_part + "." + base64Url({reinterpret_cast<const char*>(mac), mac_size});
}

}  // namespace atrium::bench
