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
    if (!sent) return done(told(flawedOutcome({HookFlaw::Kind::failed, {}}, allow_on_failure_, source_.plugin_id), {}));
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
  HookOutcome told(HookOutcome outcome, std::chrono::nanoseconds took) const {
    outcome.source = &source_;
    outcome.took = took;
    return outcome;
  }

  void onAnswer(Hook hook, const std::optional<CircuitBreaker::Call>& watched, const RunnerAnswer& answer, HookDone done) {
    HookGuard& guard = *guards_[static_cast<unsigned>(hook)];
    guard.answered(answer.took);
    const std::chrono::nanoseconds took = answer.took.value_or(std::chrono::nanoseconds{0});
    HookOutcome outcome;
    // A runner that ended, or had to be ended, has been counted as that.
    HookFlaw flaw = answer.answered ? readHookAnswer(hook, answer.status, answer.payload, indexer_, outcome)
                                    : HookFlaw{HookFlaw::Kind::failed, answer.why};
    if (!flaw && !outcome.patches.empty()) {
      const auto asked = OpenedCall::open(answer.request);  // This server's own bytes.
      flaw = patchFlaw(outcome, asked->call().message->metadata, indexer_);
    }
    const bool works = !flaw || flaw.kind == HookFlaw::Kind::misfit;
    if (watched)
      plugin_.breaker().end(*watched, works);
    else if (!works)
      plugin_.breaker().failed();
    if (flaw) {
      reportFlaw(plugin_, guard, flaw);
      outcome = flawedOutcome(flaw, allow_on_failure_, source_.plugin_id);
    }
    done(told(std::move(outcome), took));
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
