#include "process_world.hpp"

#include <utility>

#include "plugin/plugin_file.hpp"
#include "plugin/process_hooks.hpp"

namespace atrium::test {

ProcessWorld::~ProcessWorld() {
  hooks_.reset();
  plugin_.reset();
}

Result<void> ProcessWorld::start(const std::filesystem::path& plugin_file, const std::optional<std::vector<std::string>>& grants) {
  auto file = readPluginFile(plugin_file);
  if (!file) return std::unexpected(file.error());
  manifest_ = *parseManifest(file->manifest, "plugin.yaml");
  auto copies = PluginCopies::open(directory_.path() / "copies");
  auto plugin = LoadedPlugin::load(manifest_, *copies->write(*file, manifest_.id), "{}",
                                   {.log = log_, .clock = clock_, .call_clock = call_clock_, .services = parts_},
                                   PluginRights{Grants(manifest_.grants, grants), {}});
  if (!plugin) return std::unexpected(plugin.error());
  plugin_ = *std::move(plugin);
  source_.plugin_id = manifest_.id;
  hooks_ = processHooks(*plugin_, source_, {.message_type = false});
  return {};
}

HookOutcome ProcessWorld::post(std::string content) {
  scene_.content = std::move(content);
  const auto room = scene_.room();
  const auto user = scene_.user();
  const auto message = scene_.message();
  HookOutcome said;
  hooks_->call({.hook = Hook::will_post, .room = &room, .user = &user, .message = &message},
               [&said](HookOutcome outcome) { said = std::move(outcome); });
  return said;
}

}  // namespace atrium::test
