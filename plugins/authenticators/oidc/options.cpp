#include "options.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include <atrium/room.hpp>

namespace {

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 5> roles_here = {{{"agent", ATRIUM_ROLE_AGENT},
                                                                                   {"supervisor", ATRIUM_ROLE_SUPERVISOR},
                                                                                   {"admin", ATRIUM_ROLE_ADMIN},
                                                                                   {"client", ATRIUM_ROLE_CLIENT},
                                                                                   {"service", ATRIUM_ROLE_SERVICE}}};

std::uint32_t role_bit(const std::string& name) {
  for (const auto& [known, bit] : roles_here)
    if (known == name) return bit;
  throw std::invalid_argument("roles: there is no role \"" + name + "\" here; there are agent, supervisor, admin, client and service");
}

std::string text(atrium::Json options, std::string_view name) { return options[name].as_text().value_or(""); }

std::uint64_t milliseconds(atrium::Json options, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, options[name].as_int().value_or(0)));
}

std::vector<std::string> texts(atrium::Json options, std::string_view name) {
  std::vector<std::string> all;
  for (const atrium::Json item : options[name]) {
    const auto one = item.as_text();
    if (!one || one->empty()) throw std::invalid_argument(std::string(name) + " holds something that is not a text");
    all.push_back(*one);
  }
  return all;
}

// A provider is asked over TLS; without, only one on this machine, for tests.
bool is_address(std::string_view url) {
  constexpr std::string_view secure = "https://", plain = "http://";
  if (url.find_first_of(" \t\r\n?#@") != std::string_view::npos) return false;
  if (url.substr(0, secure.size()) == secure) return url.size() > secure.size();
  if (url.substr(0, plain.size()) != plain) return false;
  const std::string_view rest = url.substr(plain.size());
  const std::string_view host = rest.substr(0, rest.find_first_of(":/"));
  return host == "127.0.0.1" || host == "localhost";
}

}  // namespace

OidcOptions OidcOptions::read(atrium::Json options) {
  OidcOptions read;
  read.issuer = text(options, "issuer");
  if (!is_address(read.issuer))
    throw std::invalid_argument("issuer is not an address like https://login.example.com; http is for 127.0.0.1 alone");
  read.jwks_uri = text(options, "jwks_uri");
  if (!read.jwks_uri.empty() && !is_address(read.jwks_uri)) throw std::invalid_argument("jwks_uri is not an address with https");
  read.audiences = texts(options, "audiences");
  if (read.audiences.empty()) throw std::invalid_argument("audiences is empty: name who tokens must be meant for");
  read.client_ids = texts(options, "client_ids");
  read.algorithms = texts(options, "algorithms");
  for (const std::string& name : read.algorithms)
    if (name != "RS256" && name != "PS256" && name != "ES256")
      throw std::invalid_argument("algorithms: " + name + " is none of RS256, PS256 and ES256");
  read.tenant = text(options, "tenant");
  read.tenant_claim = text(options, "tenant_claim");
  read.user_claim = text(options, "user_claim");
  read.name_claim = text(options, "name_claim");
  read.roles_claim = text(options, "roles_claim");
  for (const atrium::Json mapped : options["roles"]) {
    const auto role = mapped.as_text();
    if (!role) throw std::invalid_argument("roles: " + mapped.key() + " is not given the name of one role");
    read.roles.emplace_back(mapped.key(), role_bit(*role));
  }
  if (read.roles.empty())
    for (const auto& [name, bit] : roles_here) read.roles.emplace_back(name, bit);
  if (const std::string role = text(options, "default_role"); role != "none") read.default_role = role_bit(role);
  read.leeway_ms = milliseconds(options, "leeway");
  read.cache_ms = milliseconds(options, "cache");
  read.jwks_refresh_ms = milliseconds(options, "jwks_refresh");
  read.jwks_retry_ms = milliseconds(options, "jwks_retry");
  read.jwks_stale_max_ms = milliseconds(options, "jwks_stale_max");
  return read;
}
