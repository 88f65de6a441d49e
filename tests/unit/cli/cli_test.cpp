#include "cli/cli.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "atrium/abi.h"
#include "cli/private_server.hpp"
#include "cli/replayer.hpp"
#include "cli/toolchain.hpp"
#include "config/settings_table.hpp"
#include "plugin_world.hpp"

namespace atrium::test {

namespace {

namespace fs = std::filesystem;

// One call of the program, with the templates and plugins of this build.
struct Call {
  explicit Call(std::vector<std::string> arguments, Environment environment = {}) {
    code = runCli(arguments, {environment, ATRIUM_BUILD_ROOT, out, err});
  }
  std::ostringstream out;
  std::ostringstream err;
  CliExit code;
};

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string everythingIn(const fs::path& folder) {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    text += entry.path().filename().string() + "\n";
    if (entry.is_regular_file()) text += readFile(entry.path());
  }
  return text;
}

}  // namespace

TEST(New, respellsTheNameWhereverTheTemplateHasIt) {
  const TemporaryDirectory directory;
  const Call made({"new", "message-type", "sticky-note", "--id", "com.acme.notes", "--in", directory.path()});
  ASSERT_EQ(made.code, CliExit::done) << made.err.str();
  const fs::path project = directory.path() / "sticky-note";
  const std::string manifest = readFile(project / "plugin.yaml");
  EXPECT_TRUE(manifest.starts_with("id: com.acme.notes\n")) << manifest;
  EXPECT_TRUE(holds(manifest, "{message-type: sticky_note}"));
  const std::string source = readFile(project / "sticky_note.cpp");
  EXPECT_TRUE(holds(source, "struct StickyNote {"));
  EXPECT_TRUE(holds(source, "ATRIUM_PLUGIN(StickyNote, \"com.acme.notes\", \"0.1.0\")"));
  EXPECT_TRUE(fs::exists(project / ".gitignore"));
}

TEST(New, leavesNothingOfTheTemplatesNameInAnyKind) {
  const TemporaryDirectory directory;
  std::vector<std::string> kinds;
  for (const auto& entry : fs::directory_iterator(fs::path(ATRIUM_BUILD_ROOT) / "templates"))
    if (const std::string name = entry.path().filename().string(); name != "common") kinds.push_back(name);
  EXPECT_EQ(std::ranges::count_if(kinds, [](const std::string& kind) { return !kind.ends_with("-c"); }), 11);
  for (const std::string& kind : kinds) {
    const bool plain_c = kind.ends_with("-c");
    const std::string name = "my-" + kind;
    const Call made(
        {"new", plain_c ? kind.substr(0, kind.size() - 2) : kind, name, "--language", plain_c ? "c" : "c++", "--in", directory.path()});
    ASSERT_EQ(made.code, CliExit::done) << made.err.str();
    const std::string all = everythingIn(directory.path() / name);
    for (const std::string_view spelling : {"sample-name", "sample_name", "SampleName", "sample-kind"})
      EXPECT_FALSE(holds(all, spelling)) << kind;
    const auto manifest = parseManifest(readFile(directory.path() / name / "plugin.yaml"), "plugin.yaml");
    EXPECT_TRUE(manifest) << kind << ": " << manifest.error().detail;
  }
}

TEST(New, neverWritesIntoAFolderThatIsThere) {
  const TemporaryDirectory directory;
  fs::create_directory(directory.path() / "here");
  const Call made({"new", "room-type", "here", "--in", directory.path()});
  EXPECT_EQ(made.code, CliExit::failed);
  EXPECT_TRUE(holds(made.err.str(), "is already there")) << made.err.str();
  EXPECT_TRUE(fs::is_empty(directory.path() / "here"));
}

