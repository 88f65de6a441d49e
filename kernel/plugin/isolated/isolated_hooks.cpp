#include "plugin/isolated/isolated_hooks.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "engine/hook_request.hpp"
#include "plugin/hook_tables.hpp"
#include "plugin/isolated/hook_answer.hpp"
#include "plugin/isolated/isolated_plugin.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

class IsolatedHooks final : public HookTarget, public std::enable_shared_from_this<IsolatedHooks> {
 public:
  IsolatedHooks(LoadedPlugin& plugin, Loop& loop, const HookSource& source, const HookSettings& settings)
      : plugin_(plugin),
        source_(source),
        allow_on_failure_(settings.allow_on_failure),
        hooks_(HookTables(plugin, settings.room_type, settings.message_type).hooks()),
        guards_(makeHookGuards(plugin, hooks_, settings)),
        channel_(plugin.isolated()->openChannel(loop)) {}

  HookSet hooks() const override { return hooks_; }

  void call(const HookCall& call, HookDone done) override {
    HookGuard& guard = *guards_[static_cast<unsigned>(call.hook)];
    const auto sent = guard.sent();
    if (!sent) return done(failed({}));
    RunnerChannel::Call to_send{.method = static_cast<std::uint32_t>(call.hook),
                                .name = word(call.hook),
                                .request = {},
                                .deadline = guard.deadline(),
                                .repeatable = isAsked(call.hook)};
    encodeCall(call, to_send.request);
    channel_->call(std::move(to_send), [self = shared_from_this(), hook = call.hook, watched = sent->watched, done = std::move(done)](
                                           const RunnerAnswer& answer) mutable { self->onAnswer(hook, watched, answer, std::move(done)); });
  }

 private:
  // What a call counts as that has not been answered as it should.
  HookOutcome failed(std::chrono::nanoseconds took) const {
    HookOutcome outcome;
    outcome.failed = true;
    if (!allow_on_failure_) outcome.refused = Error{Code::plugin_failed, fmt::format("The plugin {} failed.", source_.plugin_id), 0, {}};
    outcome.source = &source_;
    outcome.took = took;
    return outcome;
  }

  void onAnswer(Hook hook, const std::optional<CircuitBreaker::Call>& watched, const RunnerAnswer& answer, HookDone done) {
    HookGuard& guard = *guards_[static_cast<unsigned>(hook)];
    guard.answered(answer.took);
    const std::chrono::nanoseconds took = answer.took.value_or(std::chrono::nanoseconds{0});
    HookOutcome outcome;
    std::string flaw = answer.answered ? readHookAnswer(hook, answer.status, answer.payload, indexer_, outcome) : answer.why;
    if (flaw.empty() && !outcome.patches.empty()) {
      const auto asked = OpenedCall::open(answer.request);  // This server's own bytes.
      flaw = patchFlaw(outcome, asked->call().message->metadata, indexer_);
    }
    if (watched)
      plugin_.breaker().end(*watched, flaw.empty());
    else if (!flaw.empty())
      plugin_.breaker().failed();
    if (!flaw.empty()) {
      // A runner that ended has been counted as that; one that lives and answers otherwise than it may has broken the contract.
      if (answer.answered && answer.status == ATRIUM_OK)
        plugin_.reportFault(guard, flaw);
      else
        plugin_.report(guard, flaw);
      return done(failed(took));
    }
    outcome.source = &source_;
    outcome.took = took;
    done(std::move(outcome));
  }

  LoadedPlugin& plugin_;
  const HookSource& source_;
  const bool allow_on_failure_;
  const HookSet hooks_;
  const HookGuards guards_;
  JsonIndexer indexer_;  // For annotations.
  std::shared_ptr<RunnerChannel> channel_;
};

}  // namespace

std::shared_ptr<HookTarget> isolatedHooks(LoadedPlugin& plugin, Loop& loop, const HookSource& source, const HookSettings& settings) {
  return std::make_shared<IsolatedHooks>(plugin, loop, source, settings);
}

}  // namespace atrium
