// What a session's frames do: each is read, and goes to whoever it is for.
#include <utility>

#include "engine/events.hpp"
#include "engine/posts.hpp"
#include "engine/session.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t runs_max = 16;  // Commands of one session under way.
constexpr std::size_t ref_max = 128;  // bytes of a frame's `ref`, as JSON

}  // namespace

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
  if (event == "subscribe_topic") return subscribeTopic(*frame, ref);
  if (event == "unsubscribe_topic") return unsubscribeTopic(*frame, ref);
  if (event == "join_room" || event == "leave_room") {
    const auto named = readNameRoom(*frame, *principal_);
    if (!named) return sendError(named.error(), ref);
    return event == "join_room" ? joinRoom(named->room_id, std::string(ref), false) : leaveRoom(named->room_id, ref);
  }
  if (event == "ping") return static_cast<void>(send(pongEvent(ref, shard_.ports.now.wall)));
  if (event == "authenticate") return authenticate(*frame, ref);
  sendError({Code::bad_request, event.empty() ? "A frame needs an event_type." : "This event_type is not known.", 0, {}}, ref);
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
  if (taken) return;
  shard_.figures.noteRefusal(principal_->tenant_id, Code::overloaded);
  sendError({Code::overloaded, "The server has more work than it can queue.", 1000, {}}, ref, command->client_message_id);
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

void LiveSession::subscribeTopic(const JsonView& frame, std::string_view ref) {
  auto command = readSubscribeTopic(frame, *principal_);
  if (!command) return sendError(command.error(), ref);
  const TopicInfo* topic = topicNamed(command->topic);
  if (!topic) return sendError({Code::topic_unknown, {}, 0, {}}, ref);
  if (!principal_->has(topic->roles)) return sendError({Code::forbidden, "Your role does not allow to watch this topic.", 0, {}}, ref);
  shard_.topic_readers.subscribe(*this, *topic, {std::move(command->epoch), command->seq}, std::string(ref));
}

void LiveSession::unsubscribeTopic(const JsonView& frame, std::string_view ref) {
  const auto command = readNameTopic(frame, *principal_);
  if (!command) return sendError(command.error(), ref);
  const TopicInfo* topic = topicNamed(command->topic);
  if (!topic) return sendError({Code::topic_unknown, {}, 0, {}}, ref);
  if (!shard_.topic_readers.unsubscribe(*this, topic->topic))
    return sendError({Code::not_found, "This session has not subscribed to that topic.", 0, {}}, ref);
  send(topicEndedEvent(topic->name, ref), topic_options);
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
  shard_.topic_readers.checkRights(*this);
  send(pongEvent(ref, shard_.ports.now.wall));
}

}  // namespace atrium
