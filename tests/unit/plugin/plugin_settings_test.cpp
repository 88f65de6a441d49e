// What plugins say of the room types that stand in the configuration alone: at the start, in a plan and in a change.
#include <gtest/gtest.h>

#include "plugin/plugin_host.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

class PluginSettingsTest : public testing::Test {
 protected:
  PluginSettingsTest() { writeFile(directory.path() / "hooks.so", readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_hooks.so")); }
  // The wishes of the world and a room type "crew", whose rooms begin with {do: `does`}.
  PluginWishes crew(const std::string& does) {
    PluginWishes wishes = world.wishes;
    RoomTypeWish& wish = wishes.room_types["crew"];
    wish.on = true;
    wish.based_on = PlacedName{"test_room", {}};
    wish.settings = yaml("{do: '" + does + "'}");
    return wishes;
  }
  static void greet(PluginWishes& wishes, const std::string& greeting) {
    wishes.use["test.hooks"].config = yaml("{greeting: " + greeting + "}");
  }
  [[nodiscard]] std::string refusal() {
    const auto started = world.start();
    return started ? std::string() : started.error().detail;
  }
  // What a refused change tells, the fields' sentences one a line.
  static std::string told(const Result<PluginHost::Steps>& steps) {
    if (steps) return "accepted";
    EXPECT_EQ(steps.error().code, Code::change_refused);
    std::string text = steps.error().detail;
    for (const FieldProblem& field : steps.error().fields) text += "\n" + field.message;
    return text;
  }
  [[nodiscard]] std::string planned(const PluginWishes& wishes) { return told(world.host().plan({directory.path()}, wishes)); }
  [[nodiscard]] std::string applied(const PluginWishes& wishes) { return told(world.host().apply({directory.path()}, wishes)); }
  [[nodiscard]] std::string shown(const char* key) { return world.tell("hooks.so", key); }

  TemporaryDirectory directory;
  PluginWorld world{directory.path()};
};

constexpr const char* not_so = "room_types.crew: settings/do not so, says the plugin test.hooks";

TEST_F(PluginSettingsTest, endTheStartWithWhoRefusesThem) {
  world.wishes = crew("deny-field /settings/do not so");
  EXPECT_NE(refusal().find(not_so), std::string::npos) << refusal();
}

TEST_F(PluginSettingsTest, areAskedInAPlanAndAChange) {
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(planned(crew("annotate-nothing")), "accepted");
  EXPECT_NE(planned(crew("deny-field /settings/do not so")).find(not_so), std::string::npos);
  EXPECT_NE(applied(crew("deny-field /settings/do not so")).find(not_so), std::string::npos);
  EXPECT_EQ(applied(crew("annotate-nothing")), "accepted");
  EXPECT_EQ(shown("generation"), "1") << "nothing of the plugin's own was different";
}

TEST_F(PluginSettingsTest, thatAreRefusedLeaveEverythingElseAsItWas) {
  ASSERT_EQ(refusal(), "");
  PluginWishes wishes = crew("unless-greeted good evening");
  greet(wishes, "good morning");
  EXPECT_NE(applied(wishes).find("settings/do the greeting is good morning, says the plugin test.hooks"), std::string::npos);
  EXPECT_EQ(shown("generation"), "1");
  EXPECT_NE(shown("options").find("hello"), std::string::npos) << shown("options");
  greet(wishes, "good evening");
  EXPECT_EQ(applied(wishes), "accepted") << "whoever is asked is the generation that comes";
  EXPECT_EQ(shown("state"), "active");
}

TEST_F(PluginSettingsTest, areKeptByWhatIsDoneToOnePluginLater) {
  world.wishes = crew("unless-greeted hello");
  ASSERT_EQ(refusal(), "");
  const std::string said = told(world.host().configure("test.hooks", yaml("{greeting: hi}")));
  EXPECT_NE(said.find("settings/do the greeting is hi"), std::string::npos) << said;
  EXPECT_NE(shown("options").find("hello"), std::string::npos);
}

TEST_F(PluginSettingsTest, areAskedInAPlanOfWhoWouldBeLoadedAndOfWhoRunsIsolated) {
  world.runner = ATRIUM_RUNNER;
  ASSERT_EQ(refusal(), "");
  PluginWishes wishes = crew("unless-greeted good evening");
  greet(wishes, "good evening");
  EXPECT_EQ(planned(wishes), "accepted");
  greet(wishes, "good morning");
  EXPECT_NE(planned(wishes).find("the greeting is good morning"), std::string::npos);
  EXPECT_EQ(shown("generation"), "1");
  wishes.use["test.hooks"].run = RunPlacement::isolated;
  EXPECT_NE(applied(wishes).find("the greeting is good morning"), std::string::npos);
  greet(wishes, "good evening");
  EXPECT_EQ(applied(wishes), "accepted");
  wishes.room_types["crew"].settings = yaml("{do: deny-field /settings/do not so}");
  EXPECT_NE(planned(wishes).find(not_so), std::string::npos) << "its runner is asked";
}

TEST_F(PluginSettingsTest, areNotWaitedForWithoutEnd) {
  world.call_patience = std::chrono::milliseconds(300);
  const PluginWishes at_rest = world.wishes;
  world.wishes = crew("hang");
  const std::string said = refusal();
  EXPECT_NE(
      said.find("room_types.crew: the plugin test.hooks could not be asked of its settings: check_settings() did not come back within "
                "50 ms"),
      std::string::npos)
      << said;
  world.wishes = at_rest;
  ASSERT_EQ(refusal(), "");
  EXPECT_NE(applied(crew("hang")).find("did not come back within 50 ms"), std::string::npos);
  EXPECT_EQ(shown("state"), "active") << "one fault is no end";
}

TEST_F(PluginSettingsTest, areAskedAgainOnlyWhenTheyOrWhoAnswersAreDifferent) {
  writeFile(directory.path() / "worker.so", readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_worker.so"));
  world.call_patience = std::chrono::milliseconds(300);
  world.wishes = crew("once");
  ASSERT_EQ(refusal(), "");
  EXPECT_EQ(told(world.host().disable("test.worker")), "accepted") << "nobody is asked who would not come back";
  PluginWishes wishes = world.wishes;
  wishes.room_types["crew"].max_members = 7;
  EXPECT_NE(applied(wishes).find("did not come back within 50 ms"), std::string::npos);
}

TEST_F(PluginSettingsTest, tellOfAPluginThatFailsUnlessAFailureIsAllowed) {
  ASSERT_EQ(refusal(), "");
  PluginWishes wishes = crew("throw");
  EXPECT_NE(applied(wishes).find("could not be asked of its settings: it returned"), std::string::npos);
  wishes.use["test.hooks"].on_failure = OnFailure::allow;
  EXPECT_EQ(applied(wishes), "accepted");
}

}  // namespace
}  // namespace atrium::test
