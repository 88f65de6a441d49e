#include "engine/session.hpp"

#include <algorithm>
#include <utility>

#include "engine/events.hpp"
#include "engine/posts.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::size_t runs_max = 16;  // Commands of one session under way.
constexpr std::size_t ref_max = 128;  // bytes of a frame's `ref`, as JSON
constexpr auto resync_retry = std::chrono::milliseconds(50);
constexpr auto resync_again = std::chrono::minutes(1);
constexpr auto expiry_warning = std::chrono::seconds(60);
constexpr std::uint32_t retry_spread_ms = 2000;

// The longest a timer is armed for the token's end; then it looks again.
constexpr auto expiry_look = std::chrono::hours(1);

}  // namespace

LiveSession::LiveSession(Shard::Impl& shard, std::uint64_t number, PrincipalPtr principal, Link& link, SessionOptions options)
    : shard_(shard),
      number_(number),
      principal_(std::move(principal)),
      link_(link),
      options_(std::move(options)),
      resync_timer_([this] { sendResync(); }),
      expiry_([this] { watchExpiry(); }) {}

LiveSession::~LiveSession() = default;

void LiveSession::start() {
  TenantFigures& figures = shard_.figures.of(principal_->tenant_id);
  ++figures.sessions;
  shard_.ports.metrics.add(Metric::sessions);
  if (shard_.draining) return bye(CloseCode::shutdown, "The server is stopping.");
  ++figures.sessions_opened;
  shard_.ports.metrics.add(Metric::sessions_opened);
  send(helloEvent(*principal_, shard_.ids.next(shard_.ports.now.wall), options_, shard_.options, shard_.ports.now.wall));
  watchExpiry();
  const UserKey user{principal_->tenant_id, principal_->user_id};
  shard_.thereAlways(shard_.homeOf(user), [user, me = self()](Shard::Impl& home) {
    if (home.users.sessionOpened(user, me)) return;
    home.thereAlways(me.shard, [number = me.number](Shard::Impl& there) {
      LiveSession* session = there.sessions.find(number);
      if (!session) return;
      ++there.figures.of(session->principal().tenant_id).sessions_refused;
      session->bye(CloseCode::too_many, "You have as many connections as you may.");
    });
  });
  // One that is being sent away already, because its token has ended or it is one too many, makes nobody a member.
  if (!leaving_ && !options_.room_id.empty()) joinRoom(options_.room_id, {}, true);
}

SessionRef LiveSession::self() const { return {shard_.ports.index, number_}; }

void LiveSession::onText(std::string_view text) {
  if (leaving_) return;
  const auto frame = shard_.indexer.parse(text);
  shard_.ports.metrics.add(Metric::json_parses);
  if (!frame) return sendError(frame.error(), {});
  if (!frame->isObject()) return sendError({Code::bad_request, "A frame is one JSON object.", 0, {}}, {});
  std::string_view ref = (*frame)["ref"].raw();
  if (ref.size() > ref_max || (*frame)["ref"].isObject() || (*frame)["ref"].isArray()) ref = {};
  std::string scratch;
  const std::string_view event = (*frame)["event_type"].text(scratch);
  if (event == "send_message") return sendMessage(*frame, ref);
  if (event == "run_command") return runCommand(*frame, ref);
  if (event == "typing_indicator") return typing(*frame, ref);
  if (event == "update_presence") return updatePresence(*frame, ref);
  if (event == "join_room" || event == "leave_room") {
    const auto named = readNameRoom(*frame, *principal_);
    if (!named) return sendError(named.error(), ref);
    return event == "join_room" ? joinRoom(named->room_id, std::string(ref), false) : leaveRoom(named->room_id, ref);
  }
  if (event == "ping") return static_cast<void>(send(pongEvent(ref, shard_.ports.now.wall)));
  if (event == "authenticate") return authenticate(*frame, ref);
  sendError({Code::bad_request, event.empty() ? "A frame needs an event_type." : "This event_type is not known.", 0, {}}, ref);
}

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

