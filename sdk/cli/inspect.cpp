#include "cli/inspect.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <ostream>

#include "base/read_all.hpp"
#include "cli/project.hpp"
#include "plugin/package.hpp"

namespace atrium {

namespace {

void tellOptions(const Manifest& manifest, std::ostream& out) {
  if (manifest.options.options().empty()) return;
  out << "options\n";
  for (const PluginOption& option : manifest.options.options()) {
    std::string line = fmt::format("  {} ({}", option.name, name(option.type));
    if (option.required) line += ", required";
    if (option.default_value) line += ", default " + toJson(*option.default_value);
    out << line << "): " << (option.description.empty() ? "no description" : option.description) << '\n';
  }
}

void tell(const PluginFile& file, const Manifest& manifest, std::ostream& out) {
  const auto row = [&](std::string_view what, std::string_view value) {
    if (!value.empty()) out << fmt::format("{:<12}{}\n", what, value);
  };
  std::vector<std::string> offers;
  for (const ManifestExtension& extension : manifest.extensions) offers.push_back(fmt::format("{} {}", extension.kind, extension.name));
  row("id", manifest.id);
  row("version", manifest.version);
  const std::string foreign = foreignInterface(manifest);
  row("interface", foreign.empty() ? fmt::format("{}.{}", manifest.abi_major, manifest.abi_minor) : foreign);
  row("description", manifest.description);
  row("offers", fmt::format("{}", fmt::join(offers, ", ")));
  row("hooks", fmt::format("{}", fmt::join(manifest.hooks, ", ")));
  row("grants", fmt::format("{}", fmt::join(manifest.grants, ", ")));
  row("maturity", manifest.maturity);
  row("untrusted", manifest.untrusted_input ? "may see what clients wrote" : "sees nothing that clients wrote");
  row("size", fmt::format("{} bytes", file.bytes->size()));
  row("sha256", file.sha256);
  row("build id", file.build_id);
  tellOptions(manifest, out);
}

}  // namespace

CliExit inspect(const std::filesystem::path& path, const CliContext& context) {
  const auto refuse = [&](std::string_view why) {
    context.err << fmt::format("{}: {}\n", path.string(), why);
    return CliExit::failed;
  };
  std::error_code problem;
  if (const auto size = std::filesystem::file_size(path, problem); problem)
    return refuse(problem.message());
  else if (size > package_size_max)
    return refuse("it is larger than any plugin may be");
  std::ifstream stream(path, std::ios::binary);
  const std::string content = readAll(stream);
  if (content.empty()) return refuse("it is empty or cannot be read");

  if (!content.starts_with("\177ELF")) {
    static constexpr std::size_t tar_magic_at = 257;
    if (content.size() <= tar_magic_at || content.compare(tar_magic_at, 5, "ustar") != 0)
      return refuse("it is neither a library (.so) nor a packed plugin (.atrium)");
    const auto package = readPackage(content);
    if (!package) return refuse(package.error().detail);
    tell(package->file, package->manifest, context.out);
    return CliExit::done;
  }
  const auto bytes = std::as_bytes(std::span(content));
  const auto file = checkPluginBytes(path, {bytes.begin(), bytes.end()});
  if (!file) return refuse(file.error().detail);
  const auto manifest = parseManifest(file->manifest, "plugin.yaml");
  if (!manifest) return refuse(manifest.error().detail);
  tell(*file, *manifest, context.out);
  return CliExit::done;
}

}  // namespace atrium
