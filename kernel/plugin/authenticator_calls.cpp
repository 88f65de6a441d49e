#include "plugin/authenticator_calls.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "config/source_text.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t principal_text_max = 512;  // bytes of one text of a principal; a longer one is cut, and then too long for the desk
constexpr std::size_t token_reason_max = 300;    // bytes

std::string cutCopy(const atrium_text& text) {
  return text.data ? std::string(text.data, std::min<std::uint64_t>(text.size, principal_text_max)) : std::string();
}

// What the plugin hands over while it is inside.
struct Accepted {
  AuthenticatorVerdict verdict;
  unsigned times = 0;

  static void take(void* context, const atrium_principal* principal) {
    auto& self = *static_cast<Accepted*>(context);
    if (++self.times != 1 || !principal || principal->struct_size < sizeof(atrium_principal)) return;
    self.verdict.principal = {.tenant_id = cutCopy(principal->tenant_id),
                              .user_id = cutCopy(principal->user_id),
                              .display_name = cutCopy(principal->display_name),
                              .name_verified = false,
                              .roles = principal->roles,
                              .expires = fromMillis(principal->expires_at_ms)};
    self.verdict.cache = std::chrono::seconds(principal->cache_seconds);
  }
};

void writeReason(void* context, const void* data, std::uint64_t size) {
  auto& reason = *static_cast<std::string*>(context);
  reason.append(static_cast<const char*>(data),
                std::min<std::uint64_t>(size, token_reason_max - std::min(reason.size(), token_reason_max)));
}

// Calls the plugin, on a worker.
CallAnswer<AuthenticatorVerdict> askWhose(WorkerCall& call, const std::string& token, std::uint64_t now_ms) {
  LoadedPlugin& plugin = call.plugin();
  const atrium_authenticator& table = plugin.extension<AuthenticatorKind>()->table;
  Accepted accepted;
  const atrium_sink error{.context = &accepted.verdict.reason, .write = writeReason};
  atrium_status status = call.invoke(
      [&] { return table.authenticate(plugin.self(), {token.data(), token.size()}, now_ms, Accepted::take, &accepted, error); });
  const bool breach = status == ATRIUM_OK && accepted.times != 1;
  if (breach) {
    accepted.verdict.reason = "it accepted a token without saying once whose it is";
    status = ATRIUM_FAILED;
  }
  if (!validUtf8(accepted.verdict.reason)) accepted.verdict.reason = "its reason is not UTF-8";
  // That it cannot tell is counted, and its breaker hears nothing of it: whoever makes up tokens would else lock out those with good ones.
  if (status == ATRIUM_OK || status == ATRIUM_DENIED || status == ATRIUM_UNSUPPORTED)
    call.settle({status});
  else
    call.settle({breach ? status : ATRIUM_OK,
                 accepted.verdict.reason.empty() ? "it did not judge a token" : std::string_view(accepted.verdict.reason), breach});
  return {status, std::move(accepted.verdict)};
}

// Texts between spaces.
std::vector<std::string> wordsOf(const atrium_text& text) {
  std::string_view rest = text.data ? std::string_view(text.data, text.size) : std::string_view();
  std::vector<std::string> words;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) words.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

}  // namespace

// One token on its way from one authenticator to the next.
struct AuthenticatorCalls::Asking {
  std::shared_ptr<const std::string> token;  // The workers' too; the rest is the loop's own.
  std::vector<std::string> names;            // Of those still to be asked, the next one last.
  Completion<JudgedToken> done;
};

void AuthenticatorCalls::lookAgain() {
  if (std::exchange(known_generation_, registry_.generation()) == registry_.generation()) return;
  known_.clear();
  for (std::string& name : registry_.names(AuthenticatorKind::word))
    if (const PluginLease plugin = registry_.lease(AuthenticatorKind::word, name))
      known_.push_back({std::move(name), wordsOf(plugin->extension<AuthenticatorKind>()->info.issuers)});
}

bool AuthenticatorCalls::wants(std::string_view issuer) {
  lookAgain();
  return std::ranges::any_of(known_, [issuer](const Known& known) {
    return known.issuers.empty() || std::ranges::find(known.issuers, issuer) != known.issuers.end();
  });
}

void AuthenticatorCalls::judge(std::string token, std::string issuer, Completion<JudgedToken> done) {
  lookAgain();
  auto asking =
      std::make_shared<Asking>(std::make_shared<const std::string>(std::move(token)), std::vector<std::string>(), std::move(done));
  for (const Known& known : known_)
    if (known.issuers.empty() || std::ranges::find(known.issuers, issuer) != known.issuers.end()) asking->names.push_back(known.name);
  std::ranges::reverse(asking->names);
  askNext(std::move(asking));
}

void AuthenticatorCalls::askNext(std::shared_ptr<Asking> asking) {
  while (!asking->names.empty()) {
    const std::string name = std::move(asking->names.back());
    asking->names.pop_back();
    PluginLease plugin = registry_.lease(AuthenticatorKind::word, name);
    if (!plugin) continue;  // It left meanwhile.
    const auto deadline = plugin->deadline<AuthenticatorKind>();
    workers_.run<AuthenticatorVerdict>(
        std::move(plugin), "authenticate", deadline,
        [token = asking->token, now_ms = toMillis(now_.wall)](const std::shared_ptr<WorkerCall>& call,
                                                              const WorkerCalls::Answer<AuthenticatorVerdict>& answer) {
          answer(askWhose(*call, *token, now_ms));
        },
        [this, asking, name](CallAnswer<AuthenticatorVerdict> answer) { answered(asking, name, std::move(answer)); });
    return;
  }
  asking->done(fail(Code::unauthorized, "the token is not valid here"));
}

void AuthenticatorCalls::answered(const std::shared_ptr<Asking>& asking, const std::string& name, CallAnswer<AuthenticatorVerdict> answer) {
  switch (answer.status) {
    case ATRIUM_OK: return asking->done(JudgedToken{std::move(answer.value.principal), answer.value.cache});
    case ATRIUM_UNSUPPORTED: return askNext(asking);
    case ATRIUM_FULL: return asking->done(fail(Code::overloaded, "The server has more work than it can queue.", 1000));
    case ATRIUM_DENIED:
      log_.warning("authenticator.denied", {{"authenticator", name}, {"reason", answer.value.reason}});
      return asking->done(fail(Code::unauthorized, "the token is not valid here"));
    default: return asking->done(fail(Code::plugin_failed, "The token cannot be judged at present.", 1000));
  }
}

}  // namespace atrium
