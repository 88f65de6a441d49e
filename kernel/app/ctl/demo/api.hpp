#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "auth/token_verifier.hpp"
#include "ctl/demo/interrupt.hpp"
#include "ctl/rest_client.hpp"
#include "protocol/json_index.hpp"

namespace atrium::demo {

inline constexpr const char* tenant_id = "demo";  // Nothing is ever done in another one.

// On whose behalf something is asked. A value.
struct Actor {
  std::string user_id;
  std::string name;
  std::string role;
};

// What the server answered. A value.
struct Answer {
  int status = 0;
  JsonDocument body;  // Empty: none, or no JSON.

  [[nodiscard]] bool done() const { return status >= 200 && status < 300; }
  // The code of a refusal; empty: it is none.
  [[nodiscard]] std::string code() const { return body.root()["code"].text(); }
};

// The server's REST API, asked as several users. A server that is away is waited for: what is asked is asked again, with growing pauses,
// until it answers or somebody interrupts. All that is asked here may be asked twice. One thread.
class Api {
 public:
  // Both are borrowed. Tokens are signed by the rules' secret.
  Api(std::string url, const TokenRules& rules, Interrupt& interrupt) : url_(std::move(url)), rules_(rules), interrupt_(interrupt) {}

  // `body` is JSON; empty: none. Nothing: somebody interrupted before there was an answer.
  [[nodiscard]] std::optional<Answer> ask(const Actor& actor, const std::string& method, const std::string& path,
                                          const std::string& body = {});
  // Asks once. The sentence says why no answer came.
  [[nodiscard]] std::expected<Answer, std::string> askOnce(const Actor& actor, const std::string& method, const std::string& path,
                                                           const std::string& body = {}) const;
  // A fresh token, good for a day.
  [[nodiscard]] std::string tokenOf(const Actor& actor) const;
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  const std::string url_;
  const TokenRules& rules_;
  Interrupt& interrupt_;
};

}  // namespace atrium::demo
