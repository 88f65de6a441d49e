#include "config/room_type_wish.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "atrium/ext/room_type.h"
#include "config/option_value.hpp"
#include "protocol/commands.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

using Word = std::pair<std::string_view, std::uint32_t>;
constexpr std::array<Word, 2> entry_words = {{{"open", ATRIUM_ENTRY_OPEN}, {"invitation", ATRIUM_ENTRY_INVITATION}}};
constexpr std::array<Word, 4> role_words = {{{"observer", ATRIUM_ROOM_ROLE_OBSERVER},
                                             {"member", ATRIUM_ROOM_ROLE_MEMBER},
                                             {"moderator", ATRIUM_ROOM_ROLE_MODERATOR},
                                             {"owner", ATRIUM_ROOM_ROLE_OWNER}}};
constexpr std::array<Word, 7> permission_words = {{{"read", ATRIUM_MAY_READ},
                                                   {"post", ATRIUM_MAY_POST},
                                                   {"add_members", ATRIUM_MAY_ADD_MEMBERS},
                                                   {"remove_members", ATRIUM_MAY_REMOVE_MEMBERS},
                                                   {"change_room", ATRIUM_MAY_CHANGE_ROOM},
                                                   {"change_roles", ATRIUM_MAY_CHANGE_ROLES},
                                                   {"close", ATRIUM_MAY_CLOSE}}};
constexpr std::array<std::string_view, 8> keys = {"based_on", "with",          "max_members", "retention_days",
                                                  "entry",    "message_types", "permissions", "settings"};
constexpr std::int64_t max_members_max = 100'000;
constexpr std::int64_t retention_days_max = 36'500;
constexpr std::size_t with_max = 32;

// Reads one mapping.
class WishReader {
 public:
  WishReader(const YamlMember& member, ConfigProblems& problems) : path_("room_types." + member.key), problems_(problems) {}

  void read(const YamlMember& member, RoomTypeWish& wish) {
    const YamlNode& node = member.value;
    if (const auto on = node.boolean()) {
      wish.on = *on;
      return;
    }
    if (node.kind != YamlNode::Kind::mapping)
      return refuse(node.place, fmt::format("\"{}\" is not true or false", node.text),
                    "write true, false, or a mapping with based_on or with");
    for (const YamlMember& one : node.members) readKey(one, wish);
    if (wish.based_on) {
      const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
      if (member.key.size() > 64 || !std::ranges::all_of(member.key, letter))
        refuse(member.place, fmt::format("\"{}\" cannot be the name of a room type", member.key),
               "use at most 64 small letters, digits and underscores");
      return;
    }
    for (const YamlMember& one : node.members)
      if (one.key != "with" && std::ranges::find(keys, one.key) != keys.end())
        refuse(one.place, fmt::format("{} is for a room type that is based on another one", one.key),
               fmt::format("give it a name of its own and based_on: {}", member.key));
  }

 private:
  void refuse(const SourcePlace& place, std::string what, std::string hint = {}) {
    problems_.push_back(problemAt(place, fmt::format("{}: {}", path_, what), std::move(hint)));
  }

  void readKey(const YamlMember& one, RoomTypeWish& wish) {
    if (one.key == "based_on") {
      if (one.value.kind != YamlNode::Kind::scalar || one.value.text.empty())
        return refuse(one.value.place, "based_on is not the name of a room type");
      wish.based_on = PlacedName{one.value.text, one.value.place};
    } else if (one.key == "with") {
      wish.with = names(one.value, "with", with_max);
    } else if (one.key == "message_types") {
      wish.message_types = names(one.value, "message_types", 1000);
      if (one.value.kind == YamlNode::Kind::sequence && one.value.items.empty()) refuse(one.value.place, "message_types names none");
    } else if (one.key == "max_members") {
      wish.max_members = number(one.value, "max_members", max_members_max);
    } else if (one.key == "retention_days") {
      wish.retention_days = number(one.value, "retention_days", retention_days_max);
    } else if (one.key == "entry") {
      wish.entry = wordOf(one.value, entry_words, "entry");
    } else if (one.key == "permissions") {
      readPermissions(one.value, wish);
    } else if (one.key == "settings") {
      readSettings(one.value, wish);
    } else {
      std::string hint = suggestion(one.key, keys);
      if (hint.empty()) hint = fmt::format("what can stand here: {}", fmt::join(keys, ", "));
      refuse(one.place, fmt::format("there is no option \"{}\"", one.key), std::move(hint));
    }
  }

