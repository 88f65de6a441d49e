#include "ctl/ctl.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <vector>

#include "ctl/check_config.hpp"
#include "ctl/plugin_install.hpp"
#include "ctl/token_mint.hpp"

namespace atrium {

ExitCode runCtl(std::span<const std::string> arguments, const CtlContext& context) {
  CLI::App app("The operator's tool of Atrium.", "atriumctl");
  app.set_version_flag("--version", std::string("atriumctl " ATRIUM_VERSION));
  app.require_subcommand(1);

  std::string config_file;
  CLI::App* check = app.add_subcommand("check-config", "Checks a configuration file and tells all that is wrong with it.");
  check->add_option("file", config_file, "The file the server is to be started with.")->required();

  CLI::App* token = app.add_subcommand("token", "Tokens, for tests and for a first look.");
  token->require_subcommand(1);
  MintArguments mint_arguments;
  CLI::App* mint = token->add_subcommand("mint", "Prints a signed token.");
  mint->add_option("--tenant", mint_arguments.tenant, "The tenant's id.")->required();
  mint->add_option("--user,--sub", mint_arguments.user, "The user's id.")->required();
  mint->add_option("--name", mint_arguments.name, "The name shown to others.");
  mint->add_option("--role", mint_arguments.roles, "agent, supervisor, admin, client or service; may be given several times.");
  mint->add_option("--ttl", mint_arguments.ttl, "How long it is valid, as in 30m or 7d.")->capture_default_str();
  mint->add_option("--config", mint_arguments.config, "The server's configuration, for the secret; without it, JWT_SECRET_KEY.");

  CLI::App* plugin = app.add_subcommand("plugin", "Plugins.");
  plugin->require_subcommand(1);
  std::filesystem::path package;
  std::filesystem::path directory;
  CLI::App* install = plugin->add_subcommand("install", "Puts a packed plugin (.atrium) into a plugin directory.");
  install->add_option("package", package, "The file that `atrium pack` made.")->required();
  install->add_option("directory", directory, "One of the server's plugins.directories.")->required();

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // As the library wants them.
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, context.out, context.err) == 0 ? ExitCode::done : ExitCode::wrong;
  }
  if (install->parsed()) return installPlugin(package, directory, context);
  return check->parsed() ? checkConfig(config_file, context) : mintTokenFor(mint_arguments, context);
}

}  // namespace atrium
