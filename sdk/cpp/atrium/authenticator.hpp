#ifndef ATRIUM_AUTHENTICATOR_HPP
#define ATRIUM_AUTHENTICATOR_HPP
// A plugin class is an authenticator when it has
//   AuthResult authenticate(std::string_view token, std::uint64_t now_ms);
// and, when its name is not the last part of the plugin's id or it knows the issuers it is for, a member `authenticator`, an
// AuthenticatorInfo. Several workers may call at once. Throwing is as unavailable().
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>

#include "atrium/ext/authenticator.h"
#include "atrium/host.hpp"
#include "atrium/names.hpp"
#include "atrium/views.hpp"

namespace atrium {
inline namespace sdk {

// The constants of an authenticator; see atrium_authenticator_info. Texts must live as long as the plugin: literals, or members of it.
struct AuthenticatorInfo {
  std::string_view name = {};     // Empty: the last part of the plugin's id.
  std::string_view issuers = {};  // Joined by spaces; empty: it is asked about every token that the server's own keys do not settle.
};

// Who stands behind a token; see atrium_principal.
struct Principal {
  std::string tenant_id;
  std::string user_id;
  std::string display_name;
  std::uint32_t roles = 0;          // ATRIUM_ROLE_... bits, at least one.
  std::uint64_t expires_at_ms = 0;  // wall, later than now.
  std::uint32_t cache_seconds = 0;  // How long the same token may be answered from memory; at most 3,600.
};

class AuthResult {
 public:
  [[nodiscard]] static AuthResult accept(Principal principal) { return {ATRIUM_OK, std::move(principal), {}}; }
  // No. `why` goes to the log and never repeats the token.
  [[nodiscard]] static AuthResult deny(std::string why) { return {ATRIUM_DENIED, std::nullopt, std::move(why)}; }
  // Not a token of this one's kind: the next authenticator is asked.
  [[nodiscard]] static AuthResult not_mine() { return {ATRIUM_UNSUPPORTED, std::nullopt, {}}; }
  // It could not be found out now: who asks is told to come back (503, close code 4010), which is no denial. Counts as a failure.
  [[nodiscard]] static AuthResult unavailable(std::string why) { return {ATRIUM_FAILED, std::nullopt, std::move(why)}; }

  [[nodiscard]] atrium_status status() const { return status_; }
  [[nodiscard]] const std::optional<Principal>& principal() const { return principal_; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  AuthResult(atrium_status status, std::optional<Principal> principal, std::string why)
      : status_(status), principal_(std::move(principal)), why_(std::move(why)) {}
  atrium_status status_;
  std::optional<Principal> principal_;
  std::string why_;
};

namespace detail {

template <typename P>
concept HasAuthenticatorInfo = requires(P& plugin) {
  { plugin.authenticator } -> std::convertible_to<const AuthenticatorInfo&>;
};
template <typename P>
concept IsAuthenticator = requires(P& plugin, std::string_view token, std::uint64_t now_ms) {
  { plugin.authenticate(token, now_ms) } -> std::convertible_to<AuthResult>;
};

template <typename P, bool alone>
consteval bool authenticator_is_sound() {
  if constexpr (requires { &P::authenticator; })
    static_assert(HasAuthenticatorInfo<P>, "`authenticator` must be an atrium::AuthenticatorInfo");
  if constexpr ((alone || HasAuthenticatorInfo<P>) && names_authenticate<P>)
    static_assert(IsAuthenticator<P>,
                  "authenticate is called as authenticate(std::string_view token, std::uint64_t now_ms) and returns an AuthResult");
  if constexpr (HasAuthenticatorInfo<P>)
    static_assert(IsAuthenticator<P> || names_authenticate<P>, "this class has a member `authenticator` but no authenticate");
  return true;
}

// The C tables of a plugin class that is an authenticator. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class AuthenticatorTables {
 public:
  AuthenticatorTables(P& plugin, std::string_view default_name) {
    AuthenticatorInfo info;
    if constexpr (HasAuthenticatorInfo<P>) info = plugin.authenticator;
    info_ = {.struct_size = sizeof info_,
             .reserved = 0,
             .name = text_of(info.name.empty() ? default_name : info.name),
             .issuers = text_of(info.issuers)};
    table_ = {.struct_size = sizeof table_, .reserved = 0, .info = &info_, .authenticate = authenticate};
  }
  AuthenticatorTables(const AuthenticatorTables&) = delete;
  AuthenticatorTables& operator=(const AuthenticatorTables&) = delete;
  [[nodiscard]] const void* table(std::string_view id) const { return id == ATRIUM_EXT_AUTHENTICATOR ? &table_ : nullptr; }

 private:
  // What an exception has to say is kept from the log: who throws while reading a token likes to quote it.
  static atrium_status authenticate(atrium_plugin* self, atrium_text token, std::uint64_t now_ms,
                                    void (*accept)(void* context, const atrium_principal* principal), void* context,
                                    atrium_sink error) noexcept {
    try {
      const AuthResult result = Instance::of(self).plugin.authenticate(view(token), now_ms);
      if (const auto& principal = result.principal()) {
        const atrium_principal who{.struct_size = sizeof who,
                                   .roles = principal->roles,
                                   .tenant_id = text_of(principal->tenant_id),
                                   .user_id = text_of(principal->user_id),
                                   .display_name = text_of(principal->display_name),
                                   .expires_at_ms = principal->expires_at_ms,
                                   .cache_seconds = principal->cache_seconds,
                                   .reserved = 0};
        accept(context, &who);
      }
      error.write(error.context, result.why().data(), result.why().size());
      return result.status();
    } catch (...) {
      static constexpr std::string_view why = "an exception came out of authenticate; its text may hold the token and is kept back";
      error.write(error.context, why.data(), why.size());
      report_failure(Instance::of(self).host, "authenticate", why);
      return ATRIUM_FAILED;
    }
  }

  atrium_authenticator_info info_{};
  atrium_authenticator table_{};
};

template <typename P, typename Instance>
using AuthenticatorPart =
    std::conditional_t<IsAuthenticator<P>, AuthenticatorTables<P, Instance>, Absent<AuthenticatorTables<P, Instance>>>;

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
