#include "ctl/plugin_install.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "ctl/ctl.hpp"
#include "plugin/package.hpp"
#include "plugin_world.hpp"

namespace atrium::test {

namespace {

namespace fs = std::filesystem;

const fs::path plugins = fs::path(ATRIUM_PROGRAM_DIRECTORY).parent_path() / "plugins";

class PluginInstall : public testing::Test {
 protected:
  PluginInstall() { fs::create_directory(directory); }

  // A packed plugin out of one that comes with the server.
  fs::path packed(const char* name) {
    auto file = readPluginFile(plugins / name);
    auto manifest = parseManifest(file->manifest, "plugin.yaml");
    const PluginPackage package{*std::move(file), *std::move(manifest), "# Text\n", {}};
    const fs::path path = own.path() / package.name();
    writeFile(path, packPlugin(package));
    return path;
  }
  ExitCode install(const fs::path& package, const fs::path& where) {
    const Environment none;
    return installPlugin(package, where, {none, Wall(), ATRIUM_PROGRAM_DIRECTORY, out, err});
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename().string());
    return names;
  }

  TemporaryDirectory own;
  const fs::path directory = own.path() / "plugins";
  const fs::path target = directory / "atrium.message-type.text.so";
  std::ostringstream out;
  std::ostringstream err;
};

}  // namespace

TEST_F(PluginInstall, putsAWholeFileInPlaceThatTheServerTakes) {
  const fs::path package = packed("message_type_text.so");
  ASSERT_EQ(install(package, directory), ExitCode::done) << err.str();
  EXPECT_EQ(out.str(), "atrium.message-type.text 1.0.0 is installed as " + target.string() + "\n");
  EXPECT_EQ(readFile(target), readFile(plugins / "message_type_text.so"));
  EXPECT_EQ(fs::status(target).permissions(), fs::perms(0644));
  EXPECT_TRUE(readPluginFile(target));
  EXPECT_EQ(files(), std::vector<std::string>{target.filename().string()});
}

TEST_F(PluginInstall, replacesAnotherVersionAndNothingElse) {
  const fs::path package = packed("message_type_text.so");
  ASSERT_EQ(install(package, directory), ExitCode::done);
  ASSERT_EQ(install(package, directory), ExitCode::done);
  EXPECT_TRUE(out.str().ends_with(", where 1.0.0 was\n")) << out.str();
  const std::string other = readFile(plugins / "message_type_system.so");
  writeFile(target, other);
  EXPECT_EQ(install(package, directory), ExitCode::failed);
  EXPECT_NE(err.str().find("it is atrium.message-type.system"), std::string::npos) << err.str();
  EXPECT_EQ(readFile(target), other);
  fs::remove(target);
  fs::create_symlink("/etc/hostname", target);
  EXPECT_EQ(install(package, directory), ExitCode::failed);
  EXPECT_TRUE(fs::is_symlink(target));
}

// A server that finds one plugin under two names takes neither.
TEST_F(PluginInstall, refusesASecondFileOfAPlugin) {
  const fs::path package = packed("message_type_text.so");
  const fs::path other = directory / "text.so";
  fs::copy_file(plugins / "message_type_text.so", other);
  EXPECT_EQ(install(package, directory), ExitCode::failed);
  EXPECT_NE(err.str().find(other.string() + " is atrium.message-type.text, too"), std::string::npos) << err.str();
  EXPECT_EQ(files(), std::vector<std::string>{"text.so"});
  fs::remove(other);
  EXPECT_EQ(install(package, directory), ExitCode::done) << err.str();
}

TEST_F(PluginInstall, changesNothingWhenTheArchiveOrTheDirectoryIsUnsound) {
  const fs::path package = packed("message_type_text.so");
  std::string bytes = readFile(package);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  writeFile(own.path() / "bad.atrium", bytes);
  EXPECT_EQ(install(own.path() / "bad.atrium", directory), ExitCode::failed);
  EXPECT_EQ(install(own.path() / "absent.atrium", directory), ExitCode::failed);
  EXPECT_EQ(install(package, own.path() / "nowhere"), ExitCode::failed);
  fs::permissions(directory, fs::perms(0777));
  EXPECT_EQ(install(package, directory), ExitCode::failed);
  EXPECT_NE(err.str().find("is writable by everyone"), std::string::npos);
  EXPECT_TRUE(files().empty());
}

}  // namespace atrium::test
