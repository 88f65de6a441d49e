#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/hook_row.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/plugin_record.hpp"
#include "protocol/abi_text.hpp"
#include "protocol/commands.hpp"
#include "protocol/errors.hpp"

// What the configuration says of room types of its own is known to be right before it is in force, at the start, in a plan and in a change:
// the plugins of their rows are asked as they are for each room that is made. A plugin that would be loaded by a plan only is asked in a
// throw-away runner; one that does not start there is asked when the plan is carried out.
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
    const std::string_view plugin = outcome.source ? std::string_view(outcome.source->plugin_id) : std::string_view();
    if (outcome.failed)
      problems.push_back(problemAt(settings.place, fmt::format("room_types.{}: the plugin {} could not be asked of its settings: {}", name,
                                                               plugin, outcome.refused->detail)));
    for (const FieldProblem& field : outcome.refused->fields)
      if (const YamlNode* place = placeOf(settings, field.path))
        problems.push_back(problemAt(
            place->place, fmt::format("room_types.{}: {} {}, says the plugin {}", name, field.path.substr(1), field.message, plugin)));
  });
}

// Stands for one plugin in the rows of room types, for the one question of their settings.
class SettingsQuestion final : public HookTarget {
 public:
  SettingsQuestion(LoadedPlugin& plugin, bool allow_on_failure)
      : plugin_(plugin), source_{.plugin_id = plugin.manifest().id, .version = plugin.manifest().version}, allow_(allow_on_failure) {}
  HookSet hooks() const override { return plugin_.roomType()->table.check_settings ? HookSet{Hook::check_settings} : HookSet{}; }
  void call(const HookCall& call, HookDone done) override {
    HookOutcome outcome;
    if (std::string why = plugin_.askSettings(call, outcome); !why.empty()) {
      outcome = {};
      outcome.failed = true;
      // One that does not come back would hold an event loop for as long.
      if (!allow_ || plugin_.lost()) outcome.refused = Error{Code::plugin_failed, std::move(why), 0, {}};
    }
    outcome.source = &source_;
    done(std::move(outcome));
  }

 private:
  LoadedPlugin& plugin_;
  const HookSource source_;
  const bool allow_;
};

using Names = std::set<std::string, std::less<>>;
using RoomTypeWishes = std::map<std::string, RoomTypeWish>;

// The names of the room types that these need.
Names neededBy(const RoomTypeWishes& wishes, std::vector<const RoomTypeWish*> left) {
  Names needed;
  const auto need = [&](const std::string& name) {
    if (!needed.insert(name).second) return;
    if (const auto found = wishes.find(name); found != wishes.end()) left.push_back(&found->second);
  };
  while (!left.empty()) {
    const RoomTypeWish& wish = *left.back();
    left.pop_back();
    if (wish.based_on) need(wish.based_on->name);
    for (const PlacedName& addon : wish.with) need(addon.name);
  }
  return needed;
}
// What those of the configuration's own need.
Names neededByAll(const RoomTypeWishes& wishes) {
  std::vector<const RoomTypeWish*> own;
  for (const auto& [name, wish] : wishes)
    if (wish.based_on && wish.on) own.push_back(&wish);
  return neededBy(wishes, std::move(own));
}

// Whether the same is wished of all these types.
bool sameWishes(const RoomTypeWishes& before, const RoomTypeWishes& after, const Names& names) {
  return std::ranges::all_of(names, [&](const std::string& name) {
    const auto was = before.find(name), is = after.find(name);
    if (was == before.end() || is == after.end()) return was == before.end() && is == after.end();
    return sameWish(was->second, is->second);
  });
}

}  // namespace

struct PluginHost::Standing {
  LoadedPlugin* plugin = nullptr;
  std::uint64_t generation = 0;
  bool allow_on_failure = false;
  std::unique_ptr<LoadedPlugin> rehearsed = {};
};

