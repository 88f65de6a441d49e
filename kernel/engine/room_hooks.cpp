// What hooks are shown of a room and of people, and what they are told once it has happened.
#include "engine/room_hooks.hpp"

#include <algorithm>
#include <cstring>

#include "engine/hook_row.hpp"
#include "engine/posts.hpp"
#include "engine/room.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/abi_text.hpp"

namespace atrium {

namespace {}  // namespace

atrium_room_view Room::view() const {
  atrium_room_view view{};
  view.struct_size = sizeof view;
  view.member_count = static_cast<std::uint32_t>(members_.size());
  view.max_members = document_.max_members;
  view.tenant_id = textOf(key_.tenant_id);
  view.room_id = textOf(id_text_);
  view.room_type = textOf(document_.room_type);
  view.name = textOf(document_.name);
  view.settings = document_.settings.root().abi();
  view.context = document_.context.root().abi();
  return view;
}

atrium_user_view Room::userView(const Principal& who) const {
  const auto member = members_.find(who.user_id);
  atrium_user_view view{};
  view.struct_size = sizeof view;
  view.token_roles = who.roles;
  view.room_role = static_cast<std::uint32_t>(member == members_.end() ? Role::none : member->second.role);
  view.user_id = textOf(who.user_id);
  view.display_name = textOf(who.display_name);
  return view;
}

Room::Entering Room::entering(const Principal& actor, const std::string& user_id, const Member& member) const {
  const bool himself = actor.user_id == user_id;
  Entering views;
  views.user.struct_size = sizeof views.user;
  views.user.token_roles = himself ? actor.roles : 0;
  views.user.room_role = static_cast<std::uint32_t>(member.role);
  views.user.user_id = textOf(user_id);
  views.user.display_name = textOf(member.display_name);
  views.actor = himself ? views.user : userView(actor);
  return views;
}

void Room::tellOfMember(Hook hook, const Principal& actor, const std::string& user_id, const Member& member) {
  const Entering views = entering(actor, user_id, member);
  const atrium_room_view room = view();
  tellRow(type_.row(), {.hook = hook, .room = &room, .user = &views.user, .actor = &views.actor}, shard_.ports.metrics);
}

void Room::didCreate(const Principal& creator) {
  const atrium_room_view room = view();
  const atrium_user_view actor = userView(creator);
  tellRow(type_.row(), {.hook = Hook::did_create, .room = &room, .actor = &actor}, shard_.ports.metrics);
}

// ---- Messages

namespace {

// A position and the texts it leads into.
struct Place {
  explicit Place(const atrium_append_result& result) {
    Id id;
    std::ranges::copy(result.message.bytes, id.bytes.begin());
    message_id = formatId(message_prefix, id);
    position.struct_size = sizeof position;
    position.durability = result.durability;
    position.seq = result.seq;
    position.sent_at_ms = result.sent_at_ms;
    position.message_id = textOf(message_id);
    position.epoch = {result.epoch, ::strnlen(result.epoch, sizeof result.epoch)};
  }
  std::string message_id;
  atrium_position position{};
};

}  // namespace

HookDone Room::traced(const TraceKey& key, Hook hook) {
  return [this, pin = RoomPin(*this), key, hook](const HookOutcome& outcome) { noteCall(key, hook, outcome); };
}

void Room::noteCall(const TraceKey& key, Hook hook, const HookOutcome& outcome) {
  if (outcome.source) shard_.ports.metrics.add(Metric::calls_traced);
  if (!isAsked(hook) && outcome.refused && !outcome.failed) shard_.ports.metrics.add(Metric::hooks_dropped);
  shard_.trace.add(key, hook, outcome, shard_.ports.now.wall);
}

void Room::didPost(const SentMessage& sent, const atrium_append_result& result) {
  const Place place(result);
  const OpenedCall opened = sent.request.open();
  HookCall call = opened.call();
  const atrium_room_view room = view();
  call.hook = Hook::did_post;
  call.room = &room;
  call.position = &place.position;
  for (HookTarget* target : type_.row())
    if (target->hooks().has(Hook::did_post)) target->call(call, traced(sent.key, Hook::did_post));
}

void Room::didDeliver(const SentMessage& sent, const atrium_append_result& result, std::uint32_t delivered) {
  if (!sent.type->has(Hook::did_deliver)) return;
  const Place place(result);
  const OpenedCall opened = sent.request.open();
  HookCall call = opened.call();
  const atrium_room_view room = view();
  call.hook = Hook::did_deliver;
  call.room = &room;
  call.position = &place.position;
  call.number = delivered;
  sent.type->call(call, traced(sent.key, Hook::did_deliver));
}

// ---- Ticks

void Room::armTick() {
  std::vector<std::pair<HookTarget*, Mono>> ticks;
  const Mono now = shard_.ports.now.mono;
  for (HookTarget* target : type_.row()) {
    if (!target->hooks().has(Hook::tick) || target->tickInterval() <= std::chrono::seconds{0}) continue;
    const auto known = std::ranges::find(ticks_, target, [](const auto& tick) { return tick.first; });
    // The first comes somewhere within the interval, so that rooms which were there together are not called together for ever.
    const auto interval = static_cast<std::uint64_t>(std::chrono::nanoseconds(target->tickInterval()).count());
    ticks.emplace_back(target, known != ticks_.end() ? known->second : now + std::chrono::nanoseconds(1 + shard_.random.next() % interval));
  }
  ticks_ = std::move(ticks);
  if (ticks_.empty()) return tick_timer_.disarm();
  shard_.ports.timers.arm(tick_timer_, std::ranges::min(ticks_, {}, [](const auto& tick) { return tick.second; }).second);
}

void Room::tick() {
  const Mono now = shard_.ports.now.mono;
  const RoomPin pin(*this);
  for (std::size_t n = 0; n < ticks_.size(); ++n) {
    auto& [target, due] = ticks_[n];
    if (due > now) continue;
    // Ticks that were missed are not made up for.
    due = now + target->tickInterval();
    if (!document_.active || !target->hooks().has(Hook::tick)) continue;
    const atrium_room_view room = view();
    target->call({.hook = Hook::tick, .room = &room, .number = toMillis(shard_.ports.now.wall)}, [](const HookOutcome&) {});
  }
  armTick();
}

}  // namespace atrium
