#include "plugin/types_port.hpp"

#include <gtest/gtest.h>

#include "plugin_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

class TypesPortTest : public testing::Test {
 protected:
  void start() {
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    types = world.host().makeTypes();
    room = types->roomType("test_room");
    message = types->messageType("test_message");
    ASSERT_TRUE(room && message);
  }
  HookOutcome check(std::string content) {
    if (!types) start();
    scene.content = std::move(content);
    return scene.check(*message);
  }
  HookOutcome post(std::string content) {
    if (!types) start();
    scene.content = std::move(content);
    return scene.willPost(*room);
  }
  // An answer that is void, be it held against the plugin or against the one message.
  static bool failed(const HookOutcome& said) {
    return said.failed && said.refused && (said.refused->code == Code::plugin_failed || said.refused->code == Code::rejected_by_plugin);
  }
  // "calls/failures" of one hook.
  std::string figures(std::string_view hook) {
    const auto document = JsonDocument::parse("{\"h\":" + world.tell("test_hooks.so", "hooks") + "}");
    const JsonView hooks = document->root()["h"];
    for (JsonView one = hooks.first(); one.exists(); one = one.sibling(hooks))
      if (one["hook"].text() == hook) return std::string(one["calls"].raw()) + "/" + std::string(one["failures"].raw());
    return "none";
  }

  PluginWorld world{ATRIUM_TEST_PLUGINS};
  std::unique_ptr<Types> types;
  RoomType* room = nullptr;
  MessageType* message = nullptr;
  Scene scene;
};

TEST_F(TypesPortTest, allowsAndChangesNothingWhenAHookSaysNothing) {
  const HookOutcome said = check("");
  EXPECT_FALSE(said.refused);
  EXPECT_TRUE(said.annotations.empty() && said.audience.empty() && !said.content);
}

TEST_F(TypesPortTest, knowsWhatIsOn) {
  start();
  EXPECT_EQ(types->roomTypeNames(), std::vector<std::string>{"test_room"});
  EXPECT_EQ(types->messageTypeNames(), std::vector<std::string>{"test_message"});
  EXPECT_EQ(types->roomType("test_message"), nullptr);
  EXPECT_TRUE(room->has(Hook::check_settings) && room->has(Hook::will_join) && room->has(Hook::will_post) && message->has(Hook::check));
}

TEST_F(TypesPortTest, carriesEverythingAHookSays) {
  const HookOutcome said = check(
      "annotate a {\"x\":[1]}\nannotate b null\nannotate a 2\ncontent new words\naudience sender\naudience user:bob\naudience sender");
  EXPECT_FALSE(said.refused);
  EXPECT_EQ(said.annotations, (std::vector<std::pair<std::string, std::string>>{{"a", "2"}, {"b", "null"}}));
  EXPECT_EQ(said.content, "new words");
  EXPECT_EQ(said.audience, (std::vector<std::string>{"sender", "user:bob"})) << "each class once";
  EXPECT_EQ(check("greet").annotations[0].second, "\"hello\"") << "the option's default";
}

TEST_F(TypesPortTest, tellsARefusalFromWrongFields) {
  const HookOutcome denied = check("deny first\ndeny Not today.\nannotate a 1");
  ASSERT_TRUE(denied.refused);
  EXPECT_EQ(denied.refused->code, Code::rejected_by_plugin);
  EXPECT_EQ(denied.refused->detail, "Not today.") << "the last one counts";
  EXPECT_TRUE(denied.annotations.empty()) << "what is refused is not changed";
  const HookOutcome fields = check("deny-field /metadata/x must be blue\ndeny-field /metadata/y must be");
  EXPECT_EQ(fields.refused->code, Code::validation_failed);
  EXPECT_EQ(fields.refused->fields, (std::vector<FieldProblem>{{"/metadata/x", "must be blue"}, {"/metadata/y", "must be"}}));
  std::string many;
  for (int n = 0; n < 40; ++n) many += "deny-field /x wrong\n";
  EXPECT_EQ(check(many).refused->fields.size(), 32u);
  EXPECT_FALSE(failed(check(many))) << "more fields than are listed are no breach";
}

TEST_F(TypesPortTest, holdsPluginsToTheirContract) {
  std::string annotations, audience;
  for (int n = 0; n < 17; ++n) annotations += "annotate k" + std::to_string(n) + " 1\n";
  for (int n = 0; n < 5; ++n) audience += "audience user:u" + std::to_string(n) + "\n";
  const std::string long_json = '"' + std::string(4096, 'x') + '"';
  for (const std::string& breach :
       {std::string("not-utf8"), std::string("huge"), std::string("throw"), std::string("throw-int"), std::string("annotate a {"),
        std::string("annotate a 1 2"), std::string("annotate  1"), std::string("annotate a"), "annotate a " + long_json, annotations,
        audience, std::string("audience everyone"), std::string("audience role:king"), std::string("audience user:"),
        "audience user:" + std::string(129, 'u'), std::string("deny-field no-pointer wrong"), "content " + std::string(65537, 'x')}) {
    types.reset();  // Anew each time: three of these are too many for one life.
    EXPECT_TRUE(failed(check(breach))) << breach.substr(0, 60);
    EXPECT_EQ(figures("check"), "1/1");
    EXPECT_EQ(check("patch /metadata/a 1\npatch /metadata/b").patches.size(), 2u);
    EXPECT_EQ(figures("check"), "2/1") << "and it goes on";
  }
  std::string patches;
  for (int n = 0; n < 17; ++n) patches += "patch /metadata/k 1\n";
  for (const std::string& breach : {std::string("patch /content 1"), std::string("patch metadata 1"), std::string("patch /metadata/a {"),
                                    std::string("patch /metadata/~2 1"), std::string("annotate a 1\npatch /metadata/a/b 1"), patches}) {
    types.reset();
    EXPECT_TRUE(failed(check(breach))) << breach;
  }
}

