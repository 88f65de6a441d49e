#include "ctl/check_config.hpp"

#include <fmt/format.h>

#include <ostream>

#include "auth/token_verifier.hpp"
#include "config/load.hpp"

namespace atrium {

ExitCode checkConfig(const std::string& file, const CtlContext& context) {
  const auto loaded = loadConfig(file, context.environment);
  if (!loaded) {
    context.err << formatProblems(loaded.error());
    return ExitCode::wrong;
  }
  const Settings& settings = loaded->settings;
  if (const std::string weakness = weaknessOf(settings.auth.jwt_secret); !weakness.empty()) context.err << "warning: " << weakness << '\n';
  context.out << fmt::format("{} is fine: storage {}, data directory {}, address {}:{}\n", file, settings.storage.backend,
                             settings.server.data_dir, settings.server.host, settings.server.port);
  return ExitCode::done;
}

}  // namespace atrium
