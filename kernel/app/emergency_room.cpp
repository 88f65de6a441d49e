#include "app/emergency_room.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::string_view alerts_user = "atrium.alerts";
constexpr std::string_view emergency_type = "emergency_response";
constexpr std::size_t alerts_told = 10;   // By their sentences; of others only how many.
constexpr std::size_t alerts_named = 50;  // By their ids.

PrincipalPtr alertsPrincipal(const std::string& tenant_id) {
  return std::make_shared<const Principal>(Principal{.tenant_id = tenant_id,
                                                     .user_id = std::string(alerts_user),
                                                     .display_name = "Alerts",
                                                     .name_verified = true,
                                                     .roles = ATRIUM_ROLE_SERVICE,
                                                     .expires = {},
                                                     .plugin = true});
}

std::string_view priorityOf(Severity severity) {
  constexpr std::array<std::string_view, 4> priorities = {"low", "normal", "high", "critical"};
  return priorities[static_cast<std::size_t>(severity)];
}

std::string textOfNotice(const AlertNotice& notice) {
  const bool over = notice.kind == AlertNotice::Kind::resolved;
  std::string text;
  for (std::size_t at = 0; at < notice.alerts.size() && at < alerts_told; ++at) {
    const RaisedAlert& said = notice.alerts[at].said;
    if (!text.empty()) text += '\n';
    const std::string& by = notice.alerts[at].resolved_by;
    if (over)
      text += fmt::format("Resolved{}{}: {} ({})", by.empty() ? "" : " by ", by, said.title, said.message);
    else
      text += fmt::format("{}: {}", said.title, said.message);
  }
  if (notice.alerts.size() > alerts_told) text += fmt::format("\n...and {} more.", notice.alerts.size() - alerts_told);
  return text;
}

}  // namespace

JsonDocument emergencyMessage(const AlertNotice& notice, const std::string& room_id) {
  const Alert& first = notice.alerts.front();
  const bool over = notice.kind == AlertNotice::Kind::resolved;
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("room_id").value(room_id).key("message_type").value("alert").key("content").value(textOfNotice(notice));
  json.key("priority").value(over ? "normal" : priorityOf(first.severity())).key("client_message_id").value(notice.key);
  json.key("metadata").begin('{').key("severity").value(word(first.severity())).key("alert_id").id(alert_prefix, first.id);
  json.key("source").value("alerts").key("rule").value(first.rule).key("group").value(notice.group);
  json.key("state").value(over ? "resolved" : "firing").key("alert_ids").begin('[');
  for (std::size_t at = 0; at < notice.alerts.size() && at < alerts_named; ++at) json.id(alert_prefix, notice.alerts[at].id);
  json.end(']').key("recommended_actions").begin('[');
  for (const AlertAction& action : first.said.actions) json.value(action.label);
  json.end(']').end('}').end('}');
  return *JsonDocument::parse(out);
}

void EmergencyRoom::notify(AlertNotice notice, Completion<std::string> done) {
  Room& room = rooms_[notice.tenant_id];
  if (room.serial.size() >= waiting_max) return done(fail(Code::overloaded, "Too many alerts wait to be told.", 1000));
  room.serial.run([this, notice = std::make_shared<AlertNotice>(std::move(notice)), done = std::move(done)](Serial::Next next) mutable {
    post(notice, true, [this, notice, done = std::move(done), next = std::move(next)](Result<std::string> result) mutable {
      told(notice->tenant_id, result);
      done(std::move(result));
      next();
    });
  });
}

// `again`: a room that has gone since it was found is looked for once more.
void EmergencyRoom::post(const std::shared_ptr<AlertNotice>& notice, bool again, Completion<std::string> done) {
  locate(notice->tenant_id, [this, notice, again, done = std::move(done)](Result<std::string> room_id) mutable {
    if (!room_id) return done(fail(std::move(room_id.error())));
    shard_.sendMessage(alertsPrincipal(notice->tenant_id), emergencyMessage(*notice, *room_id),
                       [this, notice, again, posted_in = *room_id, done = std::move(done)](Result<std::string> sent) mutable {
                         if (sent) return done(std::move(posted_in));
                         const bool gone = sent.error().code == Code::room_closed || sent.error().code == Code::not_found;
                         if (!gone || !again) return done(fail(std::move(sent.error())));
                         make(notice->tenant_id, [this, notice, done = std::move(done)](Result<std::string> made) mutable {
                           if (!made) return done(fail(std::move(made.error())));
                           post(notice, false, std::move(done));
                         });
                       });
  });
}

void EmergencyRoom::find(const std::string& tenant_id, Completion<std::string> done) {
  Room& room = rooms_[tenant_id];
  if (room.serial.size() >= waiting_max) return done(fail(Code::overloaded, "Too many alerts wait to be told.", 1000));
  room.serial.run([this, tenant_id, done = std::move(done)](Serial::Next next) mutable {
    locate(tenant_id, [done = std::move(done), next = std::move(next)](Result<std::string> room_id) mutable {
      done(std::move(room_id));
      next();
    });
  });
}

void EmergencyRoom::locate(const std::string& tenant_id, Completion<std::string> done) {
  if (const std::string& known = rooms_[tenant_id].room_id; !known.empty()) return done(known);
  ListRooms query{
      .room_type = std::string(emergency_type), .member = std::string(alerts_user), .query = {}, .cursor = {}, .limit = page_max};
  shard_.listRooms(alertsPrincipal(tenant_id), std::move(query),
                   [this, tenant_id, done = std::move(done)](Result<std::string> rooms) mutable {
                     if (!rooms) return done(fail(std::move(rooms.error())));
                     const auto parsed = JsonDocument::parse(*rooms);
                     if (!parsed) return done(fail(Code::internal));
                     const JsonView items = parsed->root()["items"];
                     for (JsonView room = items.first(); room.exists(); room = room.sibling(items))
                       if (room["is_active"].boolean(true)) rooms_[tenant_id].room_id = room["room_id"].text();
                     if (const std::string& found = rooms_[tenant_id].room_id; !found.empty()) return done(found);
                     make(tenant_id, std::move(done));
                   });
}

void EmergencyRoom::make(const std::string& tenant_id, Completion<std::string> done) {
  CreateRoom command{.room_type = std::string(emergency_type),
                     .name = "Emergency Response",
                     .description = "What needs attention now.",
                     .initial_members = {},
                     .max_members = 0,
                     .settings = JsonDocument::emptyObject(),
                     .context = JsonDocument::emptyObject()};
  shard_.createRoom(alertsPrincipal(tenant_id), std::move(command),
                    [this, tenant_id, done = std::move(done)](Result<std::string> room) mutable {
                      if (!room) return done(fail(std::move(room.error())));
                      const auto parsed = JsonDocument::parse(*room);
                      if (!parsed) return done(fail(Code::internal));
                      std::string& known = rooms_[tenant_id].room_id;
                      known = parsed->root()["room_id"].text();
                      done(known);
                    });
}

// The first failure of a row stands in the log, and its end.
void EmergencyRoom::told(const std::string& tenant_id, const Result<std::string>& result) {
  bool& failing = rooms_[tenant_id].failing;
  if (std::exchange(failing, !result) == !result) return;
  if (result) return log_.info("alerts.told_again", {{"tenant", tenant_id}});
  log_.warning("alerts.not_told", {{"tenant", tenant_id}, {"code", info(result.error().code).word}, {"detail", result.error().detail}});
}

}  // namespace atrium
