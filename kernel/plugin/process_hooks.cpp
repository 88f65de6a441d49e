#include "plugin/process_hooks.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "plugin/hook_tables.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

class ProcessHooks final : public HookTarget {
 public:
  ProcessHooks(LoadedPlugin& plugin, const HookSource& source, const HookSettings& settings)
      : plugin_(plugin),
        source_(source),
        allow_on_failure_(settings.allow_on_failure),
        tables_(plugin, settings.room_type, settings.message_type),
        guards_(makeHookGuards(plugin, tables_.hooks(), settings)) {}

  HookSet hooks() const override { return tables_.hooks(); }

  void call(const HookCall& call, HookDone done) override {
    HookReply reply(abilitiesOf(call.hook), indexer_);
    std::string line;
    HookGuard& guard = *guards_[static_cast<unsigned>(call.hook)];
    const atrium_status status = guard.call([&] { return tables_.invoke(call, reply.abi(), line); });
    HookOutcome outcome;
    HookFlaw flaw = takeOutcome(status, reply, std::move(line), outcome);
    if (!flaw && !outcome.patches.empty()) flaw = patchFlaw(outcome, call.message->metadata, indexer_);
    if (flaw) {
      reportFlaw(plugin_, guard, flaw);
      outcome = flawedOutcome(flaw, allow_on_failure_, source_.plugin_id);
    }
    outcome.source = &source_;
    outcome.took = guard.last();
    done(std::move(outcome));
  }

 private:
  LoadedPlugin& plugin_;
  const HookSource& source_;
  const bool allow_on_failure_;
  const HookTables tables_;
  const HookGuards guards_;
  JsonIndexer indexer_;  // For annotations.
};

}  // namespace

HookGuards makeHookGuards(LoadedPlugin& plugin, HookSet hooks, const HookSettings& settings) {
  HookGuards guards{};
  for (unsigned at = 0; at < hook_count; ++at) {
    const auto hook = static_cast<Hook>(at);
    if (hooks.has(hook))
      guards[at] = &plugin.makeGuard(std::string(word(hook)), isOfMessages(hook) ? settings.message_deadline : settings.room_deadline);
  }
  return guards;
}

std::shared_ptr<HookTarget> processHooks(LoadedPlugin& plugin, const HookSource& source, const HookSettings& settings) {
  return std::make_shared<ProcessHooks>(plugin, source, settings);
}

}  // namespace atrium