// It gets nothing of the server's, as in a trial.
std::unique_ptr<LoadedPlugin> PluginHost::rehearse(const ResolvedPlugin& plugin) {
  const Manifest& manifest = *plugin.entry->manifest;
  const auto copy = options_.runner.empty() ? fail(Code::plugin_failed) : copies_->write(plugin.entry->file, manifest.id);
  if (!copy) return nullptr;
  auto runner = runners().start({.runner = {.manifest = manifest,
                                            .program = {},
                                            .order = {.library_file = *copy,
                                                      .options = plugin.options,
                                                      .log_level = LogLevel::error,
                                                      .sandbox = {.memory_bytes = 0, .network = false}},
                                            .cpu_percent_max = 0,
                                            .spare = false,
                                            .services = nullptr,
                                            .on_fault = {}}});
  if (!runner) {
    std::error_code ignored;
    std::filesystem::remove(*copy, ignored);
    return nullptr;
  }
  auto loaded = LoadedPlugin::isolated(manifest, *copy, *std::move(runner), {.log = log_, .clock = clock_, .call_clock = call_clock_},
                                       runnerServices(manifest.id, {}, {}, clock_, log_));
  return loaded ? *std::move(loaded) : nullptr;
}

std::vector<PluginHost::Standing> PluginHost::standingAfter(const PluginWishes& wishes, const Moves& moves, Occasion occasion) {
  std::vector<Standing> standing;
  const Names needed = neededByAll(wishes.room_types);
  if (needed.empty()) return standing;
  const auto take = [&](const Generation& generation) {
    if (generation.shadow || !generation.offersKind("room-type") || !needed.contains(generation.loaded->manifest().nameOf("room-type")))
      return;
    standing.push_back({generation.loaded.get(), generation.number, generation.hookSettings().allow_on_failure});
  };
  for (const auto& [id, record] : records_) {
    const auto move = std::ranges::find_if(moves, [&](const Move& one) { return one.record == &record && one.changes(); });
    if (move == moves.end()) {
      if (record.current) take(*record.current);
    } else if (move->made) {
      take(*move->made);
    } else if (occasion == Occasion::plan && move->loads() && placementOf(move->plugin.use) != Placement::shadow &&
               std::ranges::find(move->plugin.offers, "room-type") != move->plugin.offers.end() &&
               needed.contains(move->plugin.entry->manifest->nameOf("room-type"))) {
      const bool allow = move->plugin.use && move->plugin.use->on_failure == OnFailure::allow;
      if (auto rehearsed = rehearse(move->plugin)) standing.push_back({rehearsed.get(), 0, allow, std::move(rehearsed)});
    }
  }
  return standing;
}

// Only what is new or different is asked: a plugin that cannot answer at present must not stand in the way of a change of others.
ConfigProblems PluginHost::checkRoomTypes(const PluginWishes& wishes, const Moves& moves, Occasion occasion) {
  ConfigProblems problems;
  const std::vector<Standing> standing = standingAfter(wishes, moves, occasion);
  TypesPort types(wishes.room_types);
  for (const Standing& one : standing) {
    const atrium_room_type_info& info = one.plugin->roomType()->info;
    types.publish({.plugin_id = one.plugin->manifest().id,
                   .hooks = std::make_shared<SettingsQuestion>(*one.plugin, one.allow_on_failure),
                   .allow_on_failure = one.allow_on_failure,
                   .room_type = info});
    if (!(info.flags & ATRIUM_ROOM_TYPE_ADDON)) continue;
    // That a room type is only there to be run with others, its code says.
    for (const auto& [name, wish] : wishes.room_types)
      if (wish.based_on && wish.based_on->name == viewOf(info.name))
        problems.push_back(problemAt(
            wish.based_on->place,
            fmt::format("room_types.{}: no room can be of the type {}, nor of one that is based on it", name, wish.based_on->name),
            "it is there to be run with others: name it in with"));
  }
  std::vector<bool> lost;
  for (const Standing& one : standing) lost.push_back(one.plugin->lost());
  const auto isChanged = [&](const std::string& name, const RoomTypeWish& wish) {
    if (occasion == Occasion::start) return true;
    Names rests_on = neededBy(wishes.room_types, {&wish});
    const bool other_plugin = std::ranges::any_of(
        moves, [&](const Move& move) { return move.loads() && rests_on.contains(move.plugin.entry->manifest->nameOf("room-type")); });
    rests_on.insert(name);
    return other_plugin || !sameWishes(options_.wishes.room_types, wishes.room_types, rests_on);
  };
  for (const auto& [name, wish] : wishes.room_types)
    if (wish.settings && isChanged(name, wish))
      if (const RoomType* type = types.roomType(name)) askOfSettings(*type, name, *wish.settings, problems);
  // Of one that runs it is a fault, as of all its calls.
  for (std::size_t at = 0; at < standing.size(); ++at)
    if (!lost[at] && standing[at].plugin->lost())
      faulted(standing[at].plugin->manifest().id, standing[at].generation, "its check_settings() did not come back");
  return problems;
}

}  // namespace atrium
