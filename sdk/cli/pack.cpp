#include "cli/pack.hpp"

#include <fmt/format.h>

#include <fstream>
#include <ostream>

#include "base/read_all.hpp"
#include "cli/project.hpp"
#include "plugin/digest.hpp"
#include "plugin/package.hpp"

namespace atrium {

namespace {

// Empty for what is no file of the folder's own: a link could bring in anything.
std::string contentOf(const std::filesystem::path& path) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(path, none))) return {};
  std::ifstream file(path, std::ios::binary);
  return readAll(file);
}

}  // namespace

CliExit pack(const std::filesystem::path& directory, const std::filesystem::path& out, const CliContext& context) {
  const auto refuse = [&](const std::string& sentence) {
    context.err << sentence << '\n';
    return CliExit::failed;
  };
  const auto project = Project::open(directory, context);
  if (!project) return refuse(project.error().detail);
  if (!project->build(context)) return CliExit::failed;
  auto plugins = project->plugins();
  if (!plugins) return refuse(plugins.error().detail);
  for (BuiltPlugin& plugin : *plugins) {
    const PluginPackage package{std::move(plugin.file), std::move(plugin.manifest), contentOf(project->directory() / "README.md"),
                                contentOf(project->directory() / "LICENSE")};
    const std::filesystem::path path = (out.empty() ? project->directory() : out) / package.name();
    const std::string archive = packPlugin(package);
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << archive;
    if (!file.flush()) return refuse(fmt::format("{} cannot be written: is the disk full or the folder missing?", path.string()));
    context.out << fmt::format("{}  {}\n", toHex(sha256(std::as_bytes(std::span(archive)))), path.string());
  }
  return CliExit::done;
}

}  // namespace atrium
