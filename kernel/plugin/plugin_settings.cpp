#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "engine/hook_row.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/plugin_record.hpp"
#include "protocol/abi_text.hpp"
#include "protocol/commands.hpp"
#include "protocol/errors.hpp"

// What a room type of the configuration's own says of its rooms' settings is known to be right before the server starts: its base, and who
// goes along with it, is asked as it is for each room that is made. A plugin that runs isolated cannot be asked yet and is asked then.
namespace atrium {

namespace {

// Where the value stands that a JSON pointer below /settings names, or the part of it that the configuration has; null when it has none.
const YamlNode* placeOf(const YamlNode& settings, std::string_view pointer) {
  constexpr std::string_view root = "/settings/";
  if (!pointer.starts_with(root)) return nullptr;
  pointer.remove_prefix(root.size());
  const YamlNode* found = nullptr;
  for (const YamlNode* at = &settings; at;) {
    const std::size_t end = pointer.find('/');
    std::string name;
    for (std::size_t c = 0; c < std::min(end, pointer.size()); ++c) {
      const bool escape = pointer[c] == '~' && c + 1 < pointer.size();
      name += escape ? (pointer[++c] == '1' ? '/' : '~') : pointer[c];
    }
    at = at->find(name);
    if (at) found = at;
    if (end == std::string_view::npos) break;
    pointer.remove_prefix(end + 1);
  }
  return found;
}

// Shows the row a room that begins as rooms of this type do. What it refuses for want of something else is for whoever makes a room.
void askOfSettings(const RoomType& type, const std::string& name, const YamlNode& settings, ConfigProblems& problems) {
  if (type.settings()->text().size() > object_max)
    problems.push_back(problemAt(settings.place,
                                 fmt::format("room_types.{}: settings has more than {} bytes with what it is based on", name, object_max)));
  const JsonDocument context = JsonDocument::emptyObject();
  atrium_room_view room{};
  room.struct_size = sizeof room;
  room.member_count = 1;
  room.max_members = type.info().max_members;
  room.room_type = textOf(name);
  room.name = textOf(name);
  room.settings = type.settings()->root().abi();
  room.context = context.root().abi();
  atrium_user_view actor{};
  actor.struct_size = sizeof actor;
  actor.token_roles = ATRIUM_ROLE_ADMIN;
  actor.room_role = ATRIUM_ROOM_ROLE_OWNER;
  askRow(type.row(), {.hook = Hook::check_settings, .room = &room, .actor = &actor}, [&](const HookOutcome& outcome) {
    if (!outcome.refused) return;
    for (const FieldProblem& field : outcome.refused->fields)
      if (const YamlNode* place = placeOf(settings, field.path))
        problems.push_back(problemAt(place->place, fmt::format("room_types.{}: {} {}", name, field.path.substr(1), field.message)));
  });
}

}  // namespace

Result<void> PluginHost::checkSettings() {
  ConfigProblems problems;
  std::unique_ptr<TypesPort> types;
  for (const auto& [name, wish] : options_.wishes.room_types) {
    if (!wish.settings) continue;
    if (!types) types = makeTypes(nullptr);  // Of the plugins in this process, which answer at once.
    if (const RoomType* type = types->roomType(name)) askOfSettings(*type, name, *wish.settings, problems);
  }
  if (problems.empty()) return {};
  return fail(Code::plugin_failed, formatProblems(problems));
}

}  // namespace atrium