TEST(New, saysWhatIsWrongAndWhatThereIs) {
  const TemporaryDirectory directory;
  const auto refusal = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "new");
    words.insert(words.end(), {"--in", directory.path()});
    const Call made(std::move(words));
    EXPECT_EQ(made.code, CliExit::wrong);
    return made.err.str();
  };
  EXPECT_TRUE(refusal({"mesage-type", "x"})
                  .starts_with("there is no kind of plugin called mesage-type; did you mean \"message-type\"?\nKinds: alert-rule,"));
  for (const char* name : {"Sticky", "1st", "a--b", "a-", "a_b", "../x"})
    EXPECT_TRUE(holds(refusal({"room-type", name}), "is no name for a plugin")) << name;
  for (const char* name : {"test", "all", "install", "package-source"})
    EXPECT_TRUE(holds(refusal({"command", name}), "is a word of CMake's")) << name;
  EXPECT_TRUE(holds(refusal({"room-type", "x", "--id", "acme"}), "write it like com.acme.x"));
  EXPECT_TRUE(holds(refusal({"room-type", "x", "--language", "c"}), "there is no template in C for room-type"));
  EXPECT_TRUE(holds(refusal({"room-type", "x", "--language", "rust"}), "write c or c++"));
  EXPECT_TRUE(fs::is_empty(directory.path()));
  const Call nowhere({"new", "room-type", "x", "--in", directory.path() / "missing"});
  EXPECT_TRUE(holds(nowhere.err.str(), "missing: there is no such directory")) << nowhere.err.str();
  EXPECT_FALSE(fs::exists(directory.path() / "missing"));
}

TEST(Inspect, tellsAPluginWithoutRunningIt) {
  const Call told({"inspect", ATRIUM_BUILD_ROOT "/plugins/room_type_agent_team.so"});
  ASSERT_EQ(told.code, CliExit::done) << told.err.str();
  for (const std::string_view line :
       {"id          atrium.room-type.agent-team\n", "interface   1.0\n", "offers      room-type agent_team\n", "options\n"})
    EXPECT_TRUE(holds(told.out.str(), line)) << told.out.str();
}

TEST(Inspect, namesTheFileAndWhatIsWrongWithIt) {
  const TemporaryDirectory directory;
  const fs::path file = directory.path() / "x.so";
  EXPECT_EQ(Call({"inspect", file}).err.str(), file.string() + ": No such file or directory\n");
  writeFile(file, "");
  EXPECT_EQ(Call({"inspect", file}).err.str(), file.string() + ": it is empty or cannot be read\n");
  std::string bytes = readFile(ATRIUM_BUILD_ROOT "/plugins/message_type_text.so");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  writeFile(file, bytes);
  EXPECT_EQ(Call({"inspect", file}).err.str(), file.string() + ": its seal is broken: the file was changed after it was built\n");
}

TEST(Inspect, tellsAnotherFileFromADamagedOne) {
  const TemporaryDirectory directory;
  const fs::path file = directory.path() / "plugin.yaml";
  writeFile(file, "id: com.acme.x\n");
  EXPECT_EQ(Call({"inspect", file}).err.str(), file.string() + ": it is neither a library (.so) nor a packed plugin (.atrium)\n");
}

TEST(Interface, isForeignWhenNoServerOfThisSdkTakesIt) {
  Manifest manifest;
  manifest.abi_major = ATRIUM_ABI_MAJOR;
  manifest.abi_minor = ATRIUM_ABI_MINOR;
  EXPECT_EQ(foreignInterface(manifest), "");
  manifest.abi_minor = ATRIUM_ABI_MINOR + 1;
  EXPECT_NE(foreignInterface(manifest), "");
  manifest.abi_major = 2;
  manifest.abi_minor = 0;
  EXPECT_TRUE(foreignInterface(manifest).starts_with("2.0, which no server of this SDK takes")) << foreignInterface(manifest);
}

