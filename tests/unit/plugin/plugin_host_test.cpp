#include "plugin/plugin_host.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "plugin_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

// A directory of its own with copies of the test plugins, so that files can come, go and change.
class PluginHostTest : public testing::Test {
 protected:
  PluginHostTest() {
    put("test_hooks.so", "test_hooks.so");
    put("test_store.so", "test_store.so");
  }
  void put(const std::string& from, const std::string& to) {
    writeFile(directory.path() / to, readFile(std::string(ATRIUM_TEST_PLUGINS) + "/" + from));
  }
  std::string refusal() {
    const auto started = world.start();
    return started ? std::string() : started.error().detail;
  }
  std::string state(const char* file) { return world.tell(file, "state"); }
  PluginUse& use(const char* id) { return world.wishes.use[id]; }

  TemporaryDirectory directory;
  PluginWorld world{directory.path()};
};

TEST_F(PluginHostTest, loadsWhatIsWantedAndShowsAll) {
  writeFile(directory.path() / "README.md", "passed over");
  writeFile(directory.path() / "broken.so", "not a plugin");
  writeFile(directory.path() / ".hidden", "passed over");
  std::filesystem::create_directory(directory.path() / "folder");
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(state("test_hooks.so"), "active");
  EXPECT_EQ(state("test_store.so"), "verified");
  EXPECT_EQ(world.tell("test_store.so", "reason"), "the storage-backend test is not switched on");
  EXPECT_EQ(state("broken.so"), "rejected");
  EXPECT_EQ(world.tell("broken.so", "reason"), "it is not an ELF file");
  EXPECT_EQ(state("README.md") + state(".hidden") + state("folder"), "");
  EXPECT_EQ(world.host().storage(), nullptr);
  EXPECT_NE(world.host().find("test.hooks"), nullptr);
  EXPECT_EQ(world.host().find("test.store"), nullptr);
}

TEST_F(PluginHostTest, isWholeWhileEveryWantedPluginIsThere) {
  ASSERT_EQ(refusal(), "");
  EXPECT_TRUE(world.host().health().whole);
  EXPECT_EQ(world.host().health().detail, "");
  world.host().stop();
  for (int n = 0; n < 7; ++n) writeFile(directory.path() / ("broken" + std::to_string(n) + ".so"), "not a plugin");
  ASSERT_EQ(refusal(), "");
  EXPECT_FALSE(world.host().health().whole);
  EXPECT_TRUE(world.host().health().detail.starts_with("broken0.so was rejected: it is not an ELF file; broken1.so"));
  EXPECT_TRUE(world.host().health().detail.ends_with("; and 2 more"));
  world.host().stop();
  world.wishes.enabled_by_default = false;
  ASSERT_EQ(refusal(), "");
  EXPECT_TRUE(world.host().health().whole) << "nobody wants them";
}

TEST_F(PluginHostTest, tellsTheAdminEverything) {
  use("test.hooks").config = yaml("{greeting: \"hi \\\"you\\\"\"}");
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(world.tell("test_hooks.so", "id"), "test.hooks");
  EXPECT_EQ(world.tell("test_hooks.so", "version"), "2.1.0-beta.1");
  EXPECT_EQ(world.tell("test_hooks.so", "abi"), "1.0");
  EXPECT_EQ(world.tell("test_hooks.so", "maturity"), "draft");
  EXPECT_EQ(world.tell("test_hooks.so", "untrusted_input"), "false");
  EXPECT_EQ(world.tell("test_hooks.so", "extensions"), R"({"room-type":"test_room","message-type":"test_message"})");
  EXPECT_EQ(world.tell("test_hooks.so", "grants"), R"(["log"])");
  EXPECT_EQ(world.tell("test_hooks.so", "options"), R"({"greeting":"hi \"you\""})");
  EXPECT_EQ(world.tell("test_hooks.so", "hooks"), "[]") << "no shard calls it yet";
  EXPECT_EQ(world.tell("test_hooks.so", "sha256").size(), 64u);
  EXPECT_FALSE(world.tell("test_hooks.so", "build_id").empty());
}

TEST_F(PluginHostTest, switchesPluginsOffById) {
  use("test.hooks").enabled = false;
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(state("test_hooks.so"), "verified");
  EXPECT_TRUE(world.host().makeTypes()->roomTypeNames().empty());
}

TEST_F(PluginHostTest, switchesEverythingOffThatIsNotNamed) {
  world.wishes.enabled_by_default = false;
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(state("test_hooks.so"), "verified");
}

