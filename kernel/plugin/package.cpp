#include "plugin/package.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "plugin/digest.hpp"
#include "plugin/tar.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t files_max = 5;
constexpr std::string_view sums_name = "SHA256SUMS";
constexpr std::string_view manifest_name = "plugin.yaml";
constexpr std::string_view readme_name = "README.md";
constexpr std::string_view license_name = "LICENSE";

// As sha256sum writes and checks it.
std::string sumsOf(std::span<const TarFile> files) {
  std::string sums;
  for (const TarFile& file : files) sums += fmt::format("{}  {}\n", toHex(sha256(std::as_bytes(std::span(file.content)))), file.name);
  return sums;
}

}  // namespace

std::string packPlugin(const PluginPackage& package) {
  const auto* bytes = reinterpret_cast<const char*>(package.file.bytes->data());
  std::vector<TarFile> files;
  files.push_back({package.manifest.id + ".so", std::string(bytes, package.file.bytes->size())});
  files.push_back({std::string(manifest_name), package.file.manifest});
  if (!package.readme.empty()) files.push_back({std::string(readme_name), package.readme});
  if (!package.license.empty()) files.push_back({std::string(license_name), package.license});
  files.insert(files.begin(), {std::string(sums_name), sumsOf(files)});
  return writeTar(files);
}

Result<PluginPackage> readPackage(std::string_view archive) {
  const auto refuse = [](std::string why) { return fail(Code::plugin_failed, std::move(why)); };
  auto files = readTar(archive, files_max);
  if (!files) return fail(files.error());
  if (files->empty() || files->front().name != sums_name) return refuse("it does not begin with SHA256SUMS: it is no packed plugin");
  if (files->front().content != sumsOf(std::span(*files).subspan(1))) return refuse("a sum in SHA256SUMS is not that of its file");

  const auto take = [&](std::string_view name) {
    const auto found = std::ranges::find(*files, name, &TarFile::name);
    return found == files->end() ? std::string() : std::move(found->content);
  };
  PluginPackage package;
  package.readme = take(readme_name);
  package.license = take(license_name);
  const std::string manifest = take(manifest_name);
  auto parsed = parseManifest(manifest, manifest_name);
  if (!parsed) return fail(parsed.error());
  package.manifest = *std::move(parsed);
  const std::string library_name = package.manifest.id + ".so";
  const std::string library = take(library_name);
  if (library.empty()) return refuse(fmt::format("it holds no {}", library_name));
  for (const TarFile& file : *files)
    if (file.name != sums_name && file.name != manifest_name && file.name != readme_name && file.name != license_name &&
        file.name != library_name)
      return refuse(fmt::format("{} has no place in a packed plugin", file.name));
  const auto bytes = std::as_bytes(std::span(library));
  auto checked = checkPluginBytes(library_name, {bytes.begin(), bytes.end()});
  if (!checked) return fail(Code::plugin_failed, fmt::format("{}: {}", library_name, checked.error().detail));
  package.file = *std::move(checked);
  if (package.file.manifest != manifest) return refuse("its plugin.yaml is not the one in its library");
  return package;
}

}  // namespace atrium
