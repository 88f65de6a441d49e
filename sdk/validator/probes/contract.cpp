// Level 3: whether code, manifest and interface agree.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "config/source_text.hpp"
#include "validator/kinds/views.hpp"
#include "validator/probe.hpp"

namespace atrium::validate {

namespace {

void checkIdentity(Check& check, const atrium_entry_table& entry) {
  const Manifest& manifest = check.facts().manifest;
  if (viewOf(entry.id) != manifest.id) check.fail("contract.identity", "the id " + manifest.id, shown(viewOf(entry.id)));
  if (viewOf(entry.version) != manifest.version)
    check.fail("contract.identity", "the version " + manifest.version, shown(viewOf(entry.version)));
  if (entry.abi_major != manifest.abi_major || entry.abi_minor != manifest.abi_minor)
    check.fail("contract.identity", fmt::format("interface {}.{}", manifest.abi_major, manifest.abi_minor),
               fmt::format("{}.{}", entry.abi_major, entry.abi_minor));
}

void checkUnknownIds(Check& check, const Instance& instance) {
  const std::string longest = "atrium." + std::string(4000, 'x') + "/1";
  for (const char* id : {"atrium.nothing/1", "", "atrium.room-type/99", "/", longest.c_str()})
    if (instance.rawTable(id)) check.fail("contract.unknown-extension", fmt::format("NULL for {}", shown(id)), "a table");
}

void checkRefusal(Check& check, const Creation& said) {
  if (said.threw) return check.fail("contract.refusal", "a status and a sentence", "an exception");
  if (said.sentence.empty()) check.fail("contract.refusal", "a sentence that says why", "none");
  if (!validUtf8(said.sentence)) check.fail("contract.refusal", "UTF-8", shown(said.sentence));
  if (said.sentence.size() > sentence_max)
    check.fail("contract.refusal", fmt::format("at most {} bytes", sentence_max), fmt::format("{} bytes", said.sentence.size()));
  if (said.sentence.find('\n') != std::string::npos) check.fail("contract.refusal", "one line", shown(said.sentence));
  if (said.out_touched) check.fail("contract.refusal", "*out as it was", "another value");
}

struct Edge {
  std::string yaml;
  bool may_refuse;  // Its bounds do not say everything about a text.
};

std::string edgeOf(OptionType type, double bound) {
  switch (type) {
    case OptionType::duration: return fmt::format("{}us", static_cast<std::int64_t>(bound / 1000));
    case OptionType::size: return fmt::format("{}B", static_cast<std::int64_t>(bound));
    case OptionType::number: return fmt::format("{}", bound);
    default: return fmt::format("{}", static_cast<std::int64_t>(bound));
  }
}

std::vector<Edge> edgesOf(const PluginOption& option) {
  std::vector<Edge> edges;
  switch (option.type) {
    case OptionType::boolean: return {{"true", false}, {"false", false}};
    case OptionType::array:
    case OptionType::object: return {};
    case OptionType::string:
      for (const std::string& choice : option.choices) edges.push_back({"\"" + choice + "\"", false});
      if (!option.choices.empty()) return edges;
      for (const auto& bound : {option.bounds.min, option.bounds.max})
        if (bound) edges.push_back({"\"" + std::string(static_cast<std::size_t>(std::min(*bound, 100'000.0)), 'x') + "\"", true});
      return edges;
    default:
      for (const auto& bound : {option.bounds.min, option.bounds.max})
        if (bound) edges.push_back({edgeOf(option.type, *bound), false});
      return edges;
  }
}

// The given options with one of them at its edge, as create() gets them.
std::optional<std::string> optionsWith(const Check& check, const PluginOption& option, const std::string& value) {
  YamlNode config;
  config.kind = YamlNode::Kind::mapping;
  if (!check.settings().options.empty())
    if (auto given = parseYaml(check.settings().options, "options")) config = *std::move(given);
  const auto edge = parseYaml(value, "options");
  if (!edge) return std::nullopt;
  std::erase_if(config.members, [&](const YamlMember& member) { return member.key == option.name; });
  config.members.push_back({option.name, {}, *edge});
  for (const PluginOption& other : check.facts().manifest.options.options()) {
    if (!other.required || config.find(other.name)) continue;
    const auto root = JsonDocument::parse(check.facts().options);
    if (!root) return std::nullopt;
    // JSON is YAML: what the facts made up stands for what an operator would say.
    const auto made_up = parseYaml(root->root()[other.name].raw(), "options");
    if (made_up) config.members.push_back({other.name, {}, *made_up});
  }
  auto complete = check.facts().manifest.options.complete(config, {});
  if (!complete) return std::nullopt;
  return *std::move(complete);
}

}  // namespace

void probeContract(Check& check) {
  check.doing(Survival("contract.extensions"), "get_extension()");
  Loaded loaded = load(check);
  if (!loaded) return;
  checkIdentity(check, loaded.image->entry());
  const Manifest& manifest = check.facts().manifest;
  for (const Driver* driver : allDrivers()) {
    const void* table = loaded.instance->rawTable(driver->extension());
    if (table != loaded.instance->rawTable(driver->extension()))
      check.fail("contract.same-table", fmt::format("one table for {}", driver->extension()), "two");
    const bool listed = manifest.has(driver->kind());
    if (listed && !table) check.fail("contract.extensions", fmt::format("a table for {}", driver->extension()), "NULL");
    if (!listed && table)
      check.fail("contract.extensions", fmt::format("NULL for {}, which the manifest does not list", driver->extension()), "a table");
    if (listed && table) driver->inspect(check, *loaded.instance);
  }
  check.doing(Survival("contract.unknown-extension"), "get_extension() with ids it cannot know");
  checkUnknownIds(check, *loaded.instance);
  check.lookedAtAll();
}

void probeOptions(Check& check) {
  check.doing(Survival("contract.option-bounds"), "loading");
  auto image = Image::load(check);
  if (!image) return;
  for (const PluginOption& option : check.facts().manifest.options.options()) {
    for (const Edge& edge : edgesOf(option)) {
      const auto options = optionsWith(check, option, edge.yaml);
      if (!options) continue;
      check.doing(Survival("contract.option-bounds"), fmt::format("create() with {}: {}", option.name, shown(edge.yaml)));
      Creation said;
      if (Instance::create(*image, check, *options, {}, said)) continue;
      if (!edge.may_refuse)
        check.fail("contract.option-bounds", fmt::format("an instance with {}: {}, which the manifest allows", option.name, edge.yaml),
                   "a refusal: " + shown(said.sentence));
      checkRefusal(check, said);
    }
  }
  check.lookedAtAll();
}

void probeServices(Check& check) {
  check.doing(Survival("contract.host-size"), "create() with a host of exactly its size");
  auto image = Image::load(check);
  if (!image) return;
  Creation said;
  static_cast<void>(Instance::create(*image, check, check.facts().options, {.guarded = true}, said));

  check.doing(Survival("contract.no-services"), "create() without services");
  said = {};
  const auto instance = Instance::create(*image, check, check.facts().options, {.grant = false}, said);
  if (!instance) {
    checkRefusal(check, said);
    return check.lookedAtAll();
  }
  Loan loan;
  for (const Scenario& s : scenarios(check, *instance, Shape::plain, 2, 31)) {
    check.doing(Survival("contract.no-services"), fmt::format("{} without services", s.hook.name));
    static_cast<void>(perform(check, *instance, *s.driver, s.hook, s.input, loan));
  }
  check.lookedAtAll();
  check.doing(Survival("contract.no-services"), "destroy() without services");
}

void probeInstances(Check& check) {
  const Manifest& manifest = check.facts().manifest;
  if (manifest.has("storage-backend") || manifest.has("bus"))
    return check.skip("contract.instances", "a store or a bus is alone with what it keeps");
  check.doing(Survival("contract.instances"), "calls of one instance");
  std::vector<Answer> alone;
  Loan loan;
  {
    Loaded loaded = load(check);
    if (!loaded) return;
    for (const Scenario& s : scenarios(check, *loaded.instance, Shape::plain, 4, 41))
      alone.push_back(perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan));
  }
  // Its own code and data again, this time with another instance busy in between.
  Loaded loaded = load(check);
  if (!loaded) return;
  check.doing(Survival("contract.instances"), "calls of two instances in turn");
  auto other = Instance::createDefault(*loaded.image, check);
  if (!other) return;
  const auto all = scenarios(check, *loaded.instance, Shape::plain, 4, 41);
  for (std::size_t n = 0; n < all.size(); ++n) {
    const Scenario& s = all[n];
    static_cast<void>(perform(check, *other, *s.driver, s.hook,
                              all[all.size() - 1 - n].hook.name == s.hook.name ? all[all.size() - 1 - n].input : s.input, loan));
    const Answer answer = perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan);
    if (s.hook.repeats && !(answer == alone[n]))
      check.fail("contract.instances", fmt::format("{} to answer as it does with one instance: {}", s.hook.name, shown(alone[n].said)),
                 shown(answer.said));
    if (n == all.size() / 2) other = Instance::createDefault(*loaded.image, check);
    if (!other) return;
  }
  check.lookedAtAll();
}

}  // namespace atrium::validate
