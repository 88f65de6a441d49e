#include "plugin/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "config/option_value.hpp"
#include "plugin/services/grants.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t id_max = 100;
constexpr std::size_t manifest_text_max = 500;

constexpr std::array<std::string_view, 13> keys = {
    "id",    "version", "abi",      "description", "maturity",       "untrusted_input", "extensions",
    "hooks", "grants",  "requires", "options",     "message_schema", "arguments_schema"};
constexpr std::array<std::string_view, 4> maturities = {"draft", "beta", "stable", "deprecated"};
constexpr std::array<std::string_view, 11> known_extensions = {"room-type",       "message-type", "routing-scorer", "alert-rule",
                                                               "storage-backend", "bus",          "authenticator",  "command",
                                                               "assistant",       "http-ui",      "event-sink"};

struct KnownHook {
  std::string_view name;
  std::string_view extension;
};
constexpr std::array<KnownHook, 13> known_hooks = {{{"check_settings", "room-type"},
                                                    {"will_create", "room-type"},
                                                    {"will_join", "room-type"},
                                                    {"will_post", "room-type"},
                                                    {"did_create", "room-type"},
                                                    {"did_join", "room-type"},
                                                    {"did_leave", "room-type"},
                                                    {"did_post", "room-type"},
                                                    {"did_close", "room-type"},
                                                    {"tick", "room-type"},
                                                    {"check", "message-type"},
                                                    {"summarise", "message-type"},
                                                    {"did_deliver", "message-type"}}};

bool contains(std::span<const std::string_view> names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }
bool contains(const std::vector<std::string>& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

// Labels of lower-case letters, digits and dashes, at least two, joined by dots; they name files too.
bool isPluginId(std::string_view text) {
  if (text.empty() || text.size() > id_max || text.find('.') == std::string_view::npos) return false;
  char before = '.';
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!plain && ((c != '.' && c != '-') || before == '.' || before == '-')) return false;
    before = c;
  }
  return before != '.' && before != '-';
}

bool isOfferedName(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

std::optional<std::uint32_t> wholeNumber(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return number;
}

// MAJOR.MINOR.PATCH, and after a dash a pre-release of letters, digits, dots and dashes.
bool isVersion(std::string_view text) {
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    const std::string_view pre = text.substr(dash + 1);
    static constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    if (pre.empty() || pre.size() > 64 || pre.find_first_not_of(allowed) != std::string_view::npos) return false;
    text = text.substr(0, dash);
  }
  const auto first = text.find('.');
  const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
  return second != std::string_view::npos && wholeNumber(text.substr(0, first)) &&
         wholeNumber(text.substr(first + 1, second - first - 1)) && wholeNumber(text.substr(second + 1));
}

class ManifestParser {
 public:
  explicit ManifestParser(const YamlNode& root) : root_(root) {}

  Manifest read() {
    if (root_.kind != YamlNode::Kind::mapping) {
      complain(root_.place, "a manifest is a mapping");
      return std::move(manifest_);
    }
    for (const YamlMember& member : root_.members)
      if (!contains(keys, member.key)) {
        const std::string meant = suggestion(member.key, keys);
        complain(member.place, fmt::format("\"{}\" is nothing a manifest can have{}", member.key, meant.empty() ? "" : "; " + meant));
      }
    manifest_.id = text("id");
    if (!isPluginId(manifest_.id)) complain(placeOf("id"), "id must be like com.acme.name, in lower-case letters, digits, dots and dashes");
    manifest_.version = text("version");
    if (!isVersion(manifest_.version)) complain(placeOf("version"), "version must be like 1.0.0");
    readAbi();
    manifest_.description = text("description");
    manifest_.maturity = text("maturity");
    if (!contains(maturities, manifest_.maturity)) complain(placeOf("maturity"), "maturity must be draft, beta, stable or deprecated");
    const YamlNode* untrusted = root_.find("untrusted_input");
    if (untrusted && untrusted->boolean())
      manifest_.untrusted_input = *untrusted->boolean();
    else
      complain(placeOf("untrusted_input"), "untrusted_input must be true or false");
    readExtensions();
    readHooks();
    manifest_.grants = list("grants");
    for (const std::string& name : manifest_.grants)
      if (!Grants::known(name)) complain(placeOf("grants"), fmt::format("\"{}\" is not a service this server has", name));
    readRequirements();
    readOptions();
    static_cast<void>(readSchema("message_schema", "message-type", manifest_.message_schema));
    if (auto text = readSchema("arguments_schema", "command", manifest_.arguments_schema))
      manifest_.arguments_schema_text = *std::move(text);
    return std::move(manifest_);
  }

  ConfigProblems problems;

 private:
  void complain(const SourcePlace& place, std::string message) { problems.push_back(problemAt(place, std::move(message))); }

  [[nodiscard]] const SourcePlace& placeOf(std::string_view key) const {
    const YamlNode* node = root_.find(key);
    return node ? node->place : root_.place;
  }

  std::string text(std::string_view key) {
    const YamlNode* node = root_.find(key);
    if (!node || node->kind != YamlNode::Kind::scalar || node->text.empty() || node->text.size() > manifest_text_max) {
      complain(placeOf(key), fmt::format("{} must be a text of 1 to {} bytes", key, manifest_text_max));
      return {};
    }
    return node->text;
  }

