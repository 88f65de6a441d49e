#include "config/settings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "config/coordination_wish.hpp"
#include "config/option_value.hpp"
#include "config/settings_table.hpp"
#include "config/source_text.hpp"
#include "protocol/plain_name.hpp"

namespace atrium {

namespace {

PluginUse readPluginUse(const YamlMember& member, ConfigProblems& problems);
template <typename Wish>
Wish readWish(std::span<const OptionRow<Wish>> rows, const std::string& path, const YamlMember& member, ConfigProblems& problems);

// The value of one option; nothing, with a problem added, when it is not what the row asks for.
template <typename Target>
class ValueReader {
 public:
  ValueReader(const OptionRow<Target>& row, std::string_view shown_path, ConfigProblems& problems)
      : row_(row), shown_path_(shown_path), problems_(problems) {}

  [[nodiscard]] std::optional<OptionValue> read(const YamlNode& node) {
    switch (row_.shape) {
      case OptionShape::scalar: return scalar(node);
      case OptionShape::strings: return strings(node);
      case OptionShape::switches: return switches(node);
      case OptionShape::room_types: return roomTypes(node);
      case OptionShape::alert_rules: return alertRules(node);
      case OptionShape::plugin_uses: return pluginUses(node);
      case OptionShape::queues: return wishes(queueWishTable(), node);
      case OptionShape::policies: return wishes(policyWishTable(), node);
      case OptionShape::conditions:
        return mapping(node) ? std::optional<OptionValue>(readConditions(node, shown_path_, problems_)) : std::nullopt;
      case OptionShape::weights:
        return mapping(node) ? std::optional<OptionValue>(readWeights(node, shown_path_, problems_)) : std::nullopt;
      case OptionShape::tree: return mapping(node) ? std::optional<OptionValue>(node) : std::nullopt;
    }
    return std::nullopt;
  }

 private:
  std::nullopt_t refuse(const SourcePlace& place, OptionRefusal refusal) {
    problems_.push_back(problemAt(place, fmt::format("{}: {}", shown_path_, refusal.message), std::move(refusal.hint)));
    return std::nullopt;
  }

  std::optional<OptionValue> scalar(const YamlNode& node) {
    auto value = readScalar(node, row_.type, row_.bounds, row_.choices, row_.secret);
    if (!value) return refuse(node.place, std::move(value.error()));
    if (row_.step > 1 && std::get<std::int64_t>(*value) % row_.step != 0)
      return refuse(node.place, {fmt::format("\"{}\" is finer than this option can be", node.text),
                                 fmt::format("write a multiple of {}", formatDuration(std::chrono::nanoseconds{row_.step}))});
    return OptionValue(*std::move(value));
  }

  std::optional<OptionValue> strings(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::sequence) return refuse(node.place, wrongType(node, OptionType::array));
    if (!withinBounds(node.items.size(), OptionType::array, node.place)) return std::nullopt;
    std::vector<std::string> texts;
    for (const YamlNode& item : node.items) {
      if (item.kind != YamlNode::Kind::scalar || item.text.empty()) return refuse(item.place, wrongType(item, OptionType::string));
      texts.push_back(item.text);
    }
    return texts;
  }

  std::optional<OptionValue> switches(const YamlNode& node) {
    if (!mapping(node)) return std::nullopt;
    std::map<std::string, Switch> found;
    for (const YamlMember& member : node.members) {
      if (const auto on = member.value.boolean())
        found.emplace(member.key, Switch{*on, member.place});
      else
        refuse(member.value.place, wrongType(member.value, OptionType::boolean));
    }
    return found;
  }

  std::optional<OptionValue> roomTypes(const YamlNode& node) {
    if (!mapping(node)) return std::nullopt;
    std::map<std::string, RoomTypeWish> found;
    for (const YamlMember& member : node.members) found.emplace(member.key, readRoomTypeWish(member, problems_));
    return found;
  }

  std::optional<OptionValue> alertRules(const YamlNode& node) {
    if (!mapping(node)) return std::nullopt;
    std::map<std::string, AlertRuleWish> found;
    for (const YamlMember& member : node.members) found.emplace(member.key, readAlertRuleWish(member, problems_));
    return found;
  }

  std::optional<OptionValue> pluginUses(const YamlNode& node) {
    if (!mapping(node)) return std::nullopt;
    std::map<std::string, PluginUse> found;
    for (const YamlMember& member : node.members) found.emplace(member.key, readPluginUse(member, problems_));
    return found;
  }

  template <typename Wish>
  std::optional<OptionValue> wishes(std::span<const OptionRow<Wish>> rows, const YamlNode& node) {
    if (!mapping(node)) return std::nullopt;
    std::vector<Wish> found;
    for (const YamlMember& member : node.members) found.push_back(readWish(rows, std::string(shown_path_), member, problems_));
    return found;
  }

  // Null stands for an empty mapping: all of it is commented out.
  bool mapping(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::null) return true;
    if (node.kind == YamlNode::Kind::mapping) return withinBounds(node.members.size(), OptionType::object, node.place);
    refuse(node.place, wrongType(node, OptionType::object));
    return false;
  }

  bool withinBounds(std::size_t count, OptionType type, const SourcePlace& place) {
    auto refusal = outOfBounds(static_cast<double>(count), type, row_.bounds);
    if (refusal) refuse(place, *std::move(refusal));
    return !refusal;
  }

  const OptionRow<Target>& row_;
  std::string_view shown_path_;
  ConfigProblems& problems_;
};

// Walks a tree along the table: a path of the table is a value, the front of one is a section, everything else is a mistake.
template <typename Target>
class SectionReader {
 public:
  // `shown_prefix` stands before the paths in what is said.
  SectionReader(std::span<const OptionRow<Target>> rows, std::string shown_prefix, Target& target, ConfigProblems& problems)
      : rows_(rows), shown_prefix_(std::move(shown_prefix)), target_(target), problems_(problems) {}