TEST_F(PluginHostTest, switchesOnWhatIsNamedByItsKind) {
  world.wishes.enabled_by_default = false;
  world.wishes.room_types["test_room"].on = true;
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(state("test_hooks.so"), "active");
  const auto types = world.host().makeTypes();
  EXPECT_NE(types->roomType("test_room"), nullptr);
  EXPECT_EQ(types->messageType("test_message"), nullptr) << "nobody named this one";
}

TEST_F(PluginHostTest, switchesOneKindOffByName) {
  world.wishes.room_types["test_room"].on = false;
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(state("test_hooks.so"), "active") << "its other kind is on";
  const auto types = world.host().makeTypes();
  EXPECT_EQ(types->roomType("test_room"), nullptr);
  EXPECT_NE(types->messageType("test_message"), nullptr);
}

TEST_F(PluginHostTest, neverLoadsAPluginAllOfWhoseKindsAreOff) {
  world.wishes.room_types["test_room"].on = false;
  world.wishes.message_types["test_message"].on = false;
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(state("test_hooks.so"), "verified");
}

TEST_F(PluginHostTest, endsTheStartWhenSomethingWantedIsNotThere) {
  use("test.hoks");
  world.wishes.room_types["test_rom"].on = false;
  world.wishes.message_types["nothing_like_it"];
  world.wishes.storage = "papyrus";
  world.wishes.scorers.push_back({"mach", {}});
  const std::string text = refusal();
  EXPECT_NE(text.find("no file in the plugin directories holds the plugin test.hoks"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean \"test.hooks\"?"), std::string::npos) << text;
  EXPECT_NE(text.find("no plugin provides the room-type test_rom"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean \"test_room\"?"), std::string::npos) << text;
  EXPECT_NE(text.find("no plugin provides the message-type nothing_like_it"), std::string::npos) << text;
  EXPECT_NE(text.find("no plugin provides the storage backend papyrus"), std::string::npos) << text;
  EXPECT_NE(text.find("there are: test"), std::string::npos) << text;
  EXPECT_NE(text.find("no plugin provides the routing-scorer mach\n    there is no scorer at all"), std::string::npos) << text;
}

TEST_F(PluginHostTest, endsTheStartWhenANamedPluginIsNotSound) {
  writeFile(directory.path() / "test_hooks.so", readFile(directory.path() / "test_hooks.so") + "x");
  use("test.hooks");
  const std::string text = refusal();
  EXPECT_NE(text.find("test_hooks.so was refused: its seal is broken"), std::string::npos) << text;
}

TEST_F(PluginHostTest, endsTheStartWhenATypeThatIsNamedComesFromAPluginThatIsNotSound) {
  put("test_hooks.so", "again.so");  // Two files share an id: both are refused.
  world.wishes.message_types["test_message"].on = false;
  EXPECT_EQ(refusal(), "") << "nobody asked for it";
  world.wishes.room_types["test_room"].on = true;
  const std::string text = refusal();
  EXPECT_NE(text.find("which provides the room-type test_room, was refused: the id test.hooks"), std::string::npos) << text;
  EXPECT_EQ(text.find("test_message"), std::string::npos) << text;
}

TEST_F(PluginHostTest, endsTheStartWhenTheStorageIsSwitchedOff) {
  world.wishes.storage = "test";
  use("test.store").enabled = false;
  const std::string text = refusal();
  EXPECT_NE(text.find("no plugin provides the storage backend test\n    plugins.use switches test.store off"), std::string::npos) << text;
}

TEST_F(PluginHostTest, endsTheStartWhenAStorageIsGivenWhatItDoesNotTake) {
  world.wishes.storage = "test";
  use("test.store").config = yaml("{gate: 0, arrivals: 0, inline: false}");
  use("test.store").deadline = std::chrono::milliseconds{5};
  const std::string text = refusal();
  EXPECT_NE(text.find("test.store: a storage takes neither deadline nor on_failure here\n    set storage.deadline"), std::string::npos)
      << text;
  use("test.store").deadline.reset();
  EXPECT_EQ(refusal(), "");
}

TEST_F(PluginHostTest, endsTheStartWhenAKindIsGivenMoreTimeThanItMayTake) {
  put("test_worker.so", "test_worker.so");
  use("test.worker").deadline = std::chrono::milliseconds{51};
  EXPECT_NE(refusal().find("test.worker: a routing-scorer may take 50 ms at most\n    give it a shorter deadline"), std::string::npos);
  use("test.worker").deadline = std::chrono::milliseconds{9};
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(world.host().find("test.worker")->deadline<RoutingScorerKind>(), std::chrono::milliseconds{9});
  EXPECT_EQ(world.host().find("test.worker")->deadline<CommandKind>(), std::chrono::milliseconds{9});
  use("test.worker").on_failure = OnFailure::allow;
  EXPECT_NE(refusal().find("test.worker: on_failure is for room types and message types"), std::string::npos);
}

