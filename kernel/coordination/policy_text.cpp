#include "coordination/policy_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "protocol/body_reader.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/plain_name.hpp"

namespace atrium {

namespace {

constexpr std::int64_t guard_max_ms = std::int64_t{30} * 86'400'000;

// The exact weight: a decision is replayed bit for bit.
std::string exactly(double number) {
  char digits[64];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  return {digits, end};
}

void writeSide(JsonWriter<std::string>& json, std::string_view side, const std::vector<Weighted>& weights) {
  json.key(side).begin('{');
  for (const Weighted& one : weights) json.key(one.scorer).raw(exactly(one.weight));
  json.end('}');
}

void writeWeights(JsonWriter<std::string>& json, const RoutingPolicy& policy) {
  writeSide(json, "agents", policy.agents);
  writeSide(json, "queue", policy.queue);
  json.key("ageing_guard_ms").value(policy.ageing_guard.count());
}

void writeEntry(JsonWriter<std::string>& json, const PolicyEntry& entry) {
  json.begin('{').key("name").value(entry.policy->name).key("origin").value(word(entry.origin)).key("version").value(entry.version);
  json.key("default").value(entry.chosen);
  writeWeights(json, *entry.policy);
  json.end('}');
}

// What an operator's file may say, too (config/coordination_wish.cpp).
bool soundWeight(double weight) { return weight >= 0 && weight <= policy_weight_max; }

class PolicyReader {
 public:
  PolicyReader(const JsonView& body, const Principal& caller, std::span<const std::string> scorers)
      : fields_(body, caller), scorers_(scorers) {}

  Result<RoutingPolicy> read(std::string_view name) {
    if (!isPlainName(name)) fields_.wrong("name", "must be 1 to 64 small letters, digits, underscores and hyphens");
    RoutingPolicy policy{.name = std::string(name), .agents = side("agents"), .queue = side("queue")};
    fields_.needed("agents", fields_.body()["agents"].isObject());
    if (const auto guard = fields_.integer("ageing_guard_ms", 0, guard_max_ms)) policy.ageing_guard = std::chrono::milliseconds(*guard);
    strangers();
    return fields_.finish(std::move(policy));
  }

 private:
  std::vector<Weighted> side(std::string_view name) {
    std::vector<Weighted> weights;
    const JsonView object = fields_.object(name);
    if (!object.exists()) return weights;
    const bool needed = name == "agents";
    if (object.size() > policy_scorers_max || (needed && object.size() == 0)) {
      fields_.wrong(name, "must have " + std::string(needed ? "1" : "0") + " to " + std::to_string(policy_scorers_max) + " scorers");
      return weights;
    }
    bool counts = object.size() == 0;
    for (JsonView value = object.first(); value.exists(); value = value.sibling(object)) {
      std::string scratch;
      const std::string scorer(value.key(scratch));
      const std::string path = std::string(name) + "/" + pointer(scorer);
      double weight = 0;
      if (!value.number(weight) || !soundWeight(weight)) {
        fields_.wrong(path, "must be a number from 0 to 1000000");
        counts = true;
      } else if (std::ranges::find(scorers_, scorer) == scorers_.end()) {
        fields_.wrong(path, "is no scorer of this server; there are: " + known());
      }
      counts = counts || weight > 0;
      weights.push_back({scorer, weight});
    }
    if (!counts) fields_.wrong(name, "must have at least one weight above 0");
    return weights;
  }

  // A misspelt member would leave what it means as on a new policy. What a reply has beside these is taken back.
  void strangers() {
    constexpr std::array<std::string_view, 8> known_members = {"agents", "queue",   "ageing_guard_ms", "name",
                                                               "origin", "version", "default",         "tenant_id"};
    for (JsonView member = fields_.body().first(); member.exists(); member = member.sibling(fields_.body())) {
      std::string scratch;
      const std::string_view key = member.key(scratch);
      if (std::ranges::find(known_members, key) == known_members.end())
        fields_.wrong(pointer(key), "is nothing that a policy has: agents, queue, ageing_guard_ms");
    }
  }

  // One part of a JSON pointer.
  static std::string pointer(std::string_view text) {
    std::string part;
    for (const char c : text) {
      if (c == '~')
        part += "~0";
      else if (c == '/')
        part += "~1";
      else
        part += c;
    }
    return part;
  }

  [[nodiscard]] std::string known() const {
    std::string list;
    for (const std::string& scorer : scorers_) (list += list.empty() ? "" : ", ") += scorer;
    return list.empty() ? "none" : list;
  }

  BodyReader fields_;
  std::span<const std::string> scorers_;
};

}  // namespace

Result<RoutingPolicy> readPolicy(std::string_view name, const JsonView& body, const Principal& caller,
                                 std::span<const std::string> scorers) {
  return PolicyReader(body, caller, scorers).read(name);
}

std::string encodePolicy(const RoutingPolicy& policy, std::uint64_t version) {
  std::string out;
  JsonWriter<std::string> json(out);
  json.begin('{').key("version").value(version);
  writeWeights(json, policy);
  json.end('}');
  return out;
}

std::optional<PolicyEntry> decodePolicy(std::string_view name, std::string_view stored) {
  const Result<JsonDocument> document = JsonDocument::parse(stored);
  if (!document) return std::nullopt;
  const JsonView root = document->root();
  std::int64_t version = 0, guard = 0;
  if (!root["version"].integer(version) || version <= 0 || !root["ageing_guard_ms"].integer(guard) || guard < 0 || guard > guard_max_ms)
    return std::nullopt;
  RoutingPolicy policy{.name = std::string(name), .agents = {}, .queue = {}, .ageing_guard = std::chrono::milliseconds(guard)};
  for (auto [side, weights] : {std::pair{root["agents"], &policy.agents}, std::pair{root["queue"], &policy.queue}}) {
    if (!side.isObject()) return std::nullopt;
    for (JsonView value = side.first(); value.exists(); value = value.sibling(side)) {
      std::string scratch;
      double weight = 0;
      if (!value.number(weight) || !soundWeight(weight)) return std::nullopt;
      weights->push_back({std::string(value.key(scratch)), weight});
    }
  }
  if (policy.agents.empty()) return std::nullopt;
  return PolicyEntry{.policy = std::make_shared<const RoutingPolicy>(std::move(policy)),
                     .version = static_cast<std::uint64_t>(version),
                     .origin = PolicyOrigin::tenant};
}

std::string policyJson(const PolicyEntry& entry) {
  std::string out;
  JsonWriter<std::string> json(out);
  writeEntry(json, entry);
  return out;
}

std::string policyListJson(std::span<const PolicyEntry> entries) {
  std::string out;
  JsonWriter<std::string> json(out);
  json.begin('{').key("items").begin('[');
  for (const PolicyEntry& entry : entries) writeEntry(json, entry);
  json.end(']').key("next_cursor").null().end('}');
  return out;
}

}  // namespace atrium
