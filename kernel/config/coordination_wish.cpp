#include "config/coordination_wish.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "config/cross_checks.hpp"
#include "config/option_value.hpp"

namespace atrium {

namespace {

constexpr std::string_view condition_hint = "write a text, [one, of these], {at_least: 1, at_most: 2}, or {} for any value";
constexpr std::string_view weight_hint = "write a number, 0 or more, as in 0.5";
constexpr double weight_max = 1e6;
constexpr std::size_t words_max = 1000;

class ConditionReader {
 public:
  ConditionReader(std::string_view path, ConfigProblems& problems) : path_(path), problems_(problems) {}

  [[nodiscard]] ConditionWish read(const YamlMember& member) {
    ConditionWish wish{.field = member.key, .one_of = {}, .at_least = {}, .at_most = {}};
    const YamlNode& node = member.value;
    switch (node.kind) {
      case YamlNode::Kind::scalar: wish.one_of.push_back(node.text); break;
      case YamlNode::Kind::sequence: words(member, wish); break;
      case YamlNode::Kind::mapping: range(member, wish); break;
      case YamlNode::Kind::null: refuse(node.place, member.key, "there is no value"); break;
    }
    return wish;
  }

 private:
  void refuse(const SourcePlace& place, std::string_view field, std::string_view what, std::string hint = std::string(condition_hint)) {
    problems_.push_back(problemAt(place, fmt::format("{}.{}: {}", path_, field, what), std::move(hint)));
  }

  void words(const YamlMember& member, ConditionWish& wish) {
    const std::vector<YamlNode>& items = member.value.items;
    if (items.empty() || items.size() > words_max)
      return refuse(member.value.place, member.key, fmt::format("the list does not have 1 to {} values", words_max));
    for (const YamlNode& item : items) {
      if (item.kind != YamlNode::Kind::scalar)
        refuse(item.place, member.key, "this is not a text");
      else
        wish.one_of.push_back(item.text);
    }
  }

  void range(const YamlMember& member, ConditionWish& wish) {
    constexpr std::array<std::string_view, 2> keys = {"at_least", "at_most"};
    for (const YamlMember& bound : member.value.members) {
      if (std::ranges::find(keys, bound.key) == keys.end()) {
        std::string hint = suggestion(bound.key, keys);
        refuse(bound.place, member.key, fmt::format("there is no bound \"{}\"", bound.key),
               hint.empty() ? "what can stand here: at_least, at_most" : std::move(hint));
        continue;
      }
      const auto value = bound.value.number();
      if (!value)
        refuse(bound.value.place, member.key, fmt::format("{} is not a number", bound.key));
      else
        (bound.key == "at_least" ? wish.at_least : wish.at_most) = *value;
    }
    if (wish.at_least && wish.at_most && *wish.at_least > *wish.at_most)
      refuse(member.value.place, member.key, "at_least is more than at_most", "no number is both; exchange them");
  }

  std::string_view path_;
  ConfigProblems& problems_;
};

// Holds what was read against itself.
class CoordinationCheck {
 public:
  CoordinationCheck(const Settings::Coordination& coordination, const YamlNode& root, ConfigProblems& problems)
      : coordination_(coordination), root_(root), problems_(problems) {
    for (const QueueWish& queue : coordination.queues) queues_.emplace_back(queue.name);
    for (const PolicyWish& policy : coordination.policies) policies_.emplace_back(policy.name);
    for (const std::string_view name : built_in_policies)
      if (!known(policies_, name)) policies_.push_back(name);
  }

  void check() {
    for (const PolicyWish& policy : coordination_.policies) checkPolicy(policy);
    for (const QueueWish& queue : coordination_.queues) checkQueue(queue);
    checkPolicyName(coordination_.default_policy, "coordination.default_policy");
    for (std::size_t at = 0; at < coordination_.shadow_policies.size(); ++at) {
      const std::string& name = coordination_.shadow_policies[at];
      const auto first = std::ranges::find(coordination_.shadow_policies, name) - coordination_.shadow_policies.begin();
      if (static_cast<std::size_t>(first) != at)
        refuse(placeOf(root_, "coordination.shadow_policies", at), fmt::format("coordination.shadow_policies names {} twice", name),
               "take one of them out");
      else
        checkPolicyName(name, "coordination.shadow_policies", at);
    }
  }

 private:
  static constexpr std::size_t no_item = static_cast<std::size_t>(-1);

  static bool known(const std::vector<std::string_view>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  }

  void refuse(const SourcePlace& place, std::string message, std::string hint) {
    problems_.push_back(problemAt(place, std::move(message), std::move(hint)));
  }

  [[nodiscard]] static std::string meant(std::string_view name, const std::vector<std::string_view>& names) {
    std::string hint = suggestion(name, names);
    if (hint.empty()) hint = fmt::format("there are: {}", fmt::join(names, ", "));
    return hint;
  }

