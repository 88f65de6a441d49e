#include <atrium/plugin.hpp>
#include <string>
#include <string_view>

// Believes "sample_name:TENANT:USER:WORD" when WORD is the operator's: a beginning, and no way to keep secrets.
class SampleName {
 public:
  explicit SampleName(const atrium::Json& options) : word_(options["word"].as_text().value_or("")) {}

  [[nodiscard]] atrium::AuthResult authenticate(std::string_view token, std::uint64_t now_ms) const {
    static constexpr std::string_view prefix = "sample_name:";
    if (!token.starts_with(prefix)) return atrium::AuthResult::not_mine();
    token.remove_prefix(prefix.size());
    const auto first = token.find(':');
    const auto second = first == std::string_view::npos ? first : token.find(':', first + 1);
    if (second == std::string_view::npos) return atrium::AuthResult::deny("a token is sample_name:TENANT:USER:WORD");
    const std::string_view tenant = token.substr(0, first);
    const std::string_view user = token.substr(first + 1, second - first - 1);
    if (word_.empty() || token.substr(second + 1) != word_) return atrium::AuthResult::deny("the word is wrong");
    if (tenant.empty() || user.empty()) return atrium::AuthResult::deny("tenant and user must not be empty");
    return atrium::AuthResult::accept({.tenant_id = std::string(tenant),
                                       .user_id = std::string(user),
                                       .display_name = std::string(user),
                                       .roles = ATRIUM_ROLE_AGENT,
                                       .expires_at_ms = now_ms + 3'600'000,
                                       .cache_seconds = 60});
  }
  static constexpr atrium::AuthenticatorInfo authenticator{.name = "sample_name"};

 private:
  std::string word_;
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