// A misspelt member would be passed over, and the call be made, and recorded, without it.
TEST(Replay, refusesAMemberThatTheHookDoesNotTake) {
  Replayer replayer(ATRIUM_BUILD_ROOT "/plugins/message_type_text.so", "{}");
  const auto refusal = [&](const char* call) {
    try {
      return replayer.answer(call);
    } catch (const std::exception& problem) {
      return std::string(problem.what());
    }
  };
  EXPECT_EQ(refusal(R"({"hook":"check","mesage":{}})"), "check takes no \"mesage\"; did you mean \"message\"?");
  EXPECT_EQ(refusal(R"({"hook":"evaluate","lead":{}})"), "evaluate takes no \"lead\"; it takes window");
}

TEST(Toolchain, isLookedForOnThePath) {
  const TemporaryDirectory directory;
  const Environment environment = {{"PATH", "/nowhere:" + directory.path().string()}};
  writeFile(directory.path() / "cmake", "#!/bin/sh\n");
  EXPECT_FALSE(findProgram("cmake", environment));  // May not be run.
  fs::permissions(directory.path() / "cmake", fs::perms::owner_all);
  EXPECT_EQ(findProgram("cmake", environment), directory.path() / "cmake");
  EXPECT_TRUE(holds(missingTools(environment), "ninja, cc, c++ are missing"));
  EXPECT_TRUE(holds(missingTools(environment), "apt-get install -y --no-install-recommends ninja-build gcc g++"));
}

// A bare Debian has no sudo.
TEST(Toolchain, saysHowToInstallAsOneMayHere) {
  const TemporaryDirectory directory;
  const Environment environment = {{"PATH", directory.path().string()}};
  const bool root = ::geteuid() == 0;
  EXPECT_EQ(asRoot("apt-get update", environment), root ? "apt-get update" : "su -c 'apt-get update'");
  writeFile(directory.path() / "sudo", "#!/bin/sh\n");
  fs::permissions(directory.path() / "sudo", fs::perms::owner_all);
  EXPECT_EQ(asRoot("apt-get update", environment), root ? "apt-get update" : "sudo apt-get update");
}

// What the author's shell has for another server must not reach the one of `atrium dev`: not its secret, not its data.
TEST(PrivateServer, hasNoneOfTheVariablesOfTheShell) {
  const TemporaryDirectory directory;
  fs::create_directories(directory.path() / "bin");
  fs::create_directories(directory.path() / "project");
  writeFile(directory.path() / "project" / "CMakeLists.txt", "");
  const fs::path program = directory.path() / "bin" / "atriumd";
  writeFile(program, "#!/bin/sh\nenv\necho \"atriumd: $2:6:5: com.acme.x: the option \\\"tenant\\\" is missing\"\n");
  fs::permissions(program, fs::perms::owner_all);
  for (const auto& row : settingsTable())
    if (!row.environment.empty()) ::setenv(std::string(row.environment).c_str(), "of-the-shell", 1);
  const Environment environment = processEnvironment();
  std::ostringstream out;
  const CliContext context{environment, directory.path(), out, out};
  const auto project = Project::open(directory.path() / "project", context);
  ASSERT_TRUE(project) << project.error().detail;
  const auto server = PrivateServer::make(*project, {}, context);
  ASSERT_TRUE(server && (*server)->start({}));
  std::vector<std::string> lines;
  while ((*server)->runs()) {
    pollfd readable{.fd = (*server)->output(), .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, -1);
    (*server)->read([&](std::string_view line) { lines.emplace_back(line); });
  }
  for (const auto& row : settingsTable())
    if (!row.environment.empty()) ::unsetenv(std::string(row.environment).c_str());

  std::size_t given = 0;
  for (const std::string& line : lines) {
    EXPECT_FALSE(holds(line, "of-the-shell")) << line;
    given += line.starts_with("JWT_SECRET_KEY=") || line.starts_with("ATRIUM_DATA_DIR=") || line == "ATRIUM_PORT=0";
  }
  EXPECT_EQ(given, 3);
  // What is missing is told at the file in which the author writes it, and not at the one that was made.
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(),
            "atriumd: " + (directory.path() / "project" / "dev.yaml").string() + ": com.acme.x: the option \"tenant\" is missing");
}

