#include "app/loop_coaching.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t conversation_messages = 30;  // That an assistant sees of a room.

JsonDocument bodyFrom(std::string_view room_id, std::string_view type, std::string_view text, std::string_view metadata,
                      std::string_view client_message_id) {
  std::string body;
  JsonWriter<std::string> json(body);
  json.begin('{').key("room_id").value(room_id).key("message_type").value(type).key("content").value(text).key("metadata").raw(metadata);
  if (!client_message_id.empty()) json.key("client_message_id").value(client_message_id);
  json.end('}');
  return *JsonDocument::parse(body);  // The server's own.
}

Completion<std::string> messageId(Completion<std::string> done) {
  return [done = std::move(done)](Result<std::string> sent) mutable {
    if (!sent) return done(fail(sent.error()));
    const auto confirmation = JsonDocument::parse(*sent);
    done(confirmation ? confirmation->root()["message_id"].text() : std::string());
  };
}

// Who tells a room of its supervision.
PrincipalPtr supervisionOf(const std::string& tenant_id) {
  constexpr std::string_view id = "atrium.supervision";
  return std::make_shared<const Principal>(Principal{.tenant_id = tenant_id,
                                                     .user_id = std::string(id),
                                                     .display_name = "Supervision",
                                                     .name_verified = true,
                                                     .roles = ATRIUM_ROLE_SERVICE,
                                                     .expires = {},
                                                     .plugin = true});
}

Error overseersAlone() { return {Code::forbidden, "This is for supervisors, admins and services.", 0, {}}; }

std::string_view word(Supervision how) { return how == Supervision::monitor ? "monitor" : "take_over"; }

}  // namespace

void ShardTipRooms::conversation(PrincipalPtr caller, std::string room_id, Completion<JsonDocument> done) {
  shard_.history(std::move(caller), {.room_id = std::move(room_id), .limit = conversation_messages},
                 [done = std::move(done)](Result<HistoryPage> page) mutable {
                   if (!page) return done(fail(page.error()));
                   // Longer than what can be read at once: the assistant does without.
                   auto messages = JsonDocument::parse(page->json, 1);
                   done(messages ? *std::move(messages) : JsonDocument::emptyObject());
                 });
}

void ShardTipRooms::post(TipMessage message, Completion<std::string> done) {
  std::string metadata;
  JsonWriter<std::string> json(metadata);
  json.begin('{').key("topic").value(std::string_view(message.topic)).key("agent_id").value(std::string_view(message.agent_id));
  json.key("tip_id").value(std::string_view(message.tip_id)).end('}');
  shard_.sendMessage(std::move(message.sender), bodyFrom(message.room_id, "coaching_tip", message.text, metadata, message.tip_id),
                     messageId(std::move(done)));
}

void LoopCoaching::assist(PrincipalPtr caller, JsonDocument body, bool names_task, Completion<std::string> done) {
  if (!caller->has(ATRIUM_ROLE_AGENT) && !supervises(*caller))
    return done(fail(Code::forbidden, "Assistants help agents and supervisors."));
  Result<AssistRequest> request = readAssistRequest(body.root(), *caller, names_task);
  if (!request) return done(fail(request.error()));
  const std::string tenant_id = caller->tenant_id;
  road_.ask<std::string>(
      tenant_id, std::move(done),
      [caller = std::move(caller), request = *std::move(request)](CoachingDesk& desk, Completion<std::string> answer) mutable {
        desk.ask(std::move(caller), std::move(request), std::move(answer));
      });
}

void LoopCoaching::judge(PrincipalPtr caller, std::string tip_id, TipVerdict verdict, Completion<std::string> done) {
  const std::string tenant_id = caller->tenant_id;
  const TipState state = verdict == TipVerdict::accepted ? TipState::accepted : TipState::dismissed;
  road_.ask<std::string>(
      tenant_id, std::move(done),
      [caller = std::move(caller), tip_id = std::move(tip_id), state](CoachingDesk& desk, Completion<std::string> answer) mutable {
        desk.judge(std::move(caller), tip_id, state, std::move(answer));
      });
}

void LoopCoaching::list(PrincipalPtr caller, ListTips query, Completion<std::string> done) {
  if (!caller->has(ATRIUM_ROLE_AGENT) && !supervises(*caller)) return done(fail(Code::forbidden, "Tips are for agents and supervisors."));
  const std::string tenant_id = caller->tenant_id;
  road_.ask<std::string>(
      tenant_id, std::move(done),
      [caller = std::move(caller), query = std::move(query)](CoachingDesk& desk, Completion<std::string> answer) mutable {
        desk.list(*caller, {std::move(query.agent_id), std::move(query.cursor), query.limit}, std::move(answer));
      });
}

