#include "ctl/demo/api.hpp"

#include <algorithm>

#include "auth/mint.hpp"

namespace atrium::demo {

namespace {

constexpr std::chrono::hours token_lifetime{24};
constexpr std::chrono::milliseconds pause_first{100}, pause_max{5000};
constexpr unsigned refusals_max = 8;  // Of a server that answers that it cannot just now: some ten seconds.

// Whether asking again may help.
bool passing(int status) { return status == 429 || status >= 500; }

}  // namespace

std::string Api::tokenOf(const Actor& actor) const {
  const TokenClaims claims{.tenant_id = tenant_id,
                           .user_id = actor.user_id,
                           .name = actor.name,
                           .roles = {actor.role},
                           .issuer = rules_.issuer,
                           .audience = rules_.audience,
                           .lifetime = token_lifetime};
  return mintToken(claims, rules_.secret, SystemClock().now().wall);
}

std::expected<Answer, std::string> Api::askOnce(const Actor& actor, const std::string& method, const std::string& path,
                                                const std::string& body) const {
  const auto got = RestClient(url_, tokenOf(actor)).ask(method, path, body);
  if (!got) return std::unexpected(got.error());
  Answer answer{.status = got->status, .body = {}};
  if (auto parsed = JsonDocument::parse(got->body)) answer.body = *std::move(parsed);
  return answer;
}

std::optional<Answer> Api::ask(const Actor& actor, const std::string& method, const std::string& path, const std::string& body) {
  std::chrono::milliseconds pause = pause_first;
  for (unsigned refusals = 0;;) {
    auto answer = askOnce(actor, method, path, body);
    if (answer && (!passing(answer->status) || ++refusals == refusals_max)) return *std::move(answer);
    if (interrupt_.wait(pause)) return std::nullopt;
    pause = std::min(pause * 2, pause_max);
  }
}

}  // namespace atrium::demo
