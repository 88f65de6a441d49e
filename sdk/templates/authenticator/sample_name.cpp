#include <atrium/plugin.hpp>
#include <atrium/services.hpp>
#include <cstddef>
#include <string>
#include <string_view>

// Believes "sample_name:TENANT:USER:WORD" when WORD is the operator's secret `word`: a beginning, since whoever has the word may be
// anybody.
class SampleName {
 public:
  explicit SampleName(atrium::Host host) : word_(atrium::Secrets(host).get("word").value_or("")) {}

  [[nodiscard]] atrium::AuthResult authenticate(std::string_view token, std::uint64_t now_ms) const {
    static constexpr std::string_view prefix = "sample_name:";
    if (!token.starts_with(prefix)) return atrium::AuthResult::not_mine();
    token.remove_prefix(prefix.size());
    const auto first = token.find(':');
    const auto second = first == std::string_view::npos ? first : token.find(':', first + 1);
    if (second == std::string_view::npos) return atrium::AuthResult::deny("a token is sample_name:TENANT:USER:WORD");
    const std::string_view tenant = token.substr(0, first);
    const std::string_view user = token.substr(first + 1, second - first - 1);
    if (word_.empty() || !same(token.substr(second + 1), word_)) return atrium::AuthResult::deny("the word is wrong");
    if (!is_id(tenant) || !is_id(user)) return atrium::AuthResult::deny("tenant and user must be ids");
    return atrium::AuthResult::accept({.tenant_id = std::string(tenant),
                                       .user_id = std::string(user),
                                       .display_name = std::string(user),
                                       .roles = ATRIUM_ROLE_AGENT,
                                       .expires_at_ms = now_ms + 3'600'000,
                                       .cache_seconds = 60});
  }
  static constexpr atrium::AuthenticatorInfo authenticator{.name = "sample_name"};

 private:
  // In a time that does not tell how much of it was right.
  static bool same(std::string_view told, std::string_view word) {
    unsigned different = told.size() == word.size() ? 0 : 1;
    for (std::size_t at = 0; at < told.size(); ++at) different |= static_cast<unsigned char>(told[at] ^ word[at % word.size()]);
    return different == 0;
  }
  // What the client wrote: anything else in a principal would count as this plugin's failure.
  static bool is_id(std::string_view text) {
    return atrium::is_user_id(text) &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@-") == std::string_view::npos;
  }

  std::string word_;
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
