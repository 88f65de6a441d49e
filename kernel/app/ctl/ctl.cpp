#include "ctl/ctl.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <vector>

#include "config/wrong_word.hpp"
#include "ctl/check_config.hpp"
#include "ctl/demo.hpp"
#include "ctl/plugin_commands.hpp"
#include "ctl/plugin_install.hpp"
#include "ctl/simulate.hpp"
#include "ctl/sink_commands.hpp"
#include "ctl/token_mint.hpp"

namespace atrium {

namespace {

struct PluginVerb {
  const char* name;
  const char* about;
  bool has_id;
};
constexpr PluginVerb plugin_verbs[] = {
    {"list", "All plugins and where they stand.", false},
    {"show", "Everything about one.", true},
    {"enable", "Switches one on, until the configuration is applied or the server restarts.", true},
    {"disable", "Switches one off, for as long.", true},
    {"reload", "Reads its file again and swaps to it, without a call failing.", true},
    {"configure", "Gives one other options, for as long.", true},
    {"reset", "Lifts its quarantine and forgets its faults.", true},
    {"rescan", "Looks at the plugin directories again: loads, swaps and unloads what is different.", false},
    {"events", "What happened to the plugins, the newest last.", false},
    {"plan", "What applying the configuration file would do.", false},
    {"apply", "Applies the configuration file, all or nothing, as SIGHUP does.", false},
};

void addServerOptions(CLI::App& command, ServerArguments& server) {
  command.add_option("--url", server.url, "The server.")->capture_default_str();
  command.add_option("--token", server.token, "An admin's token; without it, ATRIUM_TOKEN, or one signed with JWT_SECRET_KEY.");
  command.add_flag("--json", server.json, "The server's answer as it is.");
}

struct SinkVerb {
  const char* name;
  const char* about;
  bool has_name;
  bool has_offset;
};
constexpr SinkVerb sink_verbs[] = {
    {"list", "All event sinks, where they stand and how they fare.", false, false},
    {"dead-letters", "What one could not deliver.", true, false},
    {"retry", "Tries its dead letters again, 1000 at a time.", true, true},
    {"drop", "Removes its dead letters, 1000 at a time.", true, true},
    {"forget", "Forgets where one stands whose plugin is gone for good.", true, false},
};

void addSinkCommands(CLI::App& sink, SinkArguments& arguments) {
  for (const SinkVerb& verb : sink_verbs) {
    CLI::App* command = sink.add_subcommand(verb.name, verb.about);
    command->callback([&arguments, &verb] { arguments.command = verb.name; });
    if (verb.has_name) command->add_option("name", arguments.name, "The sink's name, as `list` shows it.")->required();
    if (verb.has_offset) command->add_option("offset", arguments.offset, "Only the dead letter of this offset.");
    addServerOptions(*command, arguments.server);
  }
}

void addSimulateOptions(CLI::App& command, SimulateArguments& arguments) {
  command.add_option("--config", arguments.config, "The server's configuration, for its plugins; without it, all defaults.");
  command.add_option("--plugins", arguments.plugins, "A directory of plugins instead of the configuration's; may be given several times.")
      ->allow_extra_args(false);
  command.add_option("--scenario", arguments.scenario, "Only the standard scenarios whose name holds this, as in \"85 %\".");
  command.add_option("--agents", arguments.agents, "A scenario of your own: so many agents, or 40.");
  command.add_option("--load", arguments.load, "Its work for each hour of work that can be done, or 0.85.");
  command.add_option("--hours", arguments.hours, "Its length, or 10.");
  command.add_flag("--bursts", arguments.bursts, "Whether 40 leads come at once every half hour.");
  command.add_option("--slowdown", arguments.slowdown, "How much longer work takes for each other lead at hand, as in 0.1, or 0.");
  command.add_option("--patience", arguments.patience, "How long a lead waits before it leaves, on average, or 10m; 0s: for ever.");
  command.add_option("--policy", arguments.policies, "A policy or a baseline by its name, or all; may be given several times.")
      ->allow_extra_args(false);
  command.add_option("--agents-weights", arguments.agents_weights, "A policy of your own: scorers for agents, as in match=1,load=0.6.");
  command.add_option("--queue", arguments.queue,
                     "Its scorers for waiting leads, as in match=1,urgency=0.5; without, the oldest comes first.");
  command.add_option("--ageing-guard", arguments.ageing_guard, "The wait after which the oldest comes first all the same, or 20m.");
  command.add_option("--seeds", arguments.seeds, "Worlds each policy works through.")->capture_default_str();
  command.add_flag("--json", arguments.json, "The figures as one JSON object.");
}

void addDemoOptions(CLI::App& command, DemoArguments& arguments) {
  command.add_option("--url", arguments.url, "The server.")->capture_default_str();
  command.add_option("--config", arguments.config, "The server's configuration, for the secret; without it, JWT_SECRET_KEY.");
  command.add_option("--agents", arguments.agents, "Agents of the team.")->capture_default_str();
  command.add_option("--load", arguments.load, "Their work for each hour of work that can be done.")->capture_default_str();
  command.add_option("--speed", arguments.speed, "Seconds of the simulation for each second.")->capture_default_str();
  command.add_option("--seed", arguments.seed, "Which leads come; the same seed plays the same ones.")->capture_default_str();
  command.add_option("--leads", arguments.leads, "How many come before it ends; without, until it is interrupted.");
  command.add_option("--guest", arguments.guests, "A user of the tenant who becomes a member of its rooms; may be given several times.")
      ->allow_extra_args(false);
}

void addPluginCommands(CLI::App& plugin, PluginArguments& arguments) {
  for (const PluginVerb& verb : plugin_verbs) {
    CLI::App* command = plugin.add_subcommand(verb.name, verb.about);
    command->callback([&arguments, &verb] { arguments.command = verb.name; });
    if (verb.has_id) command->add_option("id", arguments.id, "The plugin's id.")->required();
    if (std::string_view(verb.name) == "configure")
      command->add_option("options", arguments.options, "Its options, one JSON object; they take the place of all it has.")->required();
    if (std::string_view(verb.name) == "events")
      command->add_option("--after", arguments.after, "Only what came after the event of this number.");
    addServerOptions(*command, arguments.server);
  }
}

}  // namespace

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

