#include "plugin/process_hooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/source_text.hpp"
#include "engine/metadata_change.hpp"
#include "plugin/hook_reply.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t summary_max = 200;  // bytes, as ext/message_type.h has it

// What a hook may use of its reply.
unsigned abilitiesOf(Hook hook) {
  switch (hook) {
    case Hook::check_settings: return reply_deny | reply_deny_field;
    case Hook::will_create:
    case Hook::will_join: return reply_deny;
    case Hook::will_post: return reply_deny | reply_annotate | reply_audience | reply_patch;
    case Hook::check: return reply_deny | reply_deny_field | reply_annotate | reply_set_content | reply_audience | reply_patch;
    default: return 0;
  }
}

class ProcessHooks final : public HookTarget {
 public:
  ProcessHooks(LoadedPlugin& plugin, const HookSource& source, const HookSettings& settings)
      : plugin_(plugin), source_(source), allow_on_failure_(settings.allow_on_failure) {
    const auto add = [&](Hook hook, bool exists, std::chrono::nanoseconds deadline) {
      if (!exists) return;
      hooks_.add(hook);
      guards_[static_cast<unsigned>(hook)] = &plugin.makeGuard(std::string(word(hook)), deadline);
    };
    if (const auto* type = plugin.roomType(); type && settings.room_type) {
      room_ = type->table;
      add(Hook::check_settings, room_.check_settings, settings.room_deadline);
      add(Hook::will_create, room_.will_create, settings.room_deadline);
      add(Hook::will_join, room_.will_join, settings.room_deadline);
      add(Hook::will_post, room_.will_post, settings.room_deadline);
      add(Hook::did_create, room_.did_create, settings.room_deadline);
      add(Hook::did_join, room_.did_join, settings.room_deadline);
      add(Hook::did_leave, room_.did_leave, settings.room_deadline);
      add(Hook::did_post, room_.did_post, settings.room_deadline);
      add(Hook::did_close, room_.did_close, settings.room_deadline);
      add(Hook::tick, room_.tick && type->info.tick_seconds > 0, settings.room_deadline);
    }
    if (const auto* type = plugin.messageType(); type && settings.message_type) {
      message_ = type->table;
      add(Hook::check, message_.check, settings.message_deadline);
      add(Hook::summarise, message_.summarise, settings.message_deadline);
      add(Hook::did_deliver, message_.did_deliver, settings.message_deadline);
    }
  }

  HookSet hooks() const override { return hooks_; }

  void call(const HookCall& call, HookDone done) override {
    HookReply reply(abilitiesOf(call.hook), indexer_);
    std::string line;
    HookGuard& guard = *guards_[static_cast<unsigned>(call.hook)];
    const atrium_status status = guard.call([&] { return invoke(call, reply.abi(), line); });
    HookOutcome outcome;
    std::string breach = reply.fault();
    if (status == ATRIUM_OK && breach.empty()) {
      outcome = reply.take();
      outcome.line = std::move(line);
      breach = flawOf(call, outcome);
    }
    if (status != ATRIUM_OK || !breach.empty()) {
      if (breach.empty())
        plugin_.report(guard, fmt::format("it returned {}", status));
      else
        plugin_.reportFault(guard, "it broke the contract: " + breach);
      outcome = {};
      outcome.failed = true;
      if (!allow_on_failure_) outcome.refused = Error{Code::plugin_failed, fmt::format("The plugin {} failed.", source_.plugin_id), 0, {}};
    }
    outcome.source = &source_;
    outcome.took = guard.last();
    done(std::move(outcome));
  }

 private:
  atrium_status invoke(const HookCall& call, const atrium_reply* reply, std::string& line) {
    atrium_plugin* const self = plugin_.self();
    switch (call.hook) {
      case Hook::check_settings: return room_.check_settings(self, call.room, call.actor, reply);
      case Hook::will_create: return room_.will_create(self, call.room, call.actor, reply);
      case Hook::will_join: return room_.will_join(self, call.room, call.user, call.actor, reply);
      case Hook::will_post: return room_.will_post(self, call.room, call.user, call.message, reply);
      case Hook::did_create: return room_.did_create(self, call.room, call.actor);
      case Hook::did_join: return room_.did_join(self, call.room, call.user, call.actor);
      case Hook::did_leave: return room_.did_leave(self, call.room, call.user, call.actor);
      case Hook::did_post: return room_.did_post(self, call.room, call.user, call.message, call.position);
      case Hook::did_close: return room_.did_close(self, call.room, call.actor);
      case Hook::tick: return room_.tick(self, call.room, call.number);
      case Hook::check: return message_.check(self, call.room, call.user, call.message, reply);
      case Hook::summarise: return message_.summarise(self, call.message, {.context = &line, .write = writeLine});
      case Hook::did_deliver:
        return message_.did_deliver(self, call.room, call.user, call.message, call.position, static_cast<std::uint32_t>(call.number));
    }
    return ATRIUM_UNSUPPORTED;
  }
  // What is wrong with an answer that was said within its bounds; empty: nothing.
  std::string flawOf(const HookCall& call, const HookOutcome& outcome) {
    if (outcome.line.size() > summary_max || !validUtf8(outcome.line)) return "a summary is UTF-8 and has at most 200 bytes";
    if (outcome.patches.empty()) return {};
    const auto changed = changedMetadata(indexer_, JsonView(call.message->metadata), outcome.annotations, outcome.patches);
    return changed ? std::string() : changed.error().detail;
  }
  // Takes one byte more than allowed, which tells that there were too many.
  static void writeLine(void* context, const void* data, std::uint64_t size) {
    auto& line = *static_cast<std::string*>(context);
    const std::uint64_t left = summary_max + 1 - std::min(line.size(), summary_max + 1);
    if (data) line.append(static_cast<const char*>(data), std::min(size, left));
  }

  LoadedPlugin& plugin_;
  const HookSource& source_;
  const bool allow_on_failure_;
  atrium_room_type room_{};
  atrium_message_type message_{};
  HookSet hooks_;
  std::array<HookGuard*, hook_count> guards_{};
  JsonIndexer indexer_;  // For annotations.
};

}  // namespace

std::shared_ptr<HookTarget> processHooks(LoadedPlugin& plugin, const HookSource& source, const HookSettings& settings) {
  return std::make_shared<ProcessHooks>(plugin, source, settings);
}

}  // namespace atrium