  // A list of names, each once; empty when it is left out.
  std::vector<std::string> list(std::string_view key) {
    std::vector<std::string> names;
    const YamlNode* node = root_.find(key);
    if (!node) return names;
    if (node->kind != YamlNode::Kind::sequence) complain(node->place, fmt::format("{} must be a list of names", key));
    for (const YamlNode& item : node->items) {
      if (item.kind != YamlNode::Kind::scalar || contains(names, item.text))
        complain(item.place, fmt::format("{} must name each thing once", key));
      else
        names.push_back(item.text);
    }
    return names;
  }

  void readExtensions() {
    const YamlNode* node = root_.find("extensions");
    if (!node || node->kind != YamlNode::Kind::mapping || node->members.empty())
      return complain(placeOf("extensions"), "extensions must be a mapping like {room-type: agent_team}");
    for (const YamlMember& member : node->members) {
      if (!contains(known_extensions, member.key))
        complain(member.place, fmt::format("\"{}\" is not an extension this server knows", member.key));
      if (!isOfferedName(member.value.text))
        complain(member.value.place, fmt::format("the name of a {} must be 1 to 64 lower-case letters, digits, _ and -", member.key));
      manifest_.extensions.push_back({member.key, member.value.text});
    }
  }

  void readAbi() {
    const std::string abi = text("abi");
    const std::string_view both = abi;
    const auto dot = both.find('.');
    const auto major = wholeNumber(both.substr(0, dot));
    const auto minor = dot == std::string_view::npos ? std::nullopt : wholeNumber(both.substr(dot + 1));
    if (!major || !minor) return complain(placeOf("abi"), "abi must be like \"1.0\", in quotes");
    manifest_.abi_major = *major;
    manifest_.abi_minor = *minor;
  }

  void readHooks() {
    manifest_.hooks = list("hooks");
    for (const std::string& name : manifest_.hooks) {
      const auto known = std::ranges::find(known_hooks, name, &KnownHook::name);
      if (known == known_hooks.end())
        complain(placeOf("hooks"), fmt::format("\"{}\" is not a hook", name));
      else if (!manifest_.has(known->extension))
        complain(placeOf("hooks"), fmt::format("the hook \"{}\" belongs to the extension {}, which is not listed", name, known->extension));
    }
  }

  void readRequirements() {
    const YamlNode* node = root_.find("requires");
    if (!node) return;
    if (node->kind != YamlNode::Kind::mapping) return complain(node->place, "requires must be a mapping like {com.acme.base: \"^1.2\"}");
    for (const YamlMember& member : node->members) {
      if (auto range = VersionRange::parse(member.value.text))
        manifest_.requirements.push_back({member.key, member.value.text, *std::move(range)});
      else
        complain(member.value.place,
                 fmt::format("\"{}\" says nothing of versions: write it as in \"^1.2\", \"~1.2.3\" or \">=1.2 <3\"", member.value.text));
      if (member.key == manifest_.id) complain(member.place, "a plugin cannot require itself");
    }
  }

  void readOptions() {
    const YamlNode* node = root_.find("options");
    if (!node) return;
    auto options = PluginOptions::fromManifest(*node);
    if (options)
      manifest_.options = *std::move(options);
    else
      problems.insert(problems.end(), options.error().begin(), options.error().end());
  }

  // The JSON Schema under `key`, which belongs to an extension; nothing when it is left out or wrong.
  std::optional<JsonDocument> readSchema(std::string_view key, std::string_view extension, std::optional<JsonSchema>& out) {
    const YamlNode* node = root_.find(key);
    if (!node) return std::nullopt;
    if (!manifest_.has(extension))
      complain(node->place, fmt::format("{} belongs to the extension {}, which is not listed", key, extension));
    auto document = JsonDocument::parse(toJson(*node));
    if (!document) return complain(node->place, fmt::format("{}: {}", key, document.error().detail)), std::nullopt;
    auto schema = JsonSchema::compile(document->root());
    if (!schema) return complain(node->place, fmt::format("{}: {}", key, schema.error().detail)), std::nullopt;
    out = *std::move(schema);
    return *std::move(document);
  }

  const YamlNode& root_;
  Manifest manifest_;
};

std::unexpected<Error> refuseFirst(const ConfigProblems& problems) {
  const ConfigProblem& first = problems.front();
  return fail(Code::plugin_failed, fmt::format("{}:{}:{}: {}", first.file, first.line, first.column, first.message));
}

}  // namespace

std::string_view Manifest::nameOf(std::string_view kind) const {
  const auto found = std::ranges::find(extensions, kind, &ManifestExtension::kind);
  return found == extensions.end() ? std::string_view() : std::string_view(found->name);
}
bool Manifest::hooksInto(std::string_view hook) const { return contains(hooks, hook); }

Result<Manifest> parseManifest(std::string_view yaml, std::string_view name) {
  const auto document = parseYaml(yaml, name);
  if (!document) return refuseFirst(document.error());
  ManifestParser parser(*document);
  Manifest manifest = parser.read();
  if (!parser.problems.empty()) return refuseFirst(parser.problems);
  return manifest;
}

}  // namespace atrium