  CLI::App* plugin = app.add_subcommand("plugin", "Plugins: those of a running server, and packed ones.");
  plugin->require_subcommand(1);
  PluginArguments plugin_arguments;
  addPluginCommands(*plugin, plugin_arguments);
  std::filesystem::path package;
  std::filesystem::path directory;
  CLI::App* install = plugin->add_subcommand("install", "Puts a packed plugin (.atrium) into a plugin directory.");
  install->add_option("package", package, "The file that `atrium pack` made.")->required();
  install->add_option("directory", directory, "One of the server's plugins.directories.")->required();

  CLI::App* sink = app.add_subcommand("sink", "The event sinks of a running server, and their dead letters.");
  sink->require_subcommand(1);
  SinkArguments sink_arguments;
  addSinkCommands(*sink, sink_arguments);

  SimulateArguments simulate_arguments;
  CLI::App* simulate = app.add_subcommand("simulate", "What policies of routing make of simulated leads, by the server's scorers.");
  addSimulateOptions(*simulate, simulate_arguments);

  DemoArguments demo_arguments;
  CLI::App* demo =
      app.add_subcommand("demo", "Plays a simulated team in the tenant \"demo\" of a running server, until it is interrupted.");
  addDemoOptions(*demo, demo_arguments);

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // As the library wants them.
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    if (const std::string wrong = error.get_exit_code() == 0 ? "" : wrongSubcommand(app, arguments); !wrong.empty()) {
      context.err << wrong;
      return ExitCode::wrong;
    }
    return app.exit(error, context.out, context.err) == 0 ? ExitCode::done : ExitCode::wrong;
  }
  if (install->parsed()) return installPlugin(package, directory, context);
  if (simulate->parsed()) return simulateRouting(simulate_arguments, context);
  if (demo->parsed()) return playDemo(demo_arguments, context);
  if (!sink_arguments.command.empty()) return runSinkCommand(sink_arguments, context);
  if (!plugin_arguments.command.empty()) return runPluginCommand(plugin_arguments, context);
  return check->parsed() ? checkConfig(config_file, context) : mintTokenFor(mint_arguments, context);
}

}  // namespace atrium
