#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/remembered.hpp"
#include "auth/token_verifier.hpp"
#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "protocol/json_index.hpp"
#include "protocol/tokens.hpp"

namespace atrium {

// All tokens of one loop. A token that this server's key has signed is settled here and now, whatever it says; any other goes to the judges
// that want its issuer, who may take their time: those who bring the same token meanwhile wait for the same answer, and answers are
// remembered by the token's hash. What a judge accepts must be a principal such as our own tokens make. One thread.
class TokenDesk final : public Tokens {
 public:
  struct Limits {
    std::size_t remembered = 10'000;  // Accepted tokens in memory; at most twice as many.
    std::size_t refused = 1'000;      // Refused ones, likewise, so that whoever makes tokens up pushes out none that holds.
    std::size_t asking_max = 256;     // Tokens being judged; a further one is refused with overloaded.
    std::size_t waiting_max = 1'024;  // Who waits for all of them together; likewise.
    std::chrono::milliseconds refused_for{5'000};
    std::chrono::milliseconds failed_for{1'000};  // After a judge could not tell.
  };
  static constexpr std::chrono::seconds cache_max{3600};

  // All of it outlives the desk; what waits when the desk goes is never completed.
  TokenDesk(TokenVerifier& own, TokenJudges& judges, const Now& now, MetricSet& metrics, const Limits& limits);
  TokenDesk(TokenVerifier& own, TokenJudges& judges, const Now& now, MetricSet& metrics) : TokenDesk(own, judges, now, metrics, Limits()) {}

  [[nodiscard]] std::optional<Result<Principal>> verify(std::string_view token, Wall now) override;
  void ask(std::string token, Completion<Principal> done) override;

 private:
  struct Known {
    Result<Principal> verdict;
    Wall until;
  };
  // A token before the judges of one generation: whoever brings it to later ones has it judged anew.
  struct Question {
    Digest digest;
    std::uint64_t generation;
    bool operator==(const Question&) const = default;
  };
  struct QuestionHash {
    std::size_t operator()(const Question& question) const { return DigestHash{}(question.digest); }
  };
  [[nodiscard]] std::string issuerOf(std::string_view token);
  void judged(const Question& question, Result<JudgedToken> answer);
  [[nodiscard]] Result<JudgedToken> checked(Result<JudgedToken> answer) const;
  void forgetOtherJudges();

  TokenVerifier& own_;
  TokenJudges& judges_;
  const Now& now_;
  MetricSet& metrics_;
  Limits limits_;
  Remembered<Known> accepted_, refused_;
  std::uint64_t generation_;  // Of the judges, whose answers are remembered.
  std::unordered_map<Question, std::vector<Completion<Principal>>, QuestionHash> asking_;
  std::size_t waiting_ = 0;
  JsonIndexer indexer_;
  std::string scratch_;
};

}  // namespace atrium
