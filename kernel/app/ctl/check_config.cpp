#include "ctl/check_config.hpp"

#include <fmt/format.h>

#include <ostream>

#include "auth/token_verifier.hpp"
#include "config/load.hpp"
#include "plugin/plugin_catalog.hpp"

namespace atrium {

ExitCode checkConfig(const std::string& file, const CtlContext& context) {
  const auto loaded = loadConfig(file, context.environment);
  if (!loaded) {
    context.err << formatProblems(loaded.error());
    return ExitCode::wrong;
  }
  const Settings& settings = loaded->settings;
  // Of the plugins everything that is known before a line of them runs.
  auto catalog = PluginCatalog::scan(pluginDirectories(settings, context.program_directory));
  if (!catalog) {
    context.err << catalog.error().detail << '\n';
    return ExitCode::wrong;
  }
  if (const auto resolved = catalog->resolve(wishesOf(settings)); !resolved) {
    context.err << formatProblems(resolved.error());
    return ExitCode::wrong;
  }
  if (const std::string weakness = weaknessOf(settings.auth.jwt_secret); !weakness.empty()) context.err << "warning: " << weakness << '\n';
  context.out << fmt::format("{} is fine: storage {}, data directory {}, address {}:{}\n", file, settings.storage.backend,
                             settings.server.data_dir, settings.server.host, settings.server.port);
  return ExitCode::done;
}

}  // namespace atrium
