#include "auth/token_desk.hpp"

#include <utility>

#include "auth/base64url.hpp"
#include "auth/token_claims.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

constexpr std::size_t issuer_max = 1024;  // bytes

Error notValid() { return {Code::unauthorized, "the token is not valid here", 0, {}}; }

}  // namespace

TokenDesk::TokenDesk(TokenVerifier& own, TokenJudges& judges, const Now& now, MetricSet& metrics, const Limits& limits)
    : own_(own),
      judges_(judges),
      now_(now),
      metrics_(metrics),
      limits_(limits),
      accepted_(limits.remembered),
      refused_(limits.refused),
      generation_(judges.generation()) {}

std::optional<Result<Principal>> TokenDesk::verify(std::string_view token, Wall now) {
  Result<Principal> own = fail(notValid());
  if (own_.settle(token, now, own) || token.empty() || token.size() > foreign_token_max) return own;
  if (!judges_.wants(issuerOf(token))) return own;
  forgetOtherJudges();
  const Digest digest = own_.digestOf(token);
  for (auto* known : {&accepted_, &refused_}) {
    const Known* found = known->find(digest);
    if (!found) continue;
    if (now < found->until) {
      metrics_.add(Metric::authenticator_remembered);
      return found->verdict;
    }
    known->forget(digest);
  }
  return std::nullopt;
}

// The issuer is only looked at to find out who is to judge; nothing believes it.
std::string TokenDesk::issuerOf(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return {};
  scratch_.clear();
  if (!decodeBase64Url(token.substr(first + 1, second - first - 1), scratch_)) return {};
  const std::size_t size = scratch_.size();
  scratch_.resize(size + JsonIndexer::padding);
  const auto claims = indexer_.parse(std::string_view(scratch_).substr(0, size));
  if (!claims || !(*claims)["iss"].isString()) return {};
  std::string issuer = (*claims)["iss"].text();
  return issuer.size() <= issuer_max ? issuer : std::string();
}

void TokenDesk::ask(std::string token, Completion<Principal> done) {
  forgetOtherJudges();
  const Question question{own_.digestOf(token), generation_};
  const auto same = asking_.find(question);
  if (waiting_ >= limits_.waiting_max || (same == asking_.end() && asking_.size() >= limits_.asking_max)) {
    metrics_.add(Metric::authenticator_overloaded);
    return done(fail(Code::overloaded, "More tokens wait to be judged than can be.", 1000));
  }
  ++waiting_;
  metrics_.add(Metric::authenticator_waiting);
  if (same != asking_.end()) return same->second.push_back(std::move(done));
  asking_[question].push_back(std::move(done));
  std::string issuer = issuerOf(token);
  judges_.judge(std::move(token), std::move(issuer), [this, question](Result<JudgedToken> answer) { judged(question, std::move(answer)); });
}

// A principal of the judges' making is held to the same bounds as one of our own tokens.
Result<JudgedToken> TokenDesk::checked(Result<JudgedToken> answer) const {
  if (!answer) return answer;
  Principal& principal = answer->principal;
  if (auto sound = checkPrincipal(principal); !sound) return fail(Code::plugin_failed, std::move(sound.error().detail));
  if (principal.expires <= now_.wall) return fail(Code::token_expired);
  if (!own_.admits(principal.tenant_id)) return fail(Code::forbidden, "this tenant is not served here");
  if (principal.display_name.empty())
    principal.display_name = principal.user_id;
  else
    principal.name_verified = true;
  return answer;
}

void TokenDesk::judged(const Question& question, Result<JudgedToken> answer) {
  const Digest& digest = question.digest;
  answer = checked(std::move(answer));
  const bool failed = !answer && (answer.error().code == Code::plugin_failed || answer.error().code == Code::overloaded);
  metrics_.add(answer ? Metric::authenticator_accepted : failed ? Metric::authenticator_failed : Metric::authenticator_denied);
  const Result<Principal> verdict = answer ? Result<Principal>(answer->principal) : fail(answer.error());
  forgetOtherJudges();
  if (question.generation == generation_) {
    if (answer) {
      const Wall until = std::min(answer->principal.expires, now_.wall + std::min(answer->cache, cache_max));
      if (now_.wall < until) accepted_.add(digest, {verdict, until});
    } else if (answer.error().code != Code::overloaded) {
      refused_.add(digest, {verdict, now_.wall + (failed ? limits_.failed_for : limits_.refused_for)});
    }
  }
  const auto asked = asking_.extract(question);
  waiting_ -= asked.mapped().size();
  metrics_.add(Metric::authenticator_waiting, -static_cast<std::int64_t>(asked.mapped().size()));
  for (auto& done : asked.mapped()) done(verdict);
}

void TokenDesk::forgetOtherJudges() {
  if (std::exchange(generation_, judges_.generation()) == judges_.generation()) return;
  accepted_.clear();
  refused_.clear();
}

}  // namespace atrium