  std::vector<PlacedName> names(const YamlNode& node, std::string_view key, std::size_t most) {
    std::vector<PlacedName> found;
    if (node.kind != YamlNode::Kind::sequence) {
      refuse(node.place, fmt::format("{} is not a list of names", key), "write [name, name]");
      return found;
    }
    if (node.items.size() > most) refuse(node.place, fmt::format("{} has more than {} names", key, most));
    for (const YamlNode& item : node.items) {
      if (item.kind != YamlNode::Kind::scalar || item.text.empty())
        refuse(item.place, fmt::format("{} is not a list of names", key));
      else if (std::ranges::find(found, item.text, &PlacedName::name) != found.end())
        refuse(item.place, fmt::format("{} names {} twice", key, item.text));
      else
        found.push_back({item.text, item.place});
    }
    return found;
  }

  std::optional<std::uint32_t> number(const YamlNode& node, std::string_view key, std::int64_t most) {
    const auto value = node.integer();
    if (value && *value >= 1 && *value <= most) return static_cast<std::uint32_t>(*value);
    refuse(node.place, fmt::format("{} is not a whole number from 1 to {}", key, most));
    return std::nullopt;
  }

  std::optional<std::uint32_t> wordOf(const YamlNode& node, std::span<const Word> words, std::string_view key) {
    std::vector<std::string_view> known;
    for (const auto& [word, value] : words) {
      if (node.kind == YamlNode::Kind::scalar && node.text == word) return value;
      known.push_back(word);
    }
    refuse(node.place, fmt::format("{}: \"{}\" is none of {}", key, node.text, fmt::join(known, ", ")), suggestion(node.text, known));
    return std::nullopt;
  }

  void readPermissions(const YamlNode& node, RoomTypeWish& wish) {
    if (node.kind != YamlNode::Kind::mapping)
      return refuse(node.place, "permissions is not a mapping of roles", "write {member: [read, post]}");
    for (const YamlMember& role : node.members) {
      YamlNode name;
      name.kind = YamlNode::Kind::scalar;
      name.text = role.key;
      name.place = role.place;
      const auto which = wordOf(name, role_words, "permissions");
      if (role.value.kind != YamlNode::Kind::sequence) {
        refuse(role.value.place, fmt::format("the permissions of {} are no list", role.key), "write [read, post]");
        continue;
      }
      std::uint32_t bits = 0;
      for (const YamlNode& item : role.value.items) bits |= wordOf(item, permission_words, "permissions").value_or(0);
      if (which) wish.permissions[*which] = bits;
    }
  }

  void readSettings(const YamlNode& node, RoomTypeWish& wish) {
    if (node.kind != YamlNode::Kind::mapping) return refuse(node.place, "settings is not a mapping", "write {allow_file_sharing: false}");
    const std::string text = toJson(node);
    if (text.size() > object_max) return refuse(node.place, fmt::format("settings has more than {} bytes as JSON", object_max));
    if (const auto json = JsonDocument::parse(text); !json) return refuse(node.place, "settings: " + json.error().detail);
    wish.settings = node;
  }

  const std::string path_;
  ConfigProblems& problems_;
};

std::string settingsText(const RoomTypeWish& wish) { return wish.settings ? toJson(*wish.settings) : std::string(); }

bool sameNames(const std::vector<PlacedName>& a, const std::vector<PlacedName>& b) {
  return std::ranges::equal(a, b, {}, &PlacedName::name, &PlacedName::name);
}

}  // namespace

RoomTypeWish readRoomTypeWish(const YamlMember& member, ConfigProblems& problems) {
  RoomTypeWish wish;
  wish.place = member.place;
  WishReader(member, problems).read(member, wish);
  return wish;
}

bool sameWish(const RoomTypeWish& a, const RoomTypeWish& b) {
  return a.on == b.on && sameNames(a.with, b.with) && a.based_on.has_value() == b.based_on.has_value() &&
         (!a.based_on || a.based_on->name == b.based_on->name) && a.max_members == b.max_members && a.retention_days == b.retention_days &&
         a.entry == b.entry && a.message_types.has_value() == b.message_types.has_value() &&
         (!a.message_types || sameNames(*a.message_types, *b.message_types)) && a.permissions == b.permissions &&
         settingsText(a) == settingsText(b);
}

}  // namespace atrium
