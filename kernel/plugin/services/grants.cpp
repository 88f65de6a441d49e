#include "plugin/services/grants.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace atrium {

namespace {

constexpr std::array<std::string_view, 11> services = {"log", "clock",   "random",       "metrics", "timer",  "executor",
                                                       "kv",  "publish", "coordination", "secrets", "network"};
constexpr std::string_view http_prefix = "http:";
constexpr std::string_view any_address = "http:*";

struct Address {
  std::string_view host;     // Without the brackets of an IPv6 address, as requests have it.
  std::string_view written;  // With them.
  unsigned port = 0;         // 0: the scheme's own.
};

std::optional<Address> parseAddress(std::string_view grant) {
  if (!grant.starts_with(http_prefix)) return std::nullopt;
  Address address{.host = grant.substr(http_prefix.size()), .written = {}};
  const std::size_t colon = address.host.rfind(':');
  // An IPv6 address has its colons in brackets.
  if (colon != std::string_view::npos && address.host.find(']', colon) == std::string_view::npos) {
    const std::string_view digits = address.host.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), address.port);
    if (error != std::errc{} || end != digits.end() || address.port == 0 || address.port > 65535) return std::nullopt;
    address.host = address.host.substr(0, colon);
  }
  address.written = address.host;
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  else if (address.host.find(':') != std::string_view::npos)
    return std::nullopt;
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':'; };
  if (address.host.empty() || address.host.size() > 253 || !std::ranges::all_of(address.host, fits)) return std::nullopt;
  return address;
}

}  // namespace

bool Grants::known(std::string_view grant) {
  return grant == any_address || std::ranges::find(services, grant) != services.end() || parseAddress(grant);
}

bool Grants::covers(std::span<const std::string> wanted, std::string_view grant) {
  if (!known(grant)) return false;
  const auto wants = [&wanted](std::string_view name) { return std::ranges::find(wanted, name) != wanted.end(); };
  if (wants(grant)) return true;
  const auto address = parseAddress(grant);
  if (!address) return false;
  // A narrower address than the one that is wanted: a port of a host, or one host of all.
  return wants(any_address) || (address->port != 0 && wants(std::string(http_prefix) + std::string(address->written)));
}

Grants::Grants(std::span<const std::string> wanted, const std::optional<std::vector<std::string>>& named) {
  if (named) {
    std::ranges::copy_if(*named, std::back_inserter(granted_), [&](const std::string& grant) { return covers(wanted, grant); });
  } else {
    std::ranges::copy_if(wanted, std::back_inserter(granted_),
                         [](const std::string& grant) { return grant != any_address && grant != "network"; });
  }
}

void Grants::withholdEffects() {
  std::erase_if(granted_, [](const std::string& grant) {
    return grant == "publish" || grant == "coordination" || grant == "network" || grant.starts_with(http_prefix);
  });
}

bool Grants::has(std::string_view service) const {
  if (service == "http") return std::ranges::any_of(granted_, [](const std::string& grant) { return grant.starts_with(http_prefix); });
  return std::ranges::find(granted_, service) != granted_.end();
}

bool Grants::mayReach(std::string_view host, unsigned port, bool tls) const {
  return std::ranges::any_of(granted_, [&](const std::string& grant) {
    if (grant == any_address) return true;
    const auto address = parseAddress(grant);
    return address && address->host == host && port == (address->port != 0 ? address->port : tls ? 443U : 80U);
  });
}

}  // namespace atrium