  void readSection(const YamlNode& node, const std::string& prefix) {
    if (node.kind == YamlNode::Kind::null) return;
    if (node.kind != YamlNode::Kind::mapping) {
      const std::string_view section = std::string_view(prefix).substr(0, prefix.empty() ? 0 : prefix.size() - 1);
      OptionRefusal refusal = wrongType(node, OptionType::object);
      problems_.push_back(problemAt(node.place, fmt::format("{}{}: {}", shown_prefix_, section, refusal.message), std::move(refusal.hint)));
      return;
    }
    for (const YamlMember& member : node.members) {
      const std::string path = prefix + member.key;
      if (const OptionRow<Target>* row = find(path))
        readOption(*row, member.value);
      else if (isSection(path))
        readSection(member.value, path + ".");
      else
        problems_.push_back(
            problemAt(member.place, fmt::format("there is no option \"{}{}\"", shown_prefix_, path), hintFor(member.key, prefix)));
    }
  }

  void readOption(const OptionRow<Target>& row, const YamlNode& node) {
    given_.insert(row.path);
    if (auto value = ValueReader<Target>(row, shown_prefix_ + std::string(row.path), problems_).read(node))
      row.set(target_, *std::move(value));
  }

  [[nodiscard]] bool given(std::string_view path) const { return given_.contains(path); }

 private:
  [[nodiscard]] const OptionRow<Target>* find(std::string_view path) const {
    const auto found = std::ranges::find(rows_, path, &OptionRow<Target>::path);
    return found == rows_.end() ? nullptr : &*found;
  }

  [[nodiscard]] bool isSection(const std::string& path) const {
    return std::ranges::any_of(rows_, [front = path + "."](const OptionRow<Target>& row) { return row.path.starts_with(front); });
  }

  [[nodiscard]] std::string hintFor(std::string_view key, std::string_view prefix) const {
    std::vector<std::string_view> names;
    for (const OptionRow<Target>& row : rows_)
      if (row.path.starts_with(prefix)) {
        const std::string_view name = row.path.substr(prefix.size());
        names.push_back(name.substr(0, name.find('.')));
      }
    const auto repeated = std::ranges::unique(names);  // The rows of a section follow each other.
    names.erase(repeated.begin(), repeated.end());
    if (std::string hint = suggestion(key, names); !hint.empty()) return hint;
    for (const OptionRow<Target>& row : rows_)
      if (row.path.ends_with(key) && row.path.size() > key.size() && row.path[row.path.size() - key.size() - 1] == '.')
        return fmt::format("it belongs under {}", row.path.substr(0, row.path.size() - key.size() - 1));
    return fmt::format("what can stand here: {}", fmt::join(names, ", "));
  }

  std::span<const OptionRow<Target>> rows_;
  std::string shown_prefix_;
  Target& target_;
  ConfigProblems& problems_;
  std::set<std::string_view> given_;
};

PluginUse readPluginUse(const YamlMember& member, ConfigProblems& problems) {
  PluginUse use;
  use.place = member.place;
  use.config.place = member.place;
  SectionReader<PluginUse>(pluginUseTable(), fmt::format("plugins.use.{}.", member.key), use, problems).readSection(member.value, "");
  return use;
}

template <typename Wish>
Wish readWish(std::span<const OptionRow<Wish>> rows, const std::string& path, const YamlMember& member, ConfigProblems& problems) {
  Wish wish;
  wish.name = member.key;
  wish.place = member.place;
  if (!isPlainName(wish.name))
    problems.push_back(problemAt(member.place, fmt::format("{}: \"{}\" cannot be a name here", path, member.key),
                                 "use at most 64 small letters, digits, underscores and hyphens"));
  SectionReader<Wish>(rows, fmt::format("{}.{}.", path, member.key), wish, problems).readSection(member.value, "");
  return wish;
}

// What a variable holds, as a value of the row it overrides.
YamlNode variableNode(const OptionRow<Settings>& row, const std::string& text) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.place.file = std::make_shared<const std::string>(row.environment);
  node.text = text;
  const bool bare = text.find_first_not_of("0123456789") == std::string::npos;
  if (bare && !row.environment_unit.empty()) node.text += row.environment_unit;
  return node;
}

void readVariables(SectionReader<Settings>& reader, const Environment& environment, ConfigProblems& problems) {
  for (const OptionRow<Settings>& row : settingsTable()) {
    const auto variable = row.environment.empty() ? environment.end() : environment.find(row.environment);
    if (variable == environment.end() || variable->second.empty()) continue;
    const YamlNode node = variableNode(row, variable->second);
    if (validUtf8(node.text))
      reader.readOption(row, node);
    else
      problems.push_back(problemAt(node.place, fmt::format("{}: the environment variable is not valid UTF-8", row.path), "set it to text"));
  }
}

}  // namespace

Settings readSettings(const YamlNode& root, const Environment& environment, bool whole, ConfigProblems& problems) {
  Settings settings;
  SectionReader<Settings> reader(settingsTable(), "", settings, problems);
  reader.readSection(root, "");
  readVariables(reader, environment, problems);
  for (const OptionRow<Settings>& row : settingsTable())
    if (whole && row.required && !reader.given(row.path))
      problems.push_back(problemAt({root.place.file, 0, 0}, fmt::format("{} is not set", row.path),
                                   row.environment.empty()
                                       ? "write it into the file"
                                       : fmt::format("set the environment variable {}, or write it into the file", row.environment)));
  return settings;
}

}  // namespace atrium
