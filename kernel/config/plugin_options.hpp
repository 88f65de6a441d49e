#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_value.hpp"
#include "config/problem.hpp"
#include "config/yaml.hpp"

namespace atrium {

// One option that a plugin's manifest declares. A value.
struct PluginOption {
  std::string name;
  OptionType type = OptionType::string;
  bool required = false;
  std::optional<YamlNode> default_value;  // Nothing: left out of what the plugin gets.
  OptionBounds bounds;
  std::vector<std::string> choices;  // Of a string; empty: any.
  std::string description;
};

// The `options` of a manifest, and the check of an operator's `config` against them:
//
//   options:
//     quiet_after: {type: duration, default: 30s, min: 1s, description: How long a room may be silent.}
//     style:       {type: string, enum: [short, long], default: short}
//     channel:     {type: string, required: true}
//
// type is string, integer, number, boolean, duration, size, array or object; min and max bound a number's value, and the length of a
// string (bytes), array or object. A value.
class PluginOptions {
 public:
  // From the mapping under `options`; null or an empty mapping: no options. Fails with all that is wrong in it.
  [[nodiscard]] static std::expected<PluginOptions, ConfigProblems> fromManifest(const YamlNode& options);

  // The operator's values, completed with the defaults, as one JSON object in the manifest's order: what the plugin gets. Durations
  // become whole milliseconds, sizes bytes. `config` may be null; `where` then names the place that lacks a required option.
  [[nodiscard]] std::expected<std::string, ConfigProblems> complete(const YamlNode& config, const SourcePlace& where) const;

  [[nodiscard]] const std::vector<PluginOption>& options() const { return options_; }

 private:
  std::vector<PluginOption> options_;
};

}  // namespace atrium
