#include "oidc.hpp"

#include <algorithm>
#include <optional>

#include <atrium/services.hpp>

namespace {

constexpr double time_max_s = 253'402'300'799.0;  // 9999-12-31T23:59:59Z

using atrium::AuthResult;

// Seconds since 1970; nothing when it is none.
std::optional<double> seconds(atrium::Json value) {
  const auto number = value.as_number();
  return number && *number >= 0 && *number <= time_max_s ? number : std::nullopt;
}

}  // namespace

Oidc::Oidc(atrium::Host host, atrium::Json options) : host_(host), options_(OidcOptions::read(options)), keys_(host, options_) {
  host.require("http");
  host.require("clock");
  authenticator.name = "oidc";
  authenticator.issuers = options_.issuer;
  keys_.fetch();
}

AuthResult Oidc::authenticate(std::string_view token, std::uint64_t now_ms) {
  const auto jwt = Jwt::split(token);
  if (!jwt) return AuthResult::not_mine();
  std::optional<JwtHeader> header;
  std::string why = "its header is not JSON";
  if (!atrium::JsonTexts(host_).parse(jwt->header, [&](atrium::Json json) { header = read_header(json, why); }) || !header)
    return AuthResult::deny(why);
  if (std::find(options_.algorithms.begin(), options_.algorithms.end(), header->algorithm) == options_.algorithms.end())
    return AuthResult::deny("it is signed by none of the allowed algorithms");
  switch (is_signed(*jwt, *header)) {
    case Signed::yes: break;
    case Signed::no: return AuthResult::deny("no key of the provider has signed it");
    case Signed::cannot_tell: return AuthResult::unavailable("the provider's keys are not known");
  }
  std::optional<AuthResult> result;
  if (!atrium::JsonTexts(host_).parse(jwt->claims, [&](atrium::Json claims) { result = judge_claims(claims, now_ms); }) || !result)
    return AuthResult::deny("its claims are not JSON");
  return *result;
}

Oidc::Signed Oidc::is_signed(const Jwt& jwt, const JwtHeader& header) {
  const auto verify = [&](const KeyRing& ring) { return ring.verify(header.algorithm, header.key_id, jwt.signed_text, jwt.signature); };
  const auto known = keys_.keys();
  if (!known) return Signed::cannot_tell;
  KeyRing::Verdict verdict = verify(*known);
  if (verdict == KeyRing::Verdict::unknown_key)
    if (const auto newer = keys_.newer_than(known)) verdict = verify(*newer);
  if (verdict == KeyRing::Verdict::unknown_key && keys_.fetching()) return Signed::cannot_tell;
  return verdict == KeyRing::Verdict::holds ? Signed::yes : Signed::no;
}

AuthResult Oidc::judge_claims(atrium::Json claims, std::uint64_t now_ms) const {
  if (!claims.is_object()) return AuthResult::deny("its claims are not an object");
  if (!(claims["iss"] == std::string_view(options_.issuer))) return AuthResult::deny("it comes from another issuer");
  if (!names_one_of(claims["aud"], options_.audiences)) return AuthResult::deny("it is meant for another audience");
  if (!is_clients(claims)) return AuthResult::deny("it was given to another client");
  atrium::Principal who;
  if (std::string why = check_times(claims, now_ms, who.expires_at_ms); !why.empty()) return AuthResult::deny(std::move(why));
  who.user_id = claim_at(claims, options_.user_claim).as_text().value_or("");
  if (who.user_id.empty()) return AuthResult::deny("it names no user");
  who.tenant_id = options_.tenant.empty() ? claim_at(claims, options_.tenant_claim).as_text().value_or("") : options_.tenant;
  if (who.tenant_id.empty()) return AuthResult::deny("it names no tenant");
  who.display_name = claim_at(claims, options_.name_claim).as_text().value_or("");
  who.roles = roles_of(claims);
  if (who.roles == 0) return AuthResult::deny("it has none of the roles that may come in");
  who.cache_seconds = static_cast<std::uint32_t>(options_.cache_ms / 1000);
  return AuthResult::accept(std::move(who));
}

std::string Oidc::check_times(atrium::Json claims, std::uint64_t now_ms, std::uint64_t& expires_at_ms) const {
  const double now_s = static_cast<double>(now_ms) / 1000, leeway_s = static_cast<double>(options_.leeway_ms) / 1000;
  const auto expires = seconds(claims["exp"]);
  if (!expires) return "it has no exp";
  if (now_s >= *expires + leeway_s) return "it has expired";
  for (const std::string_view name : {"nbf", "iat"}) {
    if (!claims[name].exists()) continue;
    const auto begins = seconds(claims[name]);
    if (!begins || *begins > now_s + leeway_s) return std::string(name) + " lies in the future, or is no time; compare the clocks";
  }
  expires_at_ms = static_cast<std::uint64_t>(*expires * 1000) + options_.leeway_ms;
  return {};
}

// OpenID Connect Core 1.0, 3.1.3.7: who was given the token is "azp"; access tokens (RFC 9068) call it "client_id".
bool Oidc::is_clients(atrium::Json claims) const {
  if (options_.client_ids.empty()) return true;
  const atrium::Json party = claims["azp"].exists() ? claims["azp"] : claims["client_id"];
  return party.is_text() && names_one_of(party, options_.client_ids);
}

std::uint32_t Oidc::roles_of(atrium::Json claims) const {
  const atrium::Json given = claim_at(claims, options_.roles_claim);
  std::uint32_t roles = 0;
  for (const auto& [word, bit] : options_.roles)
    if (names_one_of(given, {word})) roles |= bit;
  return roles != 0 ? roles : options_.default_role;
}
