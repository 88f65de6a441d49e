#include "auth/token_verifier.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/base64url.hpp"
#include "auth/hmac.hpp"
#include "auth/remembered.hpp"
#include "auth/token_claims.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

struct Parts {
  std::string_view header, claims, signature;
  std::string_view signed_text;  // Header and claims with the dot between them.
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1), token.substr(0, second)};
}

}  // namespace

struct TokenVerifier::State {
  State(TokenRules r, Hmac h, std::size_t capacity) : rules(std::move(r)), hmac(std::move(h)), remembered(capacity) {}

  // Decodes one part into `scratch` and parses it; the view lives until the next call.
  Result<JsonView> parsePart(std::string_view part) {
    scratch.clear();
    if (!decodeBase64Url(part, scratch)) return fail(Code::unauthorized, "the token is not in base64url");
    const std::size_t size = scratch.size();
    scratch.resize(size + JsonIndexer::padding);
    auto parsed = indexer.parse(std::string_view(scratch).substr(0, size));
    if (!parsed) return fail(Code::unauthorized, "a part of the token is not JSON");
    return parsed;
  }

  // Sets `ours` when the signature is.
  Result<Principal> verifyAnew(std::string_view token, Wall now, bool& ours) {
    const auto parts = split(token);
    if (!parts) return fail(Code::unauthorized, "the token does not have three parts");
    // First of all the signature: what nobody of ours has signed is not even parsed.
    scratch.clear();
    if (!decodeBase64Url(parts->signature, scratch) || !sameBytes(hmac.sign(parts->signed_text), scratch))
      return fail(Code::unauthorized, "the token's signature is not right");
    ours = true;
    const auto header = parsePart(parts->header);
    if (!header) return fail(header.error());
    if (auto checked = checkTokenHeader(*header); !checked) return fail(std::move(checked.error()));
    const auto claims = parsePart(parts->claims);
    if (!claims) return fail(claims.error());
    return readTokenClaims(*claims, rules, now);
  }

  [[nodiscard]] bool admits(std::string_view tenant_id) const {
    return rules.tenants.empty() || std::ranges::find(rules.tenants, tenant_id) != rules.tenants.end();
  }

  TokenRules rules;
  Hmac hmac;
  JsonIndexer indexer;
  Remembered<Principal> remembered;
  std::string scratch;
};

TokenVerifier::TokenVerifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
TokenVerifier::TokenVerifier(TokenVerifier&&) noexcept = default;
TokenVerifier& TokenVerifier::operator=(TokenVerifier&&) noexcept = default;
TokenVerifier::~TokenVerifier() = default;

std::expected<TokenVerifier, std::string> TokenVerifier::make(TokenRules rules, std::size_t remembered) {
  if (rules.secret.empty())
    return std::unexpected(std::string(
        "auth.jwt_secret is empty: set JWT_SECRET_KEY to at least 32 random bytes, for instance from \"openssl rand -hex 32\""));
  auto hmac = Hmac::make(rules.secret);
  if (!hmac) return std::unexpected(std::move(hmac.error()));
  return TokenVerifier(std::make_unique<State>(std::move(rules), *std::move(hmac), remembered));
}

Result<Principal> TokenVerifier::verify(std::string_view token, Wall now) {
  Result<Principal> verdict = fail(Code::unauthorized);
  static_cast<void>(settle(token, now, verdict));
  return verdict;
}

bool TokenVerifier::settle(std::string_view token, Wall now, Result<Principal>& verdict) {
  verdict = fail(Code::unauthorized, token.empty() ? "" : "the token is larger than 8 KiB");
  if (token.empty() || token.size() > token_size_max) return false;
  const Digest digest = digestOf(token);
  if (const Principal* known = state_->remembered.find(digest)) {
    if (now < known->expires) {
      verdict = *known;
    } else {
      state_->remembered.forget(digest);
      verdict = fail(Code::token_expired);
    }
    return true;
  }
  bool ours = false;
  verdict = state_->verifyAnew(token, now, ours);
  if (verdict && !admits(verdict->tenant_id)) verdict = fail(Code::forbidden, "this tenant is not served here");
  if (verdict) state_->remembered.add(digest, *verdict);
  return ours;
}

Digest TokenVerifier::digestOf(std::string_view token) { return state_->hmac.hash(token); }

bool TokenVerifier::admits(std::string_view tenant_id) const { return state_->admits(tenant_id); }

std::string weaknessOf(std::string_view secret) {
  if (secret.size() >= secret_size_good) return {};
  return "the token secret has " + std::to_string(secret.size()) +
         " bytes; use at least 32 random ones, for instance from \"openssl rand -hex 32\"";
}

}  // namespace atrium
