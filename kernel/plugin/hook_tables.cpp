#include "plugin/hook_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/source_text.hpp"
#include "engine/metadata_change.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

void writeLine(void* context, const void* data, std::uint64_t size) {
  auto& line = *static_cast<std::string*>(context);
  const std::uint64_t left = summary_max + 1 - std::min(line.size(), summary_max + 1);
  if (data) line.append(static_cast<const char*>(data), std::min(size, left));
}

}  // namespace

unsigned abilitiesOf(Hook hook) {
  switch (hook) {
    case Hook::check_settings: return reply_deny | reply_deny_field;
    case Hook::will_create:
    case Hook::will_join: return reply_deny;
    case Hook::will_post: return reply_deny | reply_annotate | reply_set_content | reply_audience | reply_patch;
    case Hook::check: return reply_deny | reply_deny_field | reply_annotate | reply_set_content | reply_audience | reply_patch;
    default: return 0;
  }
}

HookTables::HookTables(const LoadedPlugin& plugin, bool room_type, bool message_type) : self_(plugin.self()) {
  const auto add = [&](Hook hook, bool exists) {
    if (exists) hooks_.add(hook);
  };
  if (const auto* type = plugin.roomType(); type && room_type) {
    room_ = type->table;
    add(Hook::check_settings, room_.check_settings);
    add(Hook::will_create, room_.will_create);
    add(Hook::will_join, room_.will_join);
    add(Hook::will_post, room_.will_post);
    add(Hook::did_create, room_.did_create);
    add(Hook::did_join, room_.did_join);
    add(Hook::did_leave, room_.did_leave);
    add(Hook::did_post, room_.did_post);
    add(Hook::did_close, room_.did_close);
    add(Hook::tick, room_.tick && type->info.tick_seconds > 0);
  }
  if (const auto* type = plugin.messageType(); type && message_type) {
    message_ = type->table;
    add(Hook::check, message_.check);
    add(Hook::summarise, message_.summarise);
    add(Hook::did_deliver, message_.did_deliver);
  }
}

atrium_status HookTables::invoke(const HookCall& call, const atrium_reply* reply, std::string& line) const {
  switch (call.hook) {
    case Hook::check_settings: return room_.check_settings(self_, call.room, call.actor, reply);
    case Hook::will_create: return room_.will_create(self_, call.room, call.actor, reply);
    case Hook::will_join: return room_.will_join(self_, call.room, call.user, call.actor, reply);
    case Hook::will_post: return room_.will_post(self_, call.room, call.user, call.message, reply);
    case Hook::did_create: return room_.did_create(self_, call.room, call.actor);
    case Hook::did_join: return room_.did_join(self_, call.room, call.user, call.actor);
    case Hook::did_leave: return room_.did_leave(self_, call.room, call.user, call.actor);
    case Hook::did_post: return room_.did_post(self_, call.room, call.user, call.message, call.position);
    case Hook::did_close: return room_.did_close(self_, call.room, call.actor);
    case Hook::tick: return room_.tick(self_, call.room, call.number);
    case Hook::check: return message_.check(self_, call.room, call.user, call.message, reply);
    case Hook::summarise: return message_.summarise(self_, call.message, {.context = &line, .write = writeLine});
    case Hook::did_deliver:
      return message_.did_deliver(self_, call.room, call.user, call.message, call.position, static_cast<std::uint32_t>(call.number));
  }
  return ATRIUM_UNSUPPORTED;
}

HookFlaw takeOutcome(atrium_status status, HookReply& reply, std::string line, HookOutcome& outcome) {
  if (reply.flaw()) return reply.flaw();
  if (status != ATRIUM_OK) return {HookFlaw::Kind::failed, fmt::format("it returned {}", status)};
  if (line.size() > summary_max) return {HookFlaw::Kind::misfit, "a summary has at most 200 bytes"};
  if (!validUtf8(line)) return {HookFlaw::Kind::breach, "a summary is UTF-8"};
  outcome = reply.take();
  outcome.line = std::move(line);
  return {};
}

HookFlaw patchFlaw(const HookOutcome& outcome, const atrium_json& metadata, JsonIndexer& indexer) {
  const auto changed = changedMetadata(indexer, JsonView(metadata), outcome.annotations, outcome.patches);
  return changed ? HookFlaw{} : HookFlaw{HookFlaw::Kind::misfit, changed.error().detail};
}

HookOutcome flawedOutcome(const HookFlaw& flaw, bool allow_on_failure, std::string_view plugin_id) {
  HookOutcome outcome;
  outcome.failed = true;
  if (flaw.kind == HookFlaw::Kind::misfit)
    outcome.refused = Error{Code::rejected_by_plugin, fmt::format("The plugin {} cannot take this: {}.", plugin_id, flaw.text), 0, {}};
  else if (!allow_on_failure)
    outcome.refused = Error{Code::plugin_failed, fmt::format("The plugin {} failed.", plugin_id), 0, {}};
  return outcome;
}

void reportFlaw(LoadedPlugin& plugin, HookGuard& guard, const HookFlaw& flaw) {
  if (flaw.kind == HookFlaw::Kind::breach)
    plugin.reportFault(guard, "it broke the contract: " + flaw.text);
  else
    plugin.report(guard, flaw.kind == HookFlaw::Kind::misfit ? "its answer does not fit: " + flaw.text : flaw.text);
}

}  // namespace atrium