TEST(CommandLine, aWrongOneIsToldFromAFailure) {
  EXPECT_EQ(Call({}).code, CliExit::wrong);
  EXPECT_EQ(Call({"deploy"}).code, CliExit::wrong);
  EXPECT_EQ(Call({"nwe", "room-type"}).err.str(),
            "atrium has no command \"nwe\"; did you mean \"new\"?\nRun with --help for those there are.\n");
  EXPECT_EQ(Call({"dev", "--server", "http://127.0.0.1:1"}).code, CliExit::wrong);
  EXPECT_EQ(Call({"--help"}).code, CliExit::done);
  const TemporaryDirectory directory;
  writeFile(directory.path() / "CMakeLists.txt", "");
  const Call without({"dev", directory.path(), "--config", "/nonexistent"}, processEnvironment());
  EXPECT_EQ(without.code, CliExit::wrong);
  EXPECT_EQ(without.err.str(), "--config /nonexistent: there is no such file\n");
  EXPECT_EQ(Call({"test", "/nonexistent"}).code, CliExit::failed);
}

// "Copy a folder, and `atrium dev` runs it": what an example asks of the operator stands in its dev.yaml.
TEST(Examples, bringWhatTheyNeedToRun) {
  int looked_at = 0;
  for (const auto& entry : fs::directory_iterator(ATRIUM_EXAMPLES)) {
    if (!entry.is_directory()) continue;
    const auto manifest = parseManifest(readFile(entry.path() / "plugin.yaml"), "plugin.yaml");
    ASSERT_TRUE(manifest) << entry.path();
    const YamlNode root = fs::exists(entry.path() / "dev.yaml") ? yaml(readFile(entry.path() / "dev.yaml")) : YamlNode();
    const YamlNode* use = &root;
    for (const std::string& key : {std::string("plugins"), std::string("use"), manifest->id}) use = use ? use->find(key) : nullptr;
    const YamlNode* config = use ? use->find("config") : nullptr;
    const auto options = manifest->options.complete(config ? *config : YamlNode(), {});
    EXPECT_TRUE(options) << entry.path() << ": " << formatProblems(options.error());
    const bool wants_secrets = std::ranges::find(manifest->grants, "secrets") != manifest->grants.end();
    EXPECT_TRUE(!wants_secrets || (use && use->find("secrets"))) << entry.path();
    ++looked_at;
  }
  EXPECT_GE(looked_at, 16);
}

TEST(ServerLog, isShownAsAPersonReadsIt) {
  EXPECT_EQ(readableLogLine("plain words"), "plain words");
  EXPECT_EQ(readableLogLine(R"({"time":"t","level":"info","event":"server.started"})"), "");
  EXPECT_EQ(readableLogLine(R"({"time":"t","level":"info","event":"plugin.unloaded","plugin":"x","reason":""})"), "");
  EXPECT_EQ(readableLogLine(R"({"time":"t","level":"info","event":"plugin.unloaded","plugin":"x","reason":"its file is gone"})"),
            "  info plugin.unloaded plugin=x reason=its file is gone");
  EXPECT_EQ(readableLogLine(R"({"time":"t","level":"warning","event":"plugin.pinned","plugin":"x","reason":""})"),
            "  warning plugin.pinned plugin=x");
  EXPECT_EQ(readableLogLine(R"({"time":"t","level":"warning","event":"plugin.rejected","file":"/x.so","reason":"it \"is\""})"),
            "  warning plugin.rejected file=/x.so reason=it \"is\"");
  EXPECT_EQ(readableLogLine(R"({"time":"t","level":"info","event":"plugin.com.acme.x","plugin_event":"event_seen","message":"one"})"),
            "  info plugin.com.acme.x: event_seen one");
}

}  // namespace atrium::test
