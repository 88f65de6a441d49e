#include "ctl/scorer_plugins.hpp"

#include <stdlib.h>

#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include "config/load.hpp"
#include "plugin/plugin_catalog.hpp"

namespace atrium {

namespace {

// Of what the configuration wishes, the scorers alone; everything that it names must be there all the same, as for the server.
std::expected<PluginWishes, std::string> scorersOf(const PluginWishes& all, std::span<const std::filesystem::path> directories) {
  const auto catalog = PluginCatalog::scan(directories);
  if (!catalog) return std::unexpected(catalog.error().detail + '\n');
  const auto resolved = catalog->resolve(all);
  if (!resolved) return std::unexpected(formatProblems(resolved.error()));
  PluginWishes wishes;
  wishes.enabled_by_default = all.enabled_by_default;
  wishes.use = all.use;
  for (const ResolvedPlugin& plugin : *resolved) {
    const std::string& id = plugin.entry->manifest->id;
    if (!plugin.entry->manifest->has(RoutingScorerKind::word))
      wishes.use[id].enabled = false;
    else if (plugin.use)
      wishes.use[id].run = RunPlacement::in_process;
  }
  return wishes;
}

}  // namespace

std::expected<std::unique_ptr<ScorerPlugins>, std::string> ScorerPlugins::load(const std::string& config,
                                                                               const std::vector<std::filesystem::path>& directories,
                                                                               const CtlContext& context) {
  Settings settings;
  if (!config.empty()) {
    auto loaded = loadConfig(config, context.environment);
    if (!loaded) return std::unexpected(formatProblems(loaded.error()));
    settings = std::move(loaded->settings);
  }
  PluginWishes all = wishesOf(settings);
  const auto places = directories.empty() ? pluginDirectories(settings, context.program_directory) : directories;
  if (!directories.empty()) all.storage.clear();  // It may lie elsewhere, and nothing is stored.
  auto wishes = scorersOf(all, places);
  if (!wishes) return std::unexpected(wishes.error());

  std::unique_ptr<ScorerPlugins> plugins(new ScorerPlugins);
  std::string copies = (std::filesystem::temp_directory_path() / "atriumctl-XXXXXX").string();
  if (::mkdtemp(copies.data()) == nullptr)
    return std::unexpected("cannot make a directory like " + copies + ": " + std::generic_category().message(errno) + "; set TMPDIR\n");
  plugins->copies_ = copies;
  auto host = PluginHost::start({.directories = places, .copies = plugins->copies_ / "plugins", .wishes = *std::move(wishes)},
                                plugins->log_, plugins->clock_);
  if (!host) return std::unexpected(host.error().detail + '\n');
  plugins->host_ = *std::move(host);
  plugins->scorers_.emplace(plugins->host_->registry());
  return plugins;
}

ScorerPlugins::~ScorerPlugins() {
  scorers_.reset();
  if (host_) host_->stop();
  host_.reset();
  std::error_code ignored;
  if (!copies_.empty()) std::filesystem::remove_all(copies_, ignored);
}

}  // namespace atrium
