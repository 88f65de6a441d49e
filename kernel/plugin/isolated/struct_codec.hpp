#pragma once

#include <type_traits>

#include "atrium/ext/alert_rule.h"
#include "atrium/ext/assistant.h"
#include "atrium/ext/authenticator.h"
#include "atrium/ext/command.h"
#include "atrium/ext/event_sink.h"
#include "atrium/ext/http_ui.h"
#include "atrium/ext/message_type.h"
#include "atrium/ext/room_type.h"
#include "atrium/ext/routing_scorer.h"
#include "atrium/room.h"
#include "config/source_text.hpp"
#include "plugin/isolated/payload.hpp"

// The structures of the plugin interface as they go into a payload and come out of it: one list of members serves both directions. Arrays
// and nested structures are their caller's.
namespace atrium {

struct StructWriter {
  PayloadWriter& out;
  void operator()(const atrium_text& text) { out.text(text); }
  void operator()(const atrium_json& json) { out.json(json); }
  template <typename T>
    requires std::is_arithmetic_v<T>
  void operator()(T number) {
    out.number(number);
  }
};

// What it reads leads into the payload.
struct StructReader {
  PayloadReader& in;
  bool checks_text = false;  // For what comes from a runner.
  bool utf8 = true;          // Whether all texts were, where they are checked.
  void operator()(atrium_text& text) {
    const std::string_view read = in.text();
    if (checks_text) utf8 = utf8 && validUtf8(read);
    text = {read.data(), read.size()};
  }
  void operator()(atrium_json& json) { json = in.json(); }
  template <typename T>
    requires std::is_arithmetic_v<T>
  void operator()(T& number) {
    number = in.number<T>();
  }
};

// members(io, structure) hands each member to `io`.
template <typename T, typename Struct>
concept Of = std::is_same_v<std::remove_cv_t<T>, Struct>;

void members(auto& io, Of<atrium_room_type_info> auto& v) {
  io(v.entry), io(v.max_members), io(v.max_members_limit), io(v.retention_days), io(v.durability), io(v.flush_window_us);
  for (auto& permissions : v.permissions) io(permissions);
  io(v.name), io(v.message_types), io(v.flags), io(v.tick_seconds);
}
void members(auto& io, Of<atrium_message_type_info> auto& v) {
  io(v.sender_roles), io(v.delivery_class), io(v.content_max), io(v.content_min), io(v.name);
}
void members(auto& io, Of<atrium_routing_scorer_info> auto& v) { io(v.name); }
void members(auto& io, Of<atrium_alert_rule_info> auto& v) { io(v.window_seconds), io(v.name), io(v.metrics); }
void members(auto& io, Of<atrium_authenticator_info> auto& v) { io(v.name), io(v.issuers); }
void members(auto& io, Of<atrium_command_info> auto& v) { io(v.flags), io(v.caller_roles), io(v.name), io(v.summary), io(v.positional); }
void members(auto& io, Of<atrium_assistant_info> auto& v) { io(v.tasks), io(v.name); }
void members(auto& io, Of<atrium_event_sink_info> auto& v) { io(v.batch_max), io(v.name), io(v.events); }
void members(auto& io, Of<atrium_http_ui_info> auto& v) { io(v.asset_count), io(v.menu_count), io(v.hook_count), io(v.name); }
void members(auto& io, Of<atrium_asset> auto& v) { io(v.immutable), io(v.path), io(v.media_type); }  // Its body may be any bytes.
void members(auto& io, Of<atrium_menu_entry> auto& v) { io(v.roles), io(v.title), io(v.path); }
void members(auto& io, Of<atrium_hook_route> auto& v) { io(v.signature), io(v.path), io(v.header), io(v.secret); }

void members(auto& io, Of<atrium_room_view> auto& v) {
  io(v.member_count), io(v.max_members), io(v.tenant_id), io(v.room_id), io(v.room_type), io(v.name), io(v.settings), io(v.context);
}
void members(auto& io, Of<atrium_user_view> auto& v) { io(v.token_roles), io(v.room_role), io(v.user_id), io(v.display_name); }
void members(auto& io, Of<atrium_lead> auto& v) { io(v.lead_id), io(v.tenant_id), io(v.waiting_ms), io(v.fields); }
void members(auto& io, Of<atrium_agent> auto& v) {
  io(v.status), io(v.agent_id), io(v.active_leads), io(v.capacity), io(v.capacity_utilization), io(v.avg_response_minutes);
  io(v.conversion_rate), io(v.satisfaction), io(v.idle_ms), io(v.fields);
}
void members(auto& io, Of<atrium_window> auto& v) { io(v.series_count), io(v.from_ms), io(v.to_ms), io(v.tenant_id); }
void members(auto& io, Of<atrium_series> auto& v) { io(v.count), io(v.metric), io(v.subject); }
void members(auto& io, Of<atrium_alert> auto& v) {
  io(v.severity), io(v.subject), io(v.title), io(v.message), io(v.action_count), io(v.value), io(v.threshold);
}
void members(auto& io, Of<atrium_alert_action> auto& v) { io(v.label), io(v.command); }
void members(auto& io, Of<atrium_sink_event> auto& v) {
  io(v.attempt), io(v.offset), io(v.at_ms), io(v.event_id), io(v.type), io(v.tenant_id), io(v.data);
}
void members(auto& io, Of<atrium_principal> auto& v) {
  io(v.roles), io(v.tenant_id), io(v.user_id), io(v.display_name), io(v.expires_at_ms), io(v.cache_seconds);
}
void members(auto& io, Of<atrium_ui_request> auto& v) {
  io(v.hook), io(v.method), io(v.path), io(v.query), io(v.header_count), io(v.body), io(v.tenant_id);
}
void members(auto& io, Of<atrium_http_field> auto& v) { io(v.name), io(v.value); }
void members(auto& io, Of<atrium_command_call> auto& v) { io(v.deadline_ms), io(v.command_id), io(v.arguments); }
void members(auto& io, Of<atrium_assistant_request> auto& v) {
  io(v.task), io(v.request_id), io(v.tenant_id), io(v.context), io(v.output_max), io(v.first_piece_ms), io(v.total_ms);
}

// Reads one structure that has a struct_size.
template <typename Struct>
void readStruct(StructReader& io, Struct& v) {
  v = {};
  if constexpr (requires { v.struct_size; }) v.struct_size = sizeof v;
  members(io, v);
}

}  // namespace atrium