  void checkPolicyName(const std::string& name, const std::string& path, std::size_t item = no_item) {
    if (!known(policies_, name))
      refuse(placeOf(root_, path, item), fmt::format("{}: there is no policy \"{}\"", path, name), meant(name, policies_));
  }

  void checkPolicy(const PolicyWish& policy) {
    const std::string path = "coordination.policies." + policy.name;
    const auto refuseSide = [&](std::string_view side, std::string message, std::string hint) {
      const std::string at = fmt::format("{}.{}", path, side);
      SourcePlace place = placeOf(root_, at);
      refuse(place.line > 0 ? place : policy.place, fmt::format("{}: {}", at, message), std::move(hint));
    };
    if (policy.name == "default")
      refuse(policy.place, "a policy cannot be called default", "choose another name, and write it to coordination.default_policy");
    const auto allZero = [](const std::vector<WeightWish>& weights) {
      return std::ranges::all_of(weights, [](const WeightWish& one) { return one.weight == 0; });
    };
    if (policy.agents.empty())
      refuseSide("agents", "a policy needs at least one scorer", "write {match: 1}");
    else if (allZero(policy.agents))
      refuseSide("agents", "all weights are 0", "give at least one scorer more");
    if (!policy.queue.empty() && allZero(policy.queue))
      refuseSide("queue", "all weights are 0", "give at least one scorer more, or leave it out to take the lead that has waited longest");
  }

  void checkQueue(const QueueWish& queue) {
    const std::string path = "coordination.queues." + queue.name;
    if (!queue.policy.empty()) checkPolicyName(queue.policy, path + ".policy");
    const auto together = [&](std::string_view part, const std::string& name, std::chrono::seconds after, std::string_view other) {
      if (name.empty() == (after.count() == 0)) return;
      refuse(placeOf(root_, fmt::format("{}.{}", path, part)), fmt::format("{}.{}: after and {} need each other", path, part, other),
             fmt::format("write {{after: 5m, {}: ...}}, or take {} out", other, part));
    };
    together("overflow", queue.overflow_to, queue.overflow_after, "to");
    together("fallback", queue.fallback_agent, queue.fallback_after, "agent");
    if (queue.overflow_to.empty()) return;
    const SourcePlace place = placeOf(root_, path + ".overflow.to");
    if (!known(queues_, queue.overflow_to))
      return refuse(place, fmt::format("{}.overflow.to: there is no queue \"{}\"", path, queue.overflow_to),
                    meant(queue.overflow_to, queues_));
    checkCircle(queue, path, place);
  }

  // Told once a circle, of the first of its queues in the file.
  void checkCircle(const QueueWish& queue, const std::string& path, const SourcePlace& place) {
    std::string way = queue.name;
    const QueueWish* at = &queue;
    // A way that is longer than there are queues is in a circle that does not come by here.
    for (std::size_t steps = 0; steps < coordination_.queues.size(); ++steps) {
      const auto next = std::ranges::find(coordination_.queues, at->overflow_to, &QueueWish::name);
      if (at->overflow_to.empty() || next == coordination_.queues.end() || &*next < &queue) return;
      at = &*next;
      way += " -> " + at->name;
      if (at == &queue)
        return refuse(place, fmt::format("{}.overflow.to: leads would go round in a circle: {}", path, way),
                      "take the overflow of one of them out");
    }
  }

  const Settings::Coordination& coordination_;
  const YamlNode& root_;
  ConfigProblems& problems_;
  std::vector<std::string_view> queues_, policies_;
};

}  // namespace

std::vector<ConditionWish> readConditions(const YamlNode& node, std::string_view path, ConfigProblems& problems) {
  ConditionReader reader(path, problems);
  std::vector<ConditionWish> found;
  for (const YamlMember& member : node.members) found.push_back(reader.read(member));
  return found;
}

std::vector<WeightWish> readWeights(const YamlNode& node, std::string_view path, ConfigProblems& problems) {
  std::vector<WeightWish> found;
  for (const YamlMember& member : node.members) {
    // NaN and infinity are no numbers of YAML's that the reader knows.
    const auto weight = member.value.number();
    const bool sound = weight && *weight >= 0 && *weight <= weight_max;
    if (!sound)
      problems.push_back(problemAt(member.value.place,
                                   fmt::format("{}: the weight of {} is not a number from 0 to {:.0f}", path, member.key, weight_max),
                                   std::string(weight_hint)));
    // One that is refused stands for some weight, so that the list is not refused once more for lacking it.
    found.push_back({member.key, sound ? *weight : 1, member.place});
  }
  return found;
}

void checkCoordination(const Settings::Coordination& coordination, const YamlNode& root, ConfigProblems& problems) {
  CoordinationCheck(coordination, root, problems).check();
}

}  // namespace atrium
