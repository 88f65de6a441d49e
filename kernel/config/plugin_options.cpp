#include "config/plugin_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 7> option_keys = {"type", "default", "min", "max", "enum", "description", "required"};

std::vector<std::string_view> viewsOf(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

// Checks one value and appends it to `json`; says what is wrong otherwise.
std::optional<OptionRefusal> writeValue(JsonWriter<std::string>& json, const PluginOption& option, const YamlNode& node) {
  if (option.type == OptionType::array || option.type == OptionType::object) {
    const bool list = option.type == OptionType::array;
    if (node.kind != (list ? YamlNode::Kind::sequence : YamlNode::Kind::mapping)) return wrongType(node, option.type);
    const std::size_t count = list ? node.items.size() : node.members.size();
    if (auto refusal = outOfBounds(static_cast<double>(count), option.type, option.bounds)) return refusal;
    json.raw(toJson(node));
    return std::nullopt;
  }
  const auto choices = viewsOf(option.choices);
  auto value = readScalar(node, option.type, option.bounds, choices);
  if (!value) return std::move(value.error());
  switch (option.type) {
    case OptionType::string: json.value(std::string_view(std::get<std::string>(*value))); break;
    case OptionType::boolean: json.value(std::get<bool>(*value)); break;
    case OptionType::duration:
      if (std::get<std::int64_t>(*value) % 1'000'000 != 0)
        return OptionRefusal{fmt::format("\"{}\" is finer than this option can be", node.text), "write a multiple of 1ms"};
      json.value(std::get<std::int64_t>(*value) / 1'000'000);
      break;
    case OptionType::size: json.value(std::get<std::int64_t>(*value)); break;
    default: json.raw(node.text);  // A number, already as JSON writes it.
  }
  return std::nullopt;
}

class ManifestReader {
 public:
  std::optional<PluginOption> read(const YamlMember& member) {
    const std::size_t before = problems.size();
    PluginOption option;
    option.name = member.key;
    if (member.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
      refuse(member.place, fmt::format("\"{}\" is no name for an option", member.key), "use lower-case letters, digits and _");
    const YamlNode& node = member.value;
    if (node.kind != YamlNode::Kind::mapping) {
      refuse(node.place, fmt::format("the option \"{}\" is not a mapping", member.key), "write {type: string, default: ...}");
      return std::nullopt;
    }
    for (const YamlMember& part : node.members)
      if (std::ranges::find(option_keys, std::string_view(part.key)) == option_keys.end())
        refuse(part.place, fmt::format("\"{}\" is nothing an option can have", part.key), suggestion(part.key, option_keys));
    readType(option, node);
    if (problems.size() > before) return std::nullopt;
    readRest(option, node);
    if (problems.size() > before) return std::nullopt;
    return option;
  }

  ConfigProblems problems;

 private:
  void refuse(const SourcePlace& place, std::string message, std::string hint) {
    problems.push_back(problemAt(place, std::move(message), std::move(hint)));
  }
  void refuse(const SourcePlace& place, std::string_view part, OptionRefusal refusal) {
    refuse(place, fmt::format("{}: {}", part, refusal.message), std::move(refusal.hint));
  }

  void readType(PluginOption& option, const YamlNode& node) {
    const YamlNode* type = node.find("type");
    if (!type) return refuse(node.place, fmt::format("the option \"{}\" has no type", option.name), "add type: string, or another type");
    if (const auto parsed = parseOptionType(type->text)) {
      option.type = *parsed;
    } else {
      refuse(type->place, fmt::format("\"{}\" is not a type of option", type->text),
             "write one of: string, integer, number, boolean, duration, size, array, object");
    }
  }

  void readRest(PluginOption& option, const YamlNode& node) {
    readBound(option.bounds.min, option, node.find("min"), "min");
    readBound(option.bounds.max, option, node.find("max"), "max");
    if (const YamlNode* choices = node.find("enum")) readChoices(option, *choices);
    if (const YamlNode* description = node.find("description")) {
      if (description->kind == YamlNode::Kind::scalar)
        option.description = description->text;
      else
        refuse(description->place, "description", wrongType(*description, OptionType::string));
    }
    if (const YamlNode* required = node.find("required")) {
      if (const auto flag = required->boolean())
        option.required = *flag;
      else
        refuse(required->place, "required", wrongType(*required, OptionType::boolean));
    }
    if (const YamlNode* value = node.find("default")) readDefault(option, *value);
  }

  void readBound(std::optional<double>& bound, const PluginOption& option, const YamlNode* node, std::string_view part) {
    if (!node) return;
    if (option.type == OptionType::boolean) return refuse(node->place, fmt::format("{}: a boolean has no bounds", part), "remove it");
    // The length of a string and the number of entries are plain whole numbers.
    const bool counted = option.type == OptionType::string || option.type == OptionType::array || option.type == OptionType::object;
    auto value = readScalar(*node, counted ? OptionType::integer : option.type, {}, {});
    if (!value) return refuse(node->place, part, std::move(value.error()));
    const auto* whole = std::get_if<std::int64_t>(&*value);
    bound = whole ? static_cast<double>(*whole) : std::get<double>(*value);
  }

  void readChoices(PluginOption& option, const YamlNode& node) {
    if (option.type != OptionType::string)
      return refuse(node.place, "enum: only a string has choices", "remove it, or make the type string");
    if (node.kind != YamlNode::Kind::sequence || node.items.empty()) return refuse(node.place, "enum", wrongType(node, OptionType::array));
    for (const YamlNode& item : node.items) {
      if (item.kind == YamlNode::Kind::scalar)
        option.choices.push_back(item.text);
      else
        refuse(item.place, "enum", wrongType(item, OptionType::string));
    }
  }

  void readDefault(PluginOption& option, const YamlNode& node) {
    if (option.required) return refuse(node.place, "default: a required option has no default", "remove one of the two");
    std::string json;
    JsonWriter<std::string> writer(json);
    if (auto refusal = writeValue(writer, option, node)) return refuse(node.place, "default", std::move(*refusal));
    option.default_value = node;
  }
};

}  // namespace

std::expected<PluginOptions, ConfigProblems> PluginOptions::fromManifest(const YamlNode& options) {
  PluginOptions result;
  ManifestReader reader;
  if (options.kind == YamlNode::Kind::scalar || options.kind == YamlNode::Kind::sequence)
    return std::unexpected(
        ConfigProblems{problemAt(options.place, "options is not a mapping", "write one name: {type: ...} a line, indented")});
  for (const YamlMember& member : options.members)
    if (auto option = reader.read(member)) result.options_.push_back(*std::move(option));
  if (!reader.problems.empty()) return std::unexpected(std::move(reader.problems));
  return result;
}

std::expected<std::string, ConfigProblems> PluginOptions::complete(const YamlNode& config, const SourcePlace& where) const {
  ConfigProblems problems;
  if (config.kind == YamlNode::Kind::scalar || config.kind == YamlNode::Kind::sequence)
    return std::unexpected(ConfigProblems{problemAt(config.place, "config is not a mapping", "write one option: value a line, indented")});

  std::vector<std::string_view> names;
  for (const PluginOption& option : options_) names.emplace_back(option.name);
  for (const YamlMember& member : config.members)
    if (std::ranges::find(names, std::string_view(member.key)) == names.end()) {
      std::string hint = suggestion(member.key, names);
      if (hint.empty())
        hint = names.empty() ? "remove it; this plugin has no options" : fmt::format("its options are: {}", fmt::join(names, ", "));
      problems.push_back(problemAt(member.place, fmt::format("the plugin has no option \"{}\"", member.key), std::move(hint)));
    }

  std::string json;
  JsonWriter<std::string> writer(json);
  writer.begin('{');
  for (const PluginOption& option : options_) {
    const YamlNode* given = config.find(option.name);
    const YamlNode* value = given ? given : option.default_value ? &*option.default_value : nullptr;
    if (!value) {
      if (option.required)
        problems.push_back(problemAt(where, fmt::format("the option \"{}\" is missing", option.name),
                                     fmt::format("add {}: under config; it is of type {}", option.name, name(option.type))));
      continue;
    }
    writer.key(option.name);
    if (auto refusal = writeValue(writer, option, *value))
      problems.push_back(problemAt(value->place, fmt::format("{}: {}", option.name, refusal->message), std::move(refusal->hint)));
  }
  writer.end('}');
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return json;
}

}  // namespace atrium
