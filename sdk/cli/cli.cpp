#include "cli/cli.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <ostream>
#include <vector>

#include "cli/dev.hpp"
#include "cli/inspect.hpp"
#include "cli/new_project.hpp"
#include "cli/pack.hpp"
#include "cli/test_project.hpp"
#include "cli/toolchain.hpp"
#include "config/wrong_word.hpp"
#include "plugin/seal.hpp"

namespace atrium {

namespace {

CliExit seal(const std::filesystem::path& file, const CliContext& context) {
  const auto sealed = sealPluginFile(file);
  if (!sealed) context.err << fmt::format("{}: {}; a plugin is built with atrium_add_plugin()\n", file.string(), sealed.error().detail);
  return sealed ? CliExit::done : CliExit::failed;
}

}  // namespace

CliExit runCli(std::span<const std::string> arguments, const CliContext& context) {
  CLI::App app("For authors of Atrium plugins: from an empty folder to a plugin that runs.", "atrium");
  app.set_version_flag("--version", std::string("atrium " ATRIUM_VERSION));
  app.require_subcommand(1);
  std::function<CliExit()> chosen;
  const auto command = [&](std::string name, std::string what, std::function<CliExit()> run) {
    CLI::App* added = app.add_subcommand(std::move(name), std::move(what));
    added->callback([&chosen, run = std::move(run)] { chosen = run; });
    return added;
  };

  NewArguments fresh{.kind = {}, .name = {}, .id = {}, .language = "c++", .directory = {}};
  CLI::App* made =
      command("new", "Makes the folder of a new plugin, with code, manifest and tests.", [&] { return makeProject(fresh, context); });
  made->add_option("kind", fresh.kind, "What it is: room-type, message-type, ...; a wrong one lists them.")->required();
  made->add_option("name", fresh.name, "What it is called, as in sticky-note.")->required();
  made->add_option("--id", fresh.id, "Its id, as in com.acme.sticky-note; without it com.example.<name>.");
  made->add_option("--language", fresh.language, "c++ or c.")->capture_default_str();
  made->add_option("--in", fresh.directory, "The directory in which its folder is made; without it, this one.");

  DevArguments dev;
  CLI::App* developed = command("dev", "Builds the plugin of this folder, runs it in a server of its own and swaps it when a file changes.",
                                [&] { return develop(dev, context); });
  developed->add_option("directory", dev.directory, "The plugin's folder; without it, this one.");
  developed->add_option("--config", dev.config, "Options of the server's, as YAML; without it dev.yaml of the folder, where there is one.");
  developed->add_option("--server", dev.server, "A server that runs already, as in http://127.0.0.1:8000.");
  developed->add_option("--token", dev.token, "An admin's token for --server.");

  std::filesystem::path directory;
  std::filesystem::path out;
  ReplayArguments recorded;
  CLI::App* tested =
      command("test", "Builds the plugin of this folder and runs its tests.", [&] { return testProject(directory, recorded, context); });
  tested->add_option("directory", directory, "The plugin's folder; without it, this one.");
  CLI::Option* recording =
      tested->add_option("--replay", recorded.recording, "Calls its hooks as recorded in this file, a JSON object a line.");
  tested->add_option("--options", recorded.options, "The plugin's options for that, as in '{words_max: 3}'.")->needs(recording);
  tested->add_flag("--record", recorded.record, "Writes the answers into that file instead of comparing them.")->needs(recording);
  CLI::App* packed =
      command("pack", "Builds the plugin of this folder into one file to hand on.", [&] { return pack(directory, out, context); });
  packed->add_option("directory", directory, "The plugin's folder; without it, this one.");
  packed->add_option("--out", out, "Where the file is written; without it, the plugin's folder.");

  std::filesystem::path file;
  command("inspect", "Tells what a plugin says of itself, without running anything of it.", [&] { return inspect(file, context); })
      ->add_option("file", file, "A library (.so) or a packed plugin (.atrium).")
      ->required();
  command("seal", "Seals a library as the last step of a build; atrium_add_plugin() does that.", [&] { return seal(file, context); })
      ->add_option("file", file, "A plugin (.so).")
      ->required();
  command("doctor", "Looks whether what building a plugin takes is installed.", [&] { return doctor(context); });

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // As the library wants them.
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    if (const std::string wrong = error.get_exit_code() == 0 ? "" : wrongSubcommand(app, arguments); !wrong.empty()) {
      context.err << wrong;
      return CliExit::wrong;
    }
    return app.exit(error, context.out, context.err) == 0 ? CliExit::done : CliExit::wrong;
  }
  return chosen();
}

}  // namespace atrium