void LoopCoaching::readPrivacy(PrincipalPtr caller, Completion<std::string> done) {
  if (!supervises(*caller)) return done(fail(overseersAlone()));
  const std::string& tenant_id = caller->tenant_id;
  road_.ask<std::string>(tenant_id, std::move(done), [tenant_id](CoachingDesk& desk, Completion<std::string> answer) {
    desk.privacy().read(tenant_id, std::move(answer));
  });
}

void LoopCoaching::putPrivacy(PrincipalPtr caller, JsonDocument body, Completion<std::string> done) {
  if (!supervises(*caller)) return done(fail(overseersAlone()));
  Result<RedactionRules> marks = readMarks(body.root(), *caller);
  if (!marks) return done(fail(marks.error()));
  const std::string& tenant_id = caller->tenant_id;
  road_.ask<std::string>(tenant_id, std::move(done),
                         [tenant_id, marks = *std::move(marks)](CoachingDesk& desk, Completion<std::string> answer) mutable {
                           desk.privacy().mark(tenant_id, std::move(marks), std::move(answer));
                         });
}

void LoopCoaching::whisper(PrincipalPtr caller, std::string room_id, JsonDocument body, Completion<std::string> done) {
  Result<Whisper> whisper = readWhisper(body.root(), *caller, std::move(room_id));
  if (!whisper) return done(fail(whisper.error()));
  const std::string tenant_id = caller->tenant_id;
  road_.ask<std::string>(
      tenant_id, std::move(done),
      [caller = std::move(caller), whisper = *std::move(whisper)](CoachingDesk& desk, Completion<std::string> answer) mutable {
        desk.whisper(std::move(caller), std::move(whisper), std::move(answer));
      });
}

void LoopCoaching::supervise(PrincipalPtr caller, std::string room_id, Supervision how, Completion<std::string> done) {
  if (!supervises(*caller)) return done(fail(Code::forbidden, "Only supervisors, admins and services enter conversations so."));
  const Role role = how == Supervision::monitor ? Role::observer : Role::moderator;
  shard_.addMember(caller, room_id, {caller->user_id, caller->display_name, role},
                   [this, caller, room_id, how, done = std::move(done)](Result<std::string> member) mutable {
                     if (!member) return done(fail(member.error()));
                     const auto entered = JsonDocument::parse(*member);
                     const std::string has = entered ? entered->root()["role"].text() : std::string();
                     if (how == Supervision::monitor || has == "moderator" || has == "owner")
                       return tell(caller, room_id, how, *member, true, std::move(done));
                     // He was there before, and is raised.
                     shard_.changeRole(caller, room_id, caller->user_id, {Role::moderator},
                                       [this, caller, room_id, how, done = std::move(done)](Result<std::string> raised) mutable {
                                         if (!raised) return done(fail(raised.error()));
                                         tell(caller, room_id, how, *raised, false, std::move(done));
                                       });
                   });
}

void LoopCoaching::tell(const PrincipalPtr& caller, const std::string& room_id, Supervision how, const std::string& member, bool once,
                        Completion<std::string> done) {
  std::string metadata;
  JsonWriter<std::string> json(metadata);
  json.begin('{').key("supervision").value(word(how)).key("user_id").value(std::string_view(caller->user_id)).end('}');
  const std::string text =
      caller->display_name + (how == Supervision::monitor ? " watches this conversation." : " has taken over this conversation.");
  // A membership is as old as when it began, which makes it this one.
  const std::string id = once ? fmt::format("{}_{:016x}", word(how), stableHash(member)) : std::string();
  shard_.sendMessage(supervisionOf(caller->tenant_id), bodyFrom(room_id, "system", text, metadata, id),
                     messageId([room_id, how, member, done = std::move(done)](Result<std::string> said) mutable {
                       std::string reply;
                       JsonWriter<std::string> out(reply);
                       out.begin('{').key("room_id").value(std::string_view(room_id)).key("action").value(word(how));
                       out.key("member").raw(member).key("message_id");
                       said ? out.value(std::string_view(*said)) : out.null();
                       writeNotSaid(out, said ? std::nullopt : std::optional(said.error()));
                       out.end('}');
                       done(std::move(reply));
                     }));
}

}  // namespace atrium
