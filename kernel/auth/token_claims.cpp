#include "auth/token_claims.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "config/source_text.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr double time_max = 253'402'300'799.0;  // 9999-12-31T23:59:59Z, in seconds
constexpr std::uint32_t roles_max = 64;
constexpr std::size_t key_id_max = 128;  // bytes

std::unexpected<Error> refuse(std::string detail) { return fail(Code::unauthorized, std::move(detail)); }

bool hasControlCharacter(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // U+0080 to U+009F, in UTF-8 C2 80 to C2 9F.
    if (byte == 0xC2 && at + 1 < text.size() && static_cast<std::uint8_t>(text[at + 1]) < 0xA0) return true;
  }
  return false;
}

// A required id: a string of 1 to `size_max` bytes without control characters.
Result<std::string> readId(const JsonView& claims, std::string_view name, std::size_t size_max) {
  const JsonView value = claims[name];
  if (!value.isString()) return refuse("the token has no \"" + std::string(name) + "\", or it is not a string");
  std::string text = value.text();
  if (text.empty() || text.size() > size_max) return refuse("the token's \"" + std::string(name) + "\" is empty or too long");
  if (hasControlCharacter(text)) return refuse("the token's \"" + std::string(name) + "\" has control characters");
  return text;
}

// Seconds since 1970; nothing when the claim is absent.
Result<std::optional<double>> readTime(const JsonView& claims, std::string_view name) {
  const JsonView value = claims[name];
  if (!value.exists()) return std::optional<double>();
  double seconds = 0;
  if (!value.number(seconds) || !(seconds >= 0.0 && seconds <= time_max))
    return refuse("the token's \"" + std::string(name) + "\" is not a time in seconds");
  return std::optional<double>(seconds);
}

Result<void> checkTimes(const JsonView& claims, const TokenRules& rules, Wall now, Wall& expires) {
  const double now_s = static_cast<double>(toMillis(now)) / 1000.0;
  const double leeway_s = std::chrono::duration<double>(rules.leeway).count();
  const auto exp = readTime(claims, "exp");
  if (!exp) return fail(exp.error());
  if (!*exp) return refuse("the token has no \"exp\"");
  if (now_s >= **exp + leeway_s) return fail(Code::token_expired);
  expires = fromMillis(static_cast<std::uint64_t>(**exp * 1000.0)) + rules.leeway;
  for (const std::string_view name : {"nbf", "iat"}) {
    const auto begin = readTime(claims, name);
    if (!begin) return fail(begin.error());
    if (*begin && **begin > now_s + leeway_s)
      return refuse("the token's \"" + std::string(name) + "\" lies in the future; compare the clocks");
  }
  return {};
}

// Whether `value` is the text, or an array of strings that contains it.
bool namesText(const JsonView& value, std::string_view wanted) {
  std::string scratch;
  if (value.isString()) return value.text(scratch) == wanted;
  if (!value.isArray()) return false;
  bool found = false;
  for (JsonView item = value.first(); item.exists(); item = item.sibling(value)) {
    if (!item.isString()) return false;
    found = found || item.text(scratch) == wanted;
  }
  return found;
}

std::uint32_t roleBit(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 5> known = {{{"agent", ATRIUM_ROLE_AGENT},
                                                                                       {"supervisor", ATRIUM_ROLE_SUPERVISOR},
                                                                                       {"admin", ATRIUM_ROLE_ADMIN},
                                                                                       {"client", ATRIUM_ROLE_CLIENT},
                                                                                       {"service", ATRIUM_ROLE_SERVICE}}};
  for (const auto& [known_name, bit] : known)
    if (known_name == name) return bit;
  return 0;
}

// One role as a string, or several in an array. Roles of other applications are no concern of ours; no role of ours makes an agent.
Result<std::uint32_t> readRoles(const JsonView& value) {
  std::uint32_t roles = 0;
  std::string scratch;
  if (value.isString()) {
    roles = roleBit(value.text(scratch));
  } else if (value.isArray()) {
    if (value.size() > roles_max) return refuse("the token has too many roles");
    for (JsonView item = value.first(); item.exists(); item = item.sibling(value)) {
      if (!item.isString()) return refuse("the token's \"roles\" are not strings");
      roles |= roleBit(item.text(scratch));
    }
  } else if (value.exists() && !value.isNull()) {
    return refuse("the token's \"roles\" are neither a string nor an array of strings");
  }
  return roles == 0 ? std::uint32_t{ATRIUM_ROLE_AGENT} : roles;
}

