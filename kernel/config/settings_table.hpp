#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/option_value.hpp"
#include "config/settings.hpp"

// The rows of options.yaml as the reader uses them. The build makes their contents (settings_table.cpp).

namespace atrium {

enum class OptionShape : std::uint8_t {
  scalar,
  strings,
  switches,
  room_types,
  alert_rules,
  plugin_uses,
  queues,
  policies,
  conditions,
  weights,
  tree
};

using OptionValue = std::variant<OptionScalar, std::vector<std::string>, std::map<std::string, Switch>, std::map<std::string, RoomTypeWish>,
                                 std::map<std::string, AlertRuleWish>, std::map<std::string, PluginUse>, std::vector<QueueWish>,
                                 std::vector<PolicyWish>, std::vector<ConditionWish>, std::vector<WeightWish>, YamlNode>;

// One option of a `Target` struct.
template <typename Target>
struct OptionRow {
  std::string_view path;  // server.port
  OptionShape shape;
  OptionType type;  // Of a scalar.
  OptionBounds bounds;
  std::span<const std::string_view> choices;  // Empty: any.
  std::int64_t step;                          // Nanoseconds a duration must be a multiple of; 1 for other types.
  bool secret;
  bool required;
  std::string_view environment;       // The variable that overrides the file; empty: none.
  std::string_view environment_unit;  // Of a bare number in it; empty: none.
  void (*set)(Target&, OptionValue&&);
};

[[nodiscard]] std::span<const OptionRow<Settings>> settingsTable();
[[nodiscard]] std::span<const OptionRow<PluginUse>> pluginUseTable();
[[nodiscard]] std::span<const OptionRow<QueueWish>> queueWishTable();
[[nodiscard]] std::span<const OptionRow<PolicyWish>> policyWishTable();

}  // namespace atrium
