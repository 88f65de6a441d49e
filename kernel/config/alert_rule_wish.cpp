#include "config/alert_rule_wish.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "config/option_value.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 7> alert_rule_keys = {"enabled",  "for",      "keep_firing_for", "severity",
                                                             "group_by", "inhibits", "escalate_after"};
constexpr std::array<std::string_view, 4> severity_words = {"low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 3> label_words = {"rule", "subject", "severity"};
constexpr std::size_t rules_inhibited_max = 100;
constexpr double week_ns = 7.0 * 24 * 3600 * 1e9;

// Reads one mapping.
class AlertRuleReader {
 public:
  AlertRuleReader(const YamlMember& member, ConfigProblems& problems)
      : rule_(member.key), path_("alerts.rules." + member.key), problems_(problems) {}

  void read(const YamlNode& node, AlertRuleWish& wish) {
    if (const auto on = node.boolean()) {
      wish.enabled = *on;
      return;
    }
    if (node.kind != YamlNode::Kind::mapping)
      return refuse(node.place, fmt::format("\"{}\" is not true or false", node.text), "write true, false, or a mapping as in {for: 1m}");
    for (const YamlMember& one : node.members) readKey(one, wish);
  }

 private:
  void refuse(const SourcePlace& place, std::string what, std::string hint = {}) {
    problems_.push_back(problemAt(place, fmt::format("{}: {}", path_, what), std::move(hint)));
  }

  void readKey(const YamlMember& one, AlertRuleWish& wish) {
    if (one.key == "enabled")
      wish.enabled = boolean(one.value).value_or(true);
    else if (one.key == "for")
      wish.pending = duration(one);
    else if (one.key == "keep_firing_for")
      wish.keep_firing_for = duration(one);
    else if (one.key == "escalate_after")
      wish.escalate_after = duration(one);
    else if (one.key == "severity")
      wish.severity = wordOf(one.value, severity_words, one.key);
    else if (one.key == "group_by")
      wish.group_by = labels(one.value);
    else if (one.key == "inhibits")
      readInhibited(one, wish);
    else
      refuseKey(one);
  }

  // A rule that kept itself quiet would never be told.
  void readInhibited(const YamlMember& one, AlertRuleWish& wish) {
    wish.inhibits = names(one.value, one.key, rules_inhibited_max);
    if (std::ranges::find(wish.inhibits, rule_) != wish.inhibits.end())
      refuse(one.value.place, "inhibits: it names the rule itself", "take it out");
  }

  void refuseKey(const YamlMember& one) {
    std::string hint = suggestion(one.key, alert_rule_keys);
    if (hint.empty()) hint = fmt::format("what can stand here: {}", fmt::join(alert_rule_keys, ", "));
    refuse(one.place, fmt::format("there is no option \"{}\"", one.key), std::move(hint));
  }

  std::optional<bool> boolean(const YamlNode& node) {
    const auto value = node.boolean();
    if (!value) refuse(node.place, fmt::format("\"{}\" is not true or false", node.text));
    return value;
  }

  std::chrono::milliseconds duration(const YamlMember& one) {
    const auto value = readScalar(one.value, OptionType::duration, {0.0, week_ns}, {});
    if (!value) {
      refuse(one.value.place, fmt::format("{}: {}", one.key, value.error().message), value.error().hint);
      return std::chrono::milliseconds{0};
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(std::get<std::int64_t>(*value)));
  }

  std::optional<std::uint32_t> wordOf(const YamlNode& node, std::span<const std::string_view> words, std::string_view key) {
    const auto found = std::ranges::find(words, std::string_view(node.text));
    if (node.kind == YamlNode::Kind::scalar && found != words.end()) return static_cast<std::uint32_t>(found - words.begin());
    refuse(node.place, fmt::format("{}: \"{}\" is none of {}", key, node.text, fmt::join(words, ", ")), suggestion(node.text, words));
    return std::nullopt;
  }

  std::vector<std::string> names(const YamlNode& node, std::string_view key, std::size_t most) {
    std::vector<std::string> found;
    if (node.kind != YamlNode::Kind::sequence) {
      refuse(node.place, fmt::format("{} is not a list of names", key), "write [name, name]");
      return found;
    }
    if (node.items.size() > most) refuse(node.place, fmt::format("{} has more than {} names", key, most));
    for (const YamlNode& item : node.items) {
      if (item.kind != YamlNode::Kind::scalar || item.text.empty())
        refuse(item.place, fmt::format("{} is not a list of names", key));
      else
        found.push_back(item.text);
    }
    return found;
  }

  std::vector<std::string> labels(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::sequence)
      for (const YamlNode& item : node.items) static_cast<void>(wordOf(item, label_words, "group_by"));
    return names(node, "group_by", label_words.size());
  }

  const std::string rule_;
  const std::string path_;
  ConfigProblems& problems_;
};

}  // namespace

AlertRuleWish readAlertRuleWish(const YamlMember& member, ConfigProblems& problems) {
  AlertRuleWish wish;
  wish.place = member.place;
  AlertRuleReader(member, problems).read(member.value, wish);
  return wish;
}

}  // namespace atrium
