#include "plugin/package.hpp"

#include <gtest/gtest.h>

#include "plugin/digest.hpp"
#include "plugin/seal.hpp"
#include "plugin/tar.hpp"
#include "plugin_world.hpp"

namespace atrium::test {

namespace {

const std::filesystem::path library = std::filesystem::path(ATRIUM_TEST_PLUGINS) / "test_hooks.so";

PluginPackage packageOf(const std::filesystem::path& path) {
  auto file = readPluginFile(path);
  EXPECT_TRUE(file) << file.error().detail;
  auto manifest = parseManifest(file->manifest, "plugin.yaml");
  EXPECT_TRUE(manifest) << manifest.error().detail;
  return {*std::move(file), *std::move(manifest), "# Hooks\n", {}};
}

std::string refusal(std::string_view archive) {
  const auto package = readPackage(archive);
  return package ? "accepted" : package.error().detail;
}

// An archive with right sums over `files`.
std::string summed(std::vector<TarFile> files) {
  std::string sums;
  for (const TarFile& file : files) sums += toHex(sha256(std::as_bytes(std::span(file.content)))) + "  " + file.name + "\n";
  files.insert(files.begin(), {"SHA256SUMS", sums});
  return writeTar(files);
}

}  // namespace

TEST(Package, holdsAPluginAndIsTheSameBytesEachTime) {
  const PluginPackage original = packageOf(library);
  const std::string archive = packPlugin(original);
  EXPECT_EQ(archive, packPlugin(packageOf(library)));
  const auto read = readPackage(archive);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read->file.bytes, *original.file.bytes);
  EXPECT_EQ(read->file.sha256, original.file.sha256);
  EXPECT_EQ(read->manifest.id, original.manifest.id);
  EXPECT_EQ(read->readme, "# Hooks\n");
  EXPECT_EQ(read->license, "");
  EXPECT_EQ(read->name(), original.manifest.id + "-" + original.manifest.version + ".atrium");
}

TEST(Package, everyCutAndEveryChangedBlockIsNoticed) {
  const std::string archive = packPlugin(packageOf(library));
  for (std::size_t size = 0; size < archive.size(); size += 509) EXPECT_NE(refusal(archive.substr(0, size)), "accepted") << size;
  for (std::size_t at = 0; at < archive.size(); at += 509) {
    std::string changed = archive;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_NE(refusal(changed), "accepted") << at;
  }
  EXPECT_EQ(refusal(archive + "x"), "there is something behind its end");
}

TEST(Package, saysWhatHasNoPlaceInIt) {
  const PluginPackage plugin = packageOf(library);
  const TarFile manifest{"plugin.yaml", plugin.file.manifest};
  EXPECT_EQ(refusal(writeTar({})), "it does not begin with SHA256SUMS: it is no packed plugin");
  EXPECT_EQ(refusal(summed({manifest})), "it holds no " + plugin.manifest.id + ".so");
  const TarFile fake{plugin.manifest.id + ".so", "no library"};
  EXPECT_EQ(refusal(summed({fake, manifest})), plugin.manifest.id + ".so: it is not an ELF file");
  EXPECT_EQ(refusal(summed({fake, manifest, {"run.sh", "x"}})), "run.sh has no place in a packed plugin");
  EXPECT_EQ(refusal(writeTar(std::vector<TarFile>{{"SHA256SUMS", "none"}, manifest})), "a sum in SHA256SUMS is not that of its file");
  EXPECT_EQ(refusal(summed({manifest, manifest})), "it holds plugin.yaml twice");
  EXPECT_EQ(refusal(summed({{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}, {"e", ""}})), "it holds more than 5 files");
}

TEST(Package, aManifestBesideTheLibraryIsTheOneWithinIt) {
  const PluginPackage plugin = packageOf(library);
  const auto* bytes = reinterpret_cast<const char*>(plugin.file.bytes->data());
  const std::string other = plugin.file.manifest + "# friendlier than the truth\n";
  EXPECT_EQ(refusal(summed({{plugin.manifest.id + ".so", std::string(bytes, plugin.file.bytes->size())}, {"plugin.yaml", other}})),
            "its plugin.yaml is not the one in its library");
}

TEST(Tar, readsBackWhatItWrote) {
  const std::vector<TarFile> files = {{"empty", ""}, {"block", std::string(512, 'x')}, {"more.txt", std::string(513, 'y')}};
  const auto read = readTar(writeTar(files), 3);
  ASSERT_TRUE(read) << read.error().detail;
  ASSERT_EQ(read->size(), 3u);
  for (std::size_t n = 0; n < 3; ++n) {
    EXPECT_EQ((*read)[n].name, files[n].name);
    EXPECT_EQ((*read)[n].content, files[n].content);
  }
}

TEST(Tar, refusesWhatItWouldNotWrite) {
  std::string archive = writeTar(std::vector<TarFile>{{"name", "content"}});
  for (const std::string_view name : {"../x", "/etc", ".hidden", "a b", ""}) {
    std::string other = archive;
    other.replace(0, 10, std::string(name) + std::string(10 - name.size(), '\0'));
    const auto read = readTar(other, 1);
    ASSERT_FALSE(read) << name;
  }
  archive[156] = '2';  // A symbolic link.
  EXPECT_EQ(readTar(archive, 1).error().detail, "name in it was not written by `atrium pack`");
}

TEST(Seal, isWrittenWhereTheServerLooksForIt) {
  const TemporaryDirectory directory;
  const auto copy = directory.path() / "copy.so";
  std::string bytes = readFile(library);
  const std::string intact = bytes;
  bytes[bytes.size() - 1] = static_cast<char>(bytes[bytes.size() - 1] ^ 1);  // In the section headers, which nobody loads.
  writeFile(copy, bytes);
  EXPECT_FALSE(readPluginFile(copy));
  std::filesystem::permissions(copy, std::filesystem::perms(0664));
  ASSERT_TRUE(sealPluginFile(copy));
  EXPECT_TRUE(readPluginFile(copy));
  EXPECT_EQ(std::filesystem::status(copy).permissions(), std::filesystem::perms(0644));
  writeFile(copy, intact);
  ASSERT_TRUE(sealPluginFile(copy));
  EXPECT_EQ(readFile(copy), intact);
}

TEST(Seal, changesNothingThatIsNoPlugin) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "file.so";
  EXPECT_FALSE(sealPluginFile(file));
  writeFile(file, "");
  EXPECT_EQ(sealPluginFile(file).error().detail, "it is empty or cannot be read");
  writeFile(file, "text");
  EXPECT_EQ(sealPluginFile(file).error().detail, "it is not an ELF file");
  EXPECT_EQ(readFile(file), "text");
}

}  // namespace atrium::test