// What users send decides how long an annotation gets and whether a patch leads anywhere: none of them may bring a plugin down for all.
TEST_F(TypesPortTest, whatDoesNotFitIsHeldAgainstThatMessageAlone) {
  const std::string too_long = "annotate a \"" + std::string(4096, 'x') + '"';
  for (int n = 0; n < 20; ++n)
    for (const std::string& misfit : {too_long, std::string("annotate a 1\npatch /metadata/a/b 1"), "content " + std::string(65537, 'x')}) {
      const HookOutcome said = check(misfit);
      ASSERT_TRUE(said.failed && said.refused) << misfit.substr(0, 40);
      EXPECT_EQ(said.refused->code, Code::rejected_by_plugin) << "whatever the operator allows to fail";
    }
  EXPECT_EQ(check("annotate a 1").annotations.size(), 1u) << "it goes on";
}

TEST_F(TypesPortTest, offersEachHookOnlyWhatItMayUse) {
  EXPECT_EQ(post("content other").content, "other");
  EXPECT_EQ(post("annotate a 1\naudience sender").audience.size(), 1u);
  scene.settings = Scene::json(R"({"do":"annotate a 1\naudience sender\ndeny-field /settings/do no"})");
  EXPECT_EQ(scene.checkSettings(*room).refused->code, Code::validation_failed);
  const HookOutcome join = scene.willJoin(*room);
  EXPECT_FALSE(join.refused) << "will_join knows no fields";
  EXPECT_TRUE(join.annotations.empty() && join.audience.empty());
  scene.settings = Scene::json(R"({"do":"deny Full moon."})");
  EXPECT_EQ(scene.willJoin(*room).refused->detail, "Full moon.");
}

TEST_F(TypesPortTest, allowsOnFailureWhenTheOperatorWantsIt) {
  world.wishes.use["test.hooks"].on_failure = OnFailure::allow;
  EXPECT_FALSE(post("throw").refused);
  EXPECT_FALSE(post("audience sender\nnot-utf8").refused);
  EXPECT_TRUE(post("not-utf8").audience.empty()) << "nothing of a broken answer is kept";
  EXPECT_EQ(figures("will_post"), "3/3") << "it counts all the same";
}

TEST_F(TypesPortTest, deniesOnFailureByDefaultWithoutTellingSecrets) {
  const HookOutcome said = post("throw");
  ASSERT_TRUE(failed(said));
  EXPECT_EQ(said.refused->detail, "The plugin test.hooks failed.");
}

TEST_F(TypesPortTest, tellsOfAPluginThatFailsAndFailsUntilItWorksAgain) {
  for (unsigned n = 1; n < HookGuard::failing_after; ++n) post("throw");
  EXPECT_TRUE(world.host().health().whole);
  post("throw");
  EXPECT_FALSE(world.host().health().whole);
  EXPECT_EQ(world.host().health().detail, "test.hooks is degraded: its calls failed one after the other");
  world.clock.advance(std::chrono::seconds{7});
  post("");
  post("");
  EXPECT_TRUE(world.host().health().whole);
}

TEST_F(TypesPortTest, countsEachShardsCallsAndShowsTheirSum) {
  start();
  const auto other = world.host().makeTypes();
  for (int n = 0; n < 3; ++n) check("");
  scene.content = "";
  static_cast<void>(scene.check(*other->messageType("test_message")));
  EXPECT_EQ(figures("check"), "4/0");
  std::string metrics;
  world.host().appendPrometheus(metrics);
  EXPECT_NE(metrics.find("atrium_plugin_calls_total{plugin=\"test.hooks\",hook=\"check\"} 4\n"), std::string::npos);
  EXPECT_NE(metrics.find("atrium_plugin_failures_total{plugin=\"test.hooks\",hook=\"check\"} 0\n"), std::string::npos);
  EXPECT_NE(metrics.find("atrium_plugin_call_seconds_count{plugin=\"test.hooks\",hook=\"check\"} 4\n"), std::string::npos);
}

TEST_F(TypesPortTest, countsAnOverrunAndKeepsTheVerdict) {
  world.wishes.use["test.hooks"].deadline = std::chrono::microseconds{0};
  EXPECT_EQ(check("content late").content, "late");
  const std::string hooks = world.tell("test_hooks.so", "hooks");
  EXPECT_NE(hooks.find("\"hook\":\"check\",\"calls\":1,\"failures\":0,\"deadline_overruns\":1"), std::string::npos) << hooks;
}

}  // namespace
}  // namespace atrium::test