void LiveSession::sendMessage(const JsonView& frame, std::string_view ref) {
  const auto command = readSendMessage(frame, *principal_);
  std::string scratch;
  if (!command) return sendError(command.error(), ref, frame["client_message_id"].text(scratch));
  const auto room = roomOf(command->room_id);
  if (!room) return sendError(room.error(), ref, command->client_message_id);
  Origin origin{shard_.ports.index, number_, std::string(ref), {}, shard_.ports.now.mono};
  const unsigned home = shard_.homeOf(*room);
  if (home == shard_.ports.index)
    if (Room* loaded = shard_.rooms.loaded(*room)) return loaded->post(principal_, *command, std::move(origin));

  // The room lives elsewhere or has to be loaded first: the frame goes along, with its index.
  const bool taken = shard_.there(home, [room = *room, who = principal_, frame = JsonDocument(frame),
                                         origin = std::move(origin)](Shard::Impl& there) mutable {
    there.rooms.find(room, [&there, who = std::move(who), frame = std::move(frame),
                            origin = std::move(origin)](Result<RoomPin> pin) mutable {
      const auto command = readSendMessage(frame.root(), *who);
      if (!pin || !command) {
        std::string id;
        return there.posts.refuse(origin, pin ? command.error() : pin.error(), frame.root()["client_message_id"].text(id), who->tenant_id);
      }
      (*pin)->post(who, *command, std::move(origin));
    });
  });
  if (!taken) sendError({Code::overloaded, "The server has more work than it can queue.", 1000, {}}, ref, command->client_message_id);
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
  FramePtr snapshot = std::move(result->snapshot);
  if (!ref.empty()) {
    // It was encoded by the room, for anyone; only the answer to a named frame carries the name.
    FrameBuilder out(snapshot->size() + ref.size() + 16);
    out.append(R"({"ref":)");
    out.append(ref);
    out.append(',');
    out.append(snapshot->payload().substr(1));
    snapshot = out.finish();
  }
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

void LiveSession::runCommand(const JsonView& frame, std::string_view ref) {
  auto command = readRunCommand(frame, *principal_);
  if (!command) return sendError(command.error(), ref);
  const auto room = roomOf(command->room_id);
  if (!room) return sendError(room.error(), ref);
  command->room_id = formatId(room_prefix, room->room);
  run(*std::move(command), std::string(ref));
}

void LiveSession::run(RunCommand command, std::string ref) {
  if (leaving_) return;
  if (runs_.size() >= runs_max)
    return sendError({Code::overloaded, "This session has as many commands under way as it may.", 1000, {}}, ref);
  const std::uint64_t key = ++last_run_;
  auto run = std::make_shared<CommandRun>();
  runs_.emplace(key, run);
  const std::string name = command.name, room_id = command.room_id;
  // The session is there whenever these are called: its end gives up the runs it knows, and a run that was told as done tells no more.
  atrium::runCommand(shard_, principal_, std::move(command), run,
                     {.progress = [this, name, room_id, ref](
                                      const Id& id, const std::string& line) { send(commandProgressEvent(id, name, room_id, line, ref)); },
                      .done =
                          [this, key, name, room_id, ref](const Id& id, const Result<std::string>& result) {
                            runs_.erase(key);
                            if (!result) return sendError(result.error(), ref);
                            static_cast<void>(send(commandResultEvent(commandReply(id, name, room_id, *result), ref)));
                          }});
}

void LiveSession::typing(const JsonView& frame, std::string_view ref) {
  const auto command = readTyping(frame, *principal_);
  if (!command) return sendError(command.error(), ref);
  const auto room = roomOf(command->room_id);
  if (!room) return sendError(room.error(), ref);
  if (!rooms_.contains(*room)) return sendError({Code::not_a_member, "This session is not in that room.", 0, {}}, ref);
  const SessionRef me = self();
  // Lost when that shard's mailbox is full: typing is ephemeral.
  shard_.there(shard_.homeOf(*room), [key = *room, me, who = principal_, is_typing = command->is_typing](Shard::Impl& home) {
    if (Room* loaded = home.rooms.loaded(key)) loaded->typing(me, *who, is_typing);
  });
}

void LiveSession::updatePresence(const JsonView& frame, std::string_view ref) {
  auto command = readUpdatePresence(frame, *principal_);
  if (!command) return sendError(command.error(), ref);
  const UserKey user{principal_->tenant_id, principal_->user_id};
  shard_.ask<void>(
      shard_.homeOf(user),
      [&shard = shard_, number = number_, ref = std::string(ref)](Result<void> updated) {
        if (updated) return;
        if (LiveSession* session = shard.sessions.find(number)) session->sendError(updated.error(), ref);
      },
      [user, command = std::move(*command)](Shard::Impl& home, Completion<void> done) mutable {
        home.users.update(user, std::move(command), std::move(done));
      });
}

void LiveSession::authenticate(const JsonView& frame, std::string_view ref) {
  std::string scratch;
  const std::string_view token = frame["token"].text(scratch);
  if (auto known = shard_.ports.tokens.verify(token, shard_.ports.now.wall)) return authenticated(std::move(*known), ref);
  shard_.ports.tokens.ask(std::string(token), [&shard = shard_, number = number_, ref = std::string(ref)](Result<Principal> fresh) {
    if (LiveSession* session = shard.sessions.find(number)) session->authenticated(std::move(fresh), ref);
  });
}

void LiveSession::authenticated(Result<Principal> fresh, std::string_view ref) {
  shard_.ports.metrics.add(fresh ? Metric::auth_accepted : Metric::auth_refused);
  if (!fresh) return sendError(fresh.error(), ref);
  if (fresh->tenant_id != principal_->tenant_id || fresh->user_id != principal_->user_id)
    return sendError({Code::identity_mismatch, "The token belongs to somebody else.", 0, {}}, ref);
  if (!fresh->name_verified) fresh->display_name = principal_->display_name;
  principal_ = std::make_shared<const Principal>(std::move(*fresh));
  warned_ = false;
  watchExpiry();
  send(pongEvent(ref, shard_.ports.now.wall));
}

void LiveSession::watchExpiry() {
  const auto left = principal_->expires - shard_.ports.now.wall;
  if (left <= 0ms) return bye(CloseCode::token_expired, "The token has expired.");
  if (left <= expiry_warning && !warned_) {
    warned_ = true;
    send(tokenExpiringEvent(principal_->expires));
  }
  const auto next = std::min<std::chrono::milliseconds>(warned_ ? left : left - expiry_warning, expiry_look);
  shard_.ports.timers.arm(expiry_, shard_.ports.now.mono + std::max<std::chrono::milliseconds>(next, 1ms));
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

void LiveSession::closeSlow() {
  if (leaving_) return;
  shard_.ports.metrics.add(Metric::slow_closed);
  bye(CloseCode::slow, "The client reads too slowly.");
}

bool LiveSession::send(const FramePtr& frame) {
  if (leaving_) return false;
  const Pushed pushed = link_.push(frame, {});
  if (pushed == Pushed::full) closeSlow();
  return pushed == Pushed::queued;
}

void LiveSession::sendError(const Error& error, std::string_view ref, std::string_view client_message_id) {
  send(errorEvent(error, ref, client_message_id));
}

void LiveSession::bye(CloseCode code, std::string_view reason) {
  if (leaving_) return;
  const bool again = mayReconnect(code);
  leaving_ = true;
  link_.close(code, reason, byeEvent(code, reason, again ? static_cast<std::uint32_t>(shard_.random.below(retry_spread_ms)) : 0));
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

void LiveSession::onClosed(bool clean) {
  leaving_ = true;
  for (const auto& [key, run] : runs_) giveUp(shard_, *run);
  runs_.clear();
  shard_.fanout.sessionClosed(*this);
  const UserKey user{principal_->tenant_id, principal_->user_id};
  // Before the rooms are left, so that the linger keeps his place in them.
  shard_.thereAlways(shard_.homeOf(user), [user, me = self(), clean](Shard::Impl& home) { home.users.sessionClosed(user, me, clean); });
  detachAll();
  --shard_.figures.of(principal_->tenant_id).sessions;
  shard_.ports.metrics.add(Metric::sessions, -1);
  if (!clean) {
    shard_.ports.metrics.add(Metric::sessions_closed_abnormal);
    shard_.ports.log.info(
        "connection.error",
        {{"tenant_id", principal_->tenant_id}, {"user_id", principal_->user_id}, {"detail", "closed without a handshake"}});
  }
  shard_.sessions.end(*this);
}

LiveSession& Sessions::open(PrincipalPtr principal, Link& link, SessionOptions options) {
  const std::uint64_t number = next_++;
  auto session = std::make_unique<LiveSession>(shard_, number, std::move(principal), link, std::move(options));
  LiveSession& opened = *session;
  sessions_.emplace(number, std::move(session));
  return opened;
}

void Sessions::end(LiveSession& session) { sessions_.erase(session.id()); }

LiveSession* Sessions::find(std::uint64_t number) {
  const auto it = sessions_.find(number);
  return it == sessions_.end() ? nullptr : it->second.get();
}

}  // namespace atrium
