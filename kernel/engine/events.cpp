#include "engine/events.hpp"

#include "engine/commands.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

// How clients are asked to come back: the first attempt after a random part of `base`, doubling to `cap`, each shortened at random.
constexpr std::uint32_t reconnect_base_ms = 500;
constexpr std::uint32_t reconnect_cap_ms = 30'000;

JsonWriter<FrameBuilder> open(FrameBuilder& out, std::string_view event_type, std::string_view ref = {}) {
  JsonWriter json(out);
  json.begin('{').key("event_type").value(event_type);
  if (!ref.empty()) json.key("ref").raw(ref);
  return json;
}

}  // namespace

FramePtr helloEvent(const Principal& who, const Id& connection, const SessionOptions& session, const EngineOptions& options, Wall now) {
  FrameBuilder out;
  auto json = open(out, "connection_established");
  json.key("connection_id").id(connection_prefix, connection);
  json.key("user_id").value(who.user_id).key("display_name").value(who.display_name);
  json.key("name_verified").value(who.name_verified).key("tenant_id").value(who.tenant_id);
  if (!session.room_id.empty()) json.key("room_id").value(session.room_id);
  json.key("server_time").time(now);
  json.key("heartbeat_interval_ms").value(std::chrono::milliseconds(options.heartbeat_interval).count());
  json.key("limits").begin('{');
  json.key("frame_bytes").value(options.frame_max).key("rooms").value(options.rooms_per_session).end('}');
  json.key("reconnect").begin('{');
  json.key("base_ms").value(reconnect_base_ms).key("cap_ms").value(reconnect_cap_ms).key("jitter").value("full").end('}');
  json.end('}');
  return out.finish();
}

FramePtr errorEvent(const Error& error, std::string_view ref, std::string_view client_message_id) {
  FrameBuilder out;
  auto json = open(out, "error", ref);
  const CodeInfo& code = info(error.code);
  json.key("code").value(code.word).key("status").value(code.http_status);
  json.key("title").value(code.title);
  json.key("detail").value(error.detail.empty() ? code.title : std::string_view(error.detail));
  json.key("retry").value(code.retry);
  if (error.retry_after_ms > 0) json.key("retry_after_ms").value(error.retry_after_ms);
  if (!client_message_id.empty()) json.key("client_message_id").value(client_message_id);
  if (!error.fields.empty()) {
    json.key("errors").begin('[');
    for (const FieldProblem& field : error.fields)
      json.begin('{').key("path").value(field.path).key("message").value(field.message).end('}');
    json.end(']');
  }
  json.end('}');
  return out.finish();
}

FramePtr byeEvent(CloseCode code, std::string_view reason, std::uint32_t retry_after_ms) {
  FrameBuilder out;
  auto json = open(out, "bye");
  json.key("code").value(static_cast<unsigned>(code)).key("reason").value(reason);
  json.key("retry_after_ms").value(retry_after_ms).key("resume").value(mayReconnect(code)).end('}');
  return out.finish();
}

FramePtr pongEvent(std::string_view ref, Wall now) {
  FrameBuilder out;
  open(out, "pong", ref).key("server_time").time(now).end('}');
  return out.finish();
}

FramePtr resyncEvent(std::string_view room_id, std::string_view reason) {
  FrameBuilder out;
  open(out, "resync").key("room_id").value(room_id).key("reason").value(reason).end('}');
  return out.finish();
}

FramePtr roomLeftEvent(std::string_view room_id, std::string_view ref) {
  FrameBuilder out;
  open(out, "room_left", ref).key("room_id").value(room_id).end('}');
  return out.finish();
}

FramePtr commandProgressEvent(const Id& command_id, std::string_view command, std::string_view room_id, std::string_view line,
                              std::string_view ref) {
  FrameBuilder out;
  open(out, "command_progress", ref)
      .key("command_id")
      .id(command_prefix, command_id)
      .key("command")
      .value(command)
      .key("room_id")
      .value(room_id)
      .key("text")
      .value(line)
      .end('}');
  return out.finish();
}

FramePtr commandResultEvent(std::string_view reply, std::string_view ref) {
  FrameBuilder out;
  open(out, "command_result", ref);
  out.append(',');
  out.append(reply.substr(1));
  return out.finish();
}

FramePtr topicEndedEvent(std::string_view topic, std::string_view ref) {
  FrameBuilder out;
  open(out, "topic_update", ref).key("topic").value(topic).key("kind").value("ended").end('}');
  return out.finish();
}

FramePtr withRef(const FramePtr& event, std::string_view ref) {
  FrameBuilder out(event->size() + ref.size() + 16);
  out.append(R"({"ref":)");
  out.append(ref);
  out.append(',');
  out.append(event->payload().substr(1));
  return out.finish();
}

FramePtr tokenExpiringEvent(Wall expires) {
  FrameBuilder out;
  open(out, "token_expiring").key("expires_at").time(expires).end('}');
  return out.finish();
}

}  // namespace atrium
