#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "plugin/plugin_registry.hpp"
#include "plugin/worker_calls.hpp"
#include "protocol/tokens.hpp"

namespace atrium {

// What one authenticator said of one token. A value.
struct AuthenticatorVerdict {
  Principal principal;  // As it came, of a status of ATRIUM_OK; not checked beyond its size.
  std::chrono::seconds cache{0};
  std::string reason;  // For the log, when it is no.
};

// The authenticators as the judges of one loop's tokens. Those whose issuers name the token's, and those that name none, are asked in the
// order of their names until one knows the token; each on a worker and within the deadline of their kind. All of it outlives the calls; on
// the loop's thread.
class AuthenticatorCalls final : public TokenJudges {
 public:
  AuthenticatorCalls(PluginRegistry& registry, WorkerCalls& workers, const Now& now, Log& log)
      : registry_(registry), workers_(workers), now_(now), log_(log) {}

  [[nodiscard]] bool wants(std::string_view issuer) override;
  [[nodiscard]] std::uint64_t generation() const override { return registry_.generation(); }
  void judge(std::string token, std::string issuer, Completion<JudgedToken> done) override;

 private:
  struct Known {
    std::string name;
    std::vector<std::string> issuers;  // Empty: any.
  };
  struct Asking;
  void lookAgain();
  void askNext(std::shared_ptr<Asking> asking);
  void answered(const std::shared_ptr<Asking>& asking, const std::string& name, CallAnswer<AuthenticatorVerdict> answer);

  PluginRegistry& registry_;
  WorkerCalls& workers_;
  const Now& now_;
  Log& log_;
  std::vector<Known> known_;
  std::uint64_t known_generation_ = 0;
};

}  // namespace atrium
