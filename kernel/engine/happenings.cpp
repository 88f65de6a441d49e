#include "engine/happenings.hpp"

#include "protocol/json_writer.hpp"

namespace atrium {

namespace {
constexpr std::size_t settings_told_max = std::size_t{256} << 10;  // bytes
}

Happening roomHappening(EventType type, const RoomKey& room, const RoomDocument& document, std::string_view by) {
  Happening out{type, room.tenant_id, {}};
  JsonWriter json(out.data);
  json.begin('{').key("room_id").id(room_prefix, room.room).key("tenant_id").value(room.tenant_id);
  json.key("room_type").value(document.room_type).key("name").value(document.name).key("description").value(document.description);
  json.key("created_by").value(document.created_by).key("created_at").time(document.created_at);
  json.key("is_active").value(document.active).key("max_members").value(document.max_members);
  // What is as large as that would not fit into the store beside the rest.
  if (document.settings.text().size() + document.context.text().size() <= settings_told_max)
    json.key("settings").raw(document.settings.text()).key("context").raw(document.context.text());
  json.key("by").value(by).end('}');
  return out;
}

Happening memberHappening(EventType type, const RoomKey& room, std::string_view room_type, std::string_view user_id, const Member& member,
                          std::string_view by) {
  Happening out{type, room.tenant_id, {}};
  JsonWriter json(out.data);
  json.begin('{').key("room_id").id(room_prefix, room.room).key("tenant_id").value(room.tenant_id).key("room_type").value(room_type);
  json.key("user_id").value(user_id).key("display_name").value(member.display_name).key("role").value(word(member.role));
  json.key("joined_at").time(member.joined_at).key("by").value(by).end('}');
  return out;
}

}  // namespace atrium