// A key's name is only ever compared; one that could be a path, a query or a page of text is somebody's attempt.
bool isKeyId(std::string_view text) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+:.@";
  return !text.empty() && text.size() <= key_id_max && text.find_first_not_of(allowed) == std::string_view::npos &&
         text.find("..") == std::string_view::npos;
}

}  // namespace

Result<void> checkPrincipal(const Principal& principal) {
  constexpr std::uint32_t all_roles =
      ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_CLIENT | ATRIUM_ROLE_SERVICE;
  const auto showable = [](std::string_view text, std::size_t max) {
    return text.size() <= max && validUtf8(text) && !hasControlCharacter(text);
  };
  if (principal.tenant_id.empty() || !showable(principal.tenant_id, tenant_id_max)) return refuse("its tenant_id cannot be one");
  if (principal.user_id.empty() || !showable(principal.user_id, user_id_max)) return refuse("its user_id cannot be one");
  if (!showable(principal.display_name, display_name_max)) return refuse("its display_name cannot be one");
  if (principal.roles == 0 || (principal.roles & ~all_roles) != 0) return refuse("its roles do not exist");
  return {};
}

Result<void> checkTokenHeader(const JsonView& header) {
  std::string scratch;
  if (!header.isObject()) return refuse("the token's header is not a JSON object");
  if (!header["alg"].isString() || header["alg"].text(scratch) != "HS256") return refuse("the token is not signed with HS256");
  if (const JsonView type = header["typ"]; type.exists()) {
    const std::string_view name = type.text(scratch);
    if (name != "JWT" && name != "jwt" && name != "at+jwt") return refuse("the token's \"typ\" is not that of an access token");
  }
  // RFC 7515 4.1.11: an extension that must be understood and is not makes the token invalid. We understand none.
  if (header["crit"].exists()) return refuse("the token asks for extensions that are not known here");
  for (const std::string_view own_key : {"jwk", "jku", "x5c", "x5u"})
    if (header[own_key].exists()) return refuse("the token brings a key of its own");
  for (const std::string_view nested : {"cty", "zip", "enc"})
    if (header[nested].exists()) return refuse("the token holds something else than claims");
  if (const JsonView key_id = header["kid"]; key_id.exists() && !isKeyId(key_id.text(scratch)))
    return refuse("the token's \"kid\" is not a key's name");
  return {};
}

Result<Principal> readTokenClaims(const JsonView& claims, const TokenRules& rules, Wall now) {
  if (!claims.isObject()) return refuse("the token's claims are not a JSON object");
  Principal principal;
  if (auto checked = checkTimes(claims, rules, now, principal.expires); !checked) return fail(std::move(checked.error()));
  if (!rules.issuer.empty() && (!claims["iss"].isString() || !namesText(claims["iss"], rules.issuer)))
    return refuse("the token comes from another issuer");
  if (!rules.audience.empty() && !namesText(claims["aud"], rules.audience)) return refuse("the token is meant for another audience");

  auto user_id = readId(claims, "sub", user_id_max);
  if (!user_id) return fail(std::move(user_id.error()));
  auto tenant_id = readId(claims, "tenant_id", tenant_id_max);
  if (!tenant_id) return fail(std::move(tenant_id.error()));
  const auto roles = readRoles(claims["roles"]);
  if (!roles) return fail(roles.error());

  principal.user_id = *std::move(user_id);
  principal.tenant_id = *std::move(tenant_id);
  principal.roles = *roles;
  principal.display_name = principal.user_id;
  if (const JsonView name = claims["name"]; name.exists() && !name.isNull()) {
    auto display_name = readId(claims, "name", display_name_max);
    if (!display_name) return fail(std::move(display_name.error()));
    principal.display_name = *std::move(display_name);
    principal.name_verified = true;
  }
  return principal;
}

}  // namespace atrium
