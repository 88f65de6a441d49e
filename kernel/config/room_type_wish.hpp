#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "config/settings_types.hpp"
#include "config/yaml.hpp"

namespace atrium {

// A name that something else has to provide, and where it stands.
struct PlacedName {
  std::string name;
  SourcePlace place;
};

// One entry of the section room_types: whether a room type is on, who else's hooks run for its rooms and, when it is based on another one,
// what differs. A value.
struct RoomTypeWish : Switch {
  std::vector<PlacedName> with;        // Room types of plugins, in the order in which their hooks run.
  std::optional<PlacedName> based_on;  // Set: this type exists by this entry alone.
  std::optional<std::uint32_t> max_members;
  std::optional<std::uint32_t> retention_days;
  std::optional<std::uint32_t> entry;  // ATRIUM_ENTRY_...
  std::optional<std::vector<PlacedName>> message_types;
  std::optional<YamlNode> settings;  // A mapping: what the settings of its rooms begin with, beside those of what it is based on.
  std::map<std::uint32_t, std::uint32_t> permissions;  // By ATRIUM_ROOM_ROLE_...: ATRIUM_MAY_... bits.
};

// Reads `name: true`, `name: false` or `name: {...}`; everything that is wrong goes to `problems`.
[[nodiscard]] RoomTypeWish readRoomTypeWish(const YamlMember& member, ConfigProblems& problems);

// Whether two wishes mean the same, wherever they stand.
[[nodiscard]] bool sameWish(const RoomTypeWish& a, const RoomTypeWish& b);

}  // namespace atrium