// A full disk or a cut of the power ends a server inside its storage, too; without it there would be no next start.
TEST_F(PluginHostTest, aStorageThatEndedThePreviousRunIsUsedAllTheSame) {
  const TemporaryDirectory memory;
  world.memory = memory.path();
  world.wishes.storage = "test";
  use("test.store").config = yaml("{gate: 0, arrivals: 0, inline: false}");
  ASSERT_EQ(refusal(), "");
  const std::string culprit = "test.store\t" + world.tell("test_store.so", "sha256") + "\t";
  world.host().stop();
  writeFile(memory.path() / "tombstone", culprit + "it crashed the server with SIGBUS in append\n");
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(state("test_store.so"), "active");
  ASSERT_NE(world.host().storage(), nullptr);
  world.host().stop();
  writeFile(memory.path() / "loading", culprit + "the server ended while it was being loaded\n");
  ASSERT_EQ(refusal(), "");
  EXPECT_NE(world.host().storage(), nullptr);
}

TEST_F(PluginHostTest, endsTheStartWhenOptionsAreWrong) {
  use("test.hooks").config = yaml("{greting: hi, greeting: [1]}");
  const std::string text = refusal();
  EXPECT_NE(text.find("test.yaml:1:2: test.hooks: the plugin has no option \"greting\""), std::string::npos) << text;
  EXPECT_NE(text.find("test.yaml:1:"), std::string::npos);
  EXPECT_NE(text.find("greeting: "), std::string::npos) << "all at once: " << text;
}

TEST_F(PluginHostTest, endsTheStartWhenTheStorageLacksAnOption) {
  world.wishes.storage = "test";
  EXPECT_NE(refusal().find("the option \"gate\" is missing"), std::string::npos) << "though plugins.use does not name it";
  world.wishes.enabled_by_default = false;
  EXPECT_NE(refusal().find("the option \"gate\" is missing"), std::string::npos) << "the storage's name is enough";
}

TEST_F(PluginHostTest, refusesBothFilesThatShareAnId) {
  put("test_hooks.so", "again.so");
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(state("test_hooks.so"), "rejected");
  EXPECT_EQ(state("again.so"), "rejected");
  EXPECT_NE(world.tell("again.so", "reason").find("/test_hooks.so: remove one of them"), std::string::npos);
  use("test.hooks");
  EXPECT_NE(refusal().find("the id test.hooks is also that of"), std::string::npos);
}

TEST_F(PluginHostTest, refusesDirectoriesItCannotTrust) {
  ::chmod(directory.path().c_str(), 0777);
  EXPECT_NE(refusal().find("writable by everyone"), std::string::npos);
}

TEST_F(PluginHostTest, neverEmptiesADirectoryThatPluginsAreTakenFrom) {
  const auto started = PluginHost::start({.directories = {directory.path()}, .copies = directory.path() / ".", .wishes = world.wishes},
                                         world.log, world.clock);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("keep plugins elsewhere"), std::string::npos) << started.error().detail;
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "test_hooks.so"));
}

TEST_F(PluginHostTest, endsPluginsAndProvesThatTheyWent) {
  ASSERT_EQ(refusal(), "");
  world.host().stop();
  EXPECT_EQ(state("test_hooks.so"), "unloaded");
  EXPECT_EQ(world.host().find("test.hooks"), nullptr);
  world.host().stop();  // A second time does nothing.
}

TEST_F(PluginHostTest, comesUpAgainAndAgain) {
  for (int n = 0; n < 20; ++n) {
    ASSERT_EQ(refusal(), "");
    EXPECT_EQ(state("test_hooks.so"), "active");
  }
}

TEST_F(PluginHostTest, survivesTheFileBeingOverwrittenWhileItIsLoaded) {
  ASSERT_EQ(refusal(), "");
  const auto types = world.host().makeTypes();
  writeFile(directory.path() / "test_hooks.so", std::string(100, '\0'));  // In place: fatal for a library that is mapped.
  Scene scene;
  scene.content = "greet";
  EXPECT_EQ(scene.check(*types->messageType("test_message")).annotations.at(0).second, "\"hello\"");
}

}  // namespace
}  // namespace atrium::test
