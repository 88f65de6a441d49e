// The rooms that a session is in: how it enters and leaves them, and what they hand it.
#include <algorithm>
#include <utility>

#include "engine/events.hpp"
#include "engine/session.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr auto resync_retry = std::chrono::milliseconds(50);
constexpr auto resync_again = std::chrono::minutes(1);

}  // namespace

Result<RoomKey> LiveSession::roomOf(std::string_view room_id) const {
  const auto id = parseId(room_prefix, room_id.empty() ? std::string_view(options_.room_id) : room_id);
  if (!id) {
    if (room_id.empty()) {
      Error error{Code::validation_failed, "/room_id is required", 0, {}};
      error.fields.push_back({"/room_id", "is required"});
      return fail(std::move(error));
    }
    return fail(Code::not_found, "There is no such room.");
  }
  return RoomKey{principal_->tenant_id, *id};
}

void LiveSession::joinRoom(std::string_view room_id, std::string ref, bool bound) {
  const auto room = roomOf(room_id);
  if (!room) {
    if (bound) return bye(CloseCode::forbidden, room.error().detail);
    return sendError(room.error(), ref);
  }
  if (rooms_.contains(*room)) return sendError({Code::conflict, "This session is in the room already.", 0, {}}, ref);
  if (rooms_.size() >= shard_.options.rooms_per_session) return sendError({Code::too_many_rooms, {}, 0, {}}, ref);
  rooms_.emplace(*room, Place{});
  const SessionRef me = self();
  shard_.ask<Room::Attached>(
      shard_.homeOf(*room),
      [&shard = shard_, me, key = *room, ref = std::move(ref), bound](Result<Room::Attached> result) {
        if (LiveSession* session = shard.sessions.find(me.number)) return session->attached(key, std::move(result), ref, bound);
        // The connection went while the room let it in.
        if (result)
          shard.thereAlways(shard.homeOf(key), [key, me](Shard::Impl& home) {
            if (Room* loaded = home.rooms.loaded(key)) loaded->detach(me);
          });
      },
      [key = *room, who = principal_, me](Shard::Impl& home, Completion<Room::Attached> done) mutable {
        home.rooms.find(key, [who = std::move(who), me, done = std::move(done)](Result<RoomPin> pin) mutable {
          if (!pin) return done(fail(pin.error()));
          (*pin)->attach(std::move(who), me, std::move(done));
        });
      });
}

void LiveSession::attached(const RoomKey& room, Result<Room::Attached> result, const std::string& ref, bool bound) {
  const std::optional<std::string> leaves = std::exchange(rooms_[room].leaves, {});
  if (!result) {
    rooms_.erase(room);
    sendError(result.error(), ref);
    if (leaves) sendError({Code::not_found, "This session is not in that room.", 0, {}}, *leaves);
    if (bound) {
      // A passing trouble asks the client back; a refusal does not.
      const bool passing = info(result.error().code).http_status >= 500;
      bye(passing ? CloseCode::state_lost : CloseCode::forbidden,
          result.error().detail.empty() ? info(result.error().code).title : result.error().detail);
    }
    return;
  }
  rooms_[room].joined = true;
  shard_.fanout.subscribe(room, *this, result->ordinal, result->head);
  const FramePtr snapshot = ref.empty() ? std::move(result->snapshot) : withRef(result->snapshot, ref);
  if (leaving_) return;
  const bool taken = link_.push(snapshot, {}) != Pushed::full;
  if (taken && !leaves) return;
  leave(room);
  if (leaves) send(roomLeftEvent(formatId(room_prefix, room.room), *leaves));
  if (taken) return;
  // Without the snapshot the room's events would mean nothing to the client.
  sendError({Code::overloaded, "Read what waits, then enter the room again.", 1000, {}}, ref);
  if (bound) closeSlow();
}

void LiveSession::leaveRoom(std::string_view room_id, std::string_view ref) {
  const auto room = roomOf(room_id);
  if (!room) return sendError(room.error(), ref);
  const auto place = rooms_.find(*room);
  if (place == rooms_.end() || place->second.leaves) return sendError({Code::not_found, "This session is not in that room.", 0, {}}, ref);
  if (!place->second.joined) {
    place->second.leaves = ref;  // Frames are carried out in their order.
    return;
  }
  leave(*room);
  send(roomLeftEvent(formatId(room_prefix, room->room), ref));
}

void LiveSession::leave(const RoomKey& room) {
  rooms_.erase(room);
  shard_.fanout.unsubscribe(room, *this);
  shard_.thereAlways(shard_.homeOf(room), [key = room, me = self()](Shard::Impl& home) {
    if (Room* loaded = home.rooms.loaded(key)) loaded->detach(me);
  });
}

Pushed LiveSession::deliver(const RoomKey& room, const FramePtr& frame, const PushOptions& options, bool log_entry) {
  if (leaving_) return Pushed::closed;
  const auto place = rooms_.find(room);
  if (place == rooms_.end() || (log_entry && place->second.behind)) return Pushed::full;
  const Pushed pushed = link_.push(frame, options);
  if (pushed == Pushed::full && options.lane == Lane::messages) fellBehind(room);
  return pushed;
}

void LiveSession::fellBehind(const RoomKey& room) {
  const Mono now = shard_.ports.now.mono;
  if (last_resync_ && now - *last_resync_ < resync_again) return closeSlow();
  rooms_[room].behind = true;
  if (!resync_timer_.armed()) shard_.ports.timers.arm(resync_timer_, now + resync_retry);
}

void LiveSession::sendResync() {
  for (auto& [room, place] : rooms_) {
    if (!place.behind) continue;
    if (link_.push(resyncEvent(formatId(room_prefix, room.room), "slow"), {}) != Pushed::queued) {
      shard_.ports.timers.arm(resync_timer_, shard_.ports.now.mono + resync_retry);
      return;
    }
    place.behind = false;
    last_resync_ = shard_.ports.now.mono;
    shard_.ports.metrics.add(Metric::slow_resynced);
  }
}

void LiveSession::expelled(const RoomKey& room, CloseCode code, std::string_view reason) {
  if (rooms_.erase(room) == 0) return;
  shard_.fanout.unsubscribe(room, *this);
  if (parseId(room_prefix, options_.room_id) == std::optional(room.room)) bye(code, reason);
}

void LiveSession::detachAll() {
  std::vector<RoomKey> joined;
  for (const auto& [room, place] : rooms_)
    if (place.joined) joined.push_back(room);  // Otherwise the answer that is on its way finds the session gone, and detaches.
  for (const RoomKey& room : joined) leave(room);
}

}  // namespace atrium
