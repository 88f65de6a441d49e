#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/plugin_options.hpp"
#include "plugin/semver.hpp"
#include "protocol/json_schema.hpp"

namespace atrium {

// One thing a plugin offers: a kind (room-type, message-type, storage-backend) and the name under which it is known ("agent_team").
struct ManifestExtension {
  std::string kind;
  std::string name;
};

// Another plugin that must be active, and in which versions.
struct ManifestRequirement {
  std::string plugin;
  std::string versions;  // As it was written.
  VersionRange range;
};

// plugin.yaml: what a plugin says of itself, read without running it. A value that moves.
struct Manifest {
  std::string id;       // "com.acme.vip-scorer"
  std::string version;  // As semver.org has it: "1.4.0".
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::string description;
  std::string maturity;          // draft, beta, stable or deprecated
  bool untrusted_input = false;  // May see what clients wrote.
  std::vector<ManifestExtension> extensions;
  std::vector<std::string> hooks;   // Those the host is to call.
  std::vector<std::string> grants;  // What it wants to use (plugin/services/grants.hpp): log, kv, http:api.acme.com.
  std::vector<ManifestRequirement> requirements;
  PluginOptions options;
  std::optional<JsonSchema> message_schema;    // Of a message type's metadata.
  std::optional<JsonSchema> arguments_schema;  // Of a command's arguments...
  JsonDocument arguments_schema_text;          // ...as written; empty: none.

  // The name of what it offers of that kind; empty when it offers none.
  [[nodiscard]] std::string_view nameOf(std::string_view kind) const;
  [[nodiscard]] bool has(std::string_view kind) const { return !nameOf(kind).empty(); }
  [[nodiscard]] bool hooksInto(std::string_view hook) const;
};

// Reads a manifest strictly: what is unknown, missing or contradictory is an error. `name` is how the sentence calls the text.
// Fails with plugin_failed and the first problem as `name:line:column: sentence`. Any thread.
[[nodiscard]] Result<Manifest> parseManifest(std::string_view yaml, std::string_view name);

}  // namespace atrium
