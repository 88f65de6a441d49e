#include "cli/project.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "atrium/abi.h"
#include "cli/process.hpp"
#include "cli/toolchain.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

namespace fs = std::filesystem;

// The lines of a failed build that say why: without what ninja and cmake say of themselves.
std::string complaints(std::string_view output) {
  std::string kept;
  while (!output.empty()) {
    const auto end = std::min(output.find('\n'), output.size() - 1);
    const std::string_view line = output.substr(0, end + 1);
    output.remove_prefix(end + 1);
    const bool progress = line.starts_with('[') && line.find("] ") != std::string_view::npos;
    if (!progress && !line.starts_with("-- ") && !line.starts_with("FAILED: ") && !line.starts_with("ninja: build stopped") &&
        !line.starts_with("ninja: Entering") && line.find(" -c ") == std::string_view::npos)
      kept += line;
  }
  return kept;
}

}  // namespace

Result<Project> Project::open(const fs::path& directory, const CliContext& context) {
  std::error_code problem;
  const fs::path absolute = fs::absolute(directory.empty() ? "." : directory, problem).lexically_normal();
  if (!fs::is_regular_file(absolute / "CMakeLists.txt", problem))
    return fail(Code::plugin_failed,
                fmt::format("{} is no plugin's folder: it has no CMakeLists.txt. `atrium new` makes one.", absolute.string()));
  if (std::string missing = missingTools(context.environment); !missing.empty()) return fail(Code::plugin_failed, std::move(missing));
  return Project(absolute);
}

bool Project::build(const CliContext& context) const {
  const auto step = [&](std::vector<std::string> command, std::string_view what) {
    const auto end = runProcess({.command = std::move(command), .directory = directory_});
    if (!end)
      context.err << end.error().detail << '\n';
    else if (end->status != 0)
      context.err << complaints(end->output) << what << " failed.\n";
    return end && end->status == 0;
  };
  std::error_code absent;
  if (!fs::exists(buildDirectory() / "build.ninja", absent)) {
    std::vector<std::string> configure = {"cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"};
    // The SDK that this program belongs to, wherever it was installed or moved to.
    const fs::path package = context.root.parent_path() / "cmake" / "Atrium";
    if (fs::exists(package / "AtriumConfig.cmake", absent)) configure.push_back("-DAtrium_DIR=" + package.string());
    if (!step(std::move(configure), "Configuring")) {
      fs::remove(buildDirectory() / "CMakeCache.txt", absent);  // What was found missing is looked for again.
      return false;
    }
  }
  return step({"cmake", "--build", "build"}, "The build");
}

std::string foreignInterface(const Manifest& manifest) {
  if (manifest.abi_major == ATRIUM_ABI_MAJOR && manifest.abi_minor <= ATRIUM_ABI_MINOR) return {};
  return fmt::format("{}.{}, which no server of this SDK takes: it has {}.{}", manifest.abi_major, manifest.abi_minor, ATRIUM_ABI_MAJOR,
                     ATRIUM_ABI_MINOR);
}

Result<std::vector<BuiltPlugin>> Project::plugins() const {
  std::vector<fs::path> paths;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(pluginDirectory(), absent))
    if (entry.path().extension() == ".so") paths.push_back(entry.path());
  if (paths.empty())
    return fail(Code::plugin_failed, fmt::format("the build made no plugin in {}: does {} call atrium_add_plugin()?",
                                                 pluginDirectory().string(), (directory_ / "CMakeLists.txt").string()));
  std::ranges::sort(paths);
  std::vector<BuiltPlugin> built;
  for (const fs::path& path : paths) {
    auto file = readPluginFile(path);
    if (!file) return fail(Code::plugin_failed, fmt::format("{}: {}", path.string(), file.error().detail));
    // Told with the name of the file the author knows; the text is the same.
    auto manifest = parseManifest(file->manifest, (directory_ / "plugin.yaml").string());
    if (!manifest) return fail(manifest.error());
    if (const std::string foreign = foreignInterface(*manifest); !foreign.empty())
      return fail(Code::plugin_failed,
                  fmt::format("{}: abi: it is built for plugin interface {}", (directory_ / "plugin.yaml").string(), foreign));
    built.push_back({*std::move(file), *std::move(manifest)});
  }
  return built;
}

}  // namespace atrium
