#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/hmac.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "protocol/principal.hpp"

namespace atrium {

inline constexpr std::size_t token_size_max = 8 * 1024;  // bytes
// A shorter secret can be guessed from one token; such a one works, with a warning.
inline constexpr std::size_t secret_size_good = 32;  // bytes

// Which tokens are believed. A value.
struct TokenRules {
  std::string secret{};                      // Not empty.
  std::chrono::milliseconds leeway{30'000};  // By how much an issuer's clock may differ from ours.
  std::string issuer{};                      // What `iss` must be; empty: any.
  std::string audience{};                    // What `aud` must be or contain; empty: any.
  std::vector<std::string> tenants{};        // Who may come in; empty: everyone.
};

// Verifies JSON Web Tokens signed with HMAC-SHA-256, and nothing else: the algorithm is ours, never the token's choice, and nothing
// in a token is looked at before its signature was found right. A token that was verified is remembered by its hash until it expires,
// so that a client that comes back costs one SHA-256. One thread; each loop has its own.
class TokenVerifier {
 public:
  static constexpr std::size_t remembered_default = 10'000;  // tokens

  // Fails with one sentence for the operator when the rules cannot work. `remembered` bounds the memory: at most twice as many tokens.
  [[nodiscard]] static std::expected<TokenVerifier, std::string> make(TokenRules rules, std::size_t remembered = remembered_default);

  TokenVerifier(TokenVerifier&&) noexcept;
  TokenVerifier& operator=(TokenVerifier&&) noexcept;
  ~TokenVerifier();

  // Whom the token stands for. `unauthorized` for a token that is missing, malformed or not ours, `token_expired` past its `exp` and
  // the leeway, `forbidden` for a tenant that may not come in. The detail never repeats the token. Principal::expires is when
  // the token ceases to hold: its `exp` and the leeway.
  [[nodiscard]] Result<Principal> verify(std::string_view token, Wall now);
  // Likewise, for a token that may be somebody else's: false when its signature is not ours, which settles nothing; `verdict` then is
  // what verify() would say.
  [[nodiscard]] bool settle(std::string_view token, Wall now, Result<Principal>& verdict);
  // The hash under which a token is remembered.
  [[nodiscard]] Digest digestOf(std::string_view token);
  // Whether people of this tenant may come in.
  [[nodiscard]] bool admits(std::string_view tenant_id) const;

 private:
  struct State;
  explicit TokenVerifier(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// What to log at the start about a secret that works but should not be used; empty when it is long enough.
[[nodiscard]] std::string weaknessOf(std::string_view secret);

}  // namespace atrium
