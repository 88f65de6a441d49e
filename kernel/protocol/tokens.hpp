#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "atrium/ext/authenticator.h"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "protocol/principal.hpp"

// Whose token is it? The two ways to an answer, as ports: Tokens for whoever holds a token, TokenJudges for those who judge what this
// server has not signed.
namespace atrium {

inline constexpr std::size_t foreign_token_max = ATRIUM_TOKEN_MAX;  // bytes of a token that others judge

// Judges tokens, on one loop's thread.
class Tokens {
 public:
  virtual ~Tokens() = default;
  // What is known at once: of this server's own tokens always, of others when they were asked about lately. Nothing: ask(). Refusals:
  // unauthorized, token_expired, forbidden for a tenant that may not come in, plugin_failed when nobody could judge it a moment ago.
  [[nodiscard]] virtual std::optional<Result<Principal>> verify(std::string_view token, Wall now) = 0;
  // Has a token judged by others, of which verify() just knew nothing. Completes later, on this thread; also fails with overloaded.
  virtual void ask(std::string token, Completion<Principal> done) = 0;
};

// A token that somebody answered for. A value.
struct JudgedToken {
  Principal principal;
  std::chrono::seconds cache{0};  // How long the answer may be taken from memory.
};

// Those who judge tokens that the server's own keys do not settle (kernel/plugin: the authenticators), on one loop's thread.
class TokenJudges {
 public:
  virtual ~TokenJudges() = default;
  // Whether one of them wants tokens of this issuer, which nobody has verified; empty: the token names none.
  [[nodiscard]] virtual bool wants(std::string_view issuer) = 0;
  // Changes whenever other judges may answer; answers of before are then worth nothing.
  [[nodiscard]] virtual std::uint64_t generation() const = 0;
  // Completes later. unauthorized: none of them accepts it; plugin_failed: one could not tell; overloaded.
  virtual void judge(std::string token, std::string issuer, Completion<JudgedToken> done) = 0;
};

}  // namespace atrium
