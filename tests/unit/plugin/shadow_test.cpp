#include "plugin/shadow.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugin/types_port.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

using Outcome = ShadowLedger::Outcome;

// A plugin that says of every call what it is told to, at once or later.
class Plugin final : public HookTarget {
 public:
  explicit Plugin(HookSet its_hooks) : hooks_(its_hooks) {}
  HookSet hooks() const override { return hooks_; }
  void call(const HookCall& call, HookDone done) override {
    seen.emplace_back(word(call.hook));
    if (late) return waiting.push_back(std::move(done));
    done(HookOutcome(says));
  }
  void answer() {
    for (HookDone& done : std::exchange(waiting, {})) done(HookOutcome(says));
  }

  HookOutcome says;
  bool late = false;
  std::vector<std::string> seen;
  std::deque<HookDone> waiting;

 private:
  HookSet hooks_;
};

HookOutcome refusal(std::string reason) {
  HookOutcome outcome;
  outcome.refused = Error{Code::rejected_by_plugin, std::move(reason), 0, {}};
  return outcome;
}

// Two plugins for the room type "team" and the message type "note", one in force and one its shadow.
struct ShadowTest : testing::Test {
  ShadowTest() {
    port.publish(publication("acme.team", in_force));
    TypesPublication seen = publication("acme.next", shadow);
    seen.shadow = ledger;
    port.publish(seen);
  }
  static TypesPublication publication(std::string id, std::shared_ptr<HookTarget> hooks) {
    atrium_room_type_info room{};
    room.struct_size = sizeof room;
    room.name = textOf("team");
    room.tick_seconds = 7;
    atrium_message_type_info message{};
    message.struct_size = sizeof message;
    message.name = textOf("note");
    return {.plugin_id = std::move(id), .hooks = std::move(hooks), .room_type = room, .message_type = message};
  }
  static atrium_text textOf(std::string_view text) { return {text.data(), text.size()}; }

  // Whether a message passes, with all that it is asked and told.
  bool post(std::string content = "hello") {
    scene.content = std::move(content);
    HookOutcome said = scene.willPost(*port.roomType("team"));
    if (!said.refused) said = scene.check(*port.messageType("note"));
    return !said.refused;
  }
  void tell(Hook hook) {
    const auto room = scene.room();
    const auto user = scene.user();
    const auto message = scene.message();
    atrium_position position{};
    position.struct_size = sizeof position;
    for (HookTarget* target : port.roomType("team")->row())
      if (target->hooks().has(hook))
        target->call({.hook = hook, .room = &room, .user = &user, .message = &message, .position = &position}, [](const HookOutcome&) {});
  }
  [[nodiscard]] std::uint64_t count(Hook hook, Outcome outcome) const {
    return ledger->counts()[static_cast<unsigned>(hook)][static_cast<unsigned>(outcome)];
  }

  ManualClock clock;
  Scene scene;
  std::shared_ptr<Plugin> in_force = std::make_shared<Plugin>(HookSet{Hook::will_post, Hook::did_post, Hook::check});
  std::shared_ptr<Plugin> shadow = std::make_shared<Plugin>(HookSet{Hook::will_post, Hook::did_post, Hook::check});
  std::shared_ptr<ShadowLedger> ledger = std::make_shared<ShadowLedger>(clock);
  TypesPort port;
};

TEST_F(ShadowTest, seesWhatPassesAndIsCompared) {
  EXPECT_TRUE(post());
  tell(Hook::did_post);
  EXPECT_EQ(shadow->seen, (std::vector<std::string>{"will_post", "check", "did_post"}));
  EXPECT_EQ(count(Hook::will_post, Outcome::agree), 1u);
  EXPECT_EQ(count(Hook::check, Outcome::agree), 1u);
  EXPECT_EQ(count(Hook::did_post, Outcome::told), 1u);
  EXPECT_EQ(port.roomTypeNames(), std::vector<std::string>{"team"});
}

TEST_F(ShadowTest, changesNothingWhateverItSays) {
  shadow->says = refusal("not so");
  EXPECT_TRUE(post());
  shadow->says = {};
  shadow->says.content = "another text";
  EXPECT_TRUE(post());
  EXPECT_FALSE(scene.check(*port.messageType("note")).content);
  EXPECT_EQ(count(Hook::will_post, Outcome::differ), 2u);
  ASSERT_EQ(ledger->differences().size(), 5u);
  const ShadowLedger::Difference first = ledger->differences().front();
  EXPECT_EQ(first.hook, Hook::will_post);
  EXPECT_EQ(first.in_force, R"({"allowed":true})");
  EXPECT_EQ(first.shadow, R"({"refused":"rejected_by_plugin","reason":"not so"})");
  EXPECT_EQ(ledger->differences().back().shadow, R"({"allowed":true,"content":"another text"})");
}

TEST_F(ShadowTest, isHeldAgainstARefusalInForce) {
  in_force->says = refusal("no");
  EXPECT_FALSE(post());
  EXPECT_EQ(count(Hook::will_post, Outcome::differ), 1u);
  shadow->says = refusal("no");
  EXPECT_FALSE(post());
  EXPECT_EQ(count(Hook::will_post, Outcome::agree), 1u);
}

TEST_F(ShadowTest, takesTheOrderOfAnnotationsForNothingAndThatOfPatchesForSomething) {
  HookOutcome one, other;
  one.annotations = {{"a", "1"}, {"b", "2"}};
  other.annotations = {{"b", "2"}, {"a", "1"}};
  one.audience = {"sender", "role:agent"};
  other.audience = {"role:agent", "sender"};
  EXPECT_EQ(describeAnswer(one), describeAnswer(other));
  one.patches = {{"/metadata/a", "1"}, {"/metadata/a", ""}};
  other.patches = {{"/metadata/a", ""}, {"/metadata/a", "1"}};
  EXPECT_NE(describeAnswer(one), describeAnswer(other));
  EXPECT_EQ(describeAnswer(one),
            R"({"allowed":true,"annotations":{"a":1,"b":2},"patches":[{"path":"/metadata/a","value":1},{"path":"/metadata/a"}],)"
            R"("audience":["role:agent","sender"]})");
}

TEST_F(ShadowTest, countsItsFailuresAsNothingElse) {
  shadow->says.failed = true;
  EXPECT_TRUE(post());
  EXPECT_EQ(count(Hook::check, Outcome::failed), 1u);
  EXPECT_TRUE(ledger->differences().empty());
}

TEST_F(ShadowTest, isWaitedForByNobodyAndDropsWhatIsTooMuch) {
  shadow->late = true;
  for (std::size_t n = 0; n < Shadow::calls_max; ++n) EXPECT_TRUE(post());
  EXPECT_EQ(shadow->waiting.size(), Shadow::calls_max) << "of both hooks together";
  EXPECT_EQ(count(Hook::will_post, Outcome::dropped) + count(Hook::check, Outcome::dropped), Shadow::calls_max);
  shadow->late = false;
  shadow->answer();
  EXPECT_EQ(count(Hook::will_post, Outcome::agree) + count(Hook::check, Outcome::agree), Shadow::calls_max);
  EXPECT_TRUE(post());
  EXPECT_EQ(count(Hook::will_post, Outcome::dropped) + count(Hook::check, Outcome::dropped), Shadow::calls_max) << "there is room again";
}

TEST_F(ShadowTest, dropsWhatIsTooLarge) {
  shadow->late = true;
  const std::string large(std::size_t{1} << 20, 'x');
  for (int n = 0; n < 4; ++n) EXPECT_TRUE(post(large));
  EXPECT_LT(shadow->waiting.size(), 4u);
  EXPECT_GT(count(Hook::check, Outcome::dropped), 0u);
  shadow->answer();  // What waits there holds the port's slot.
}

TEST_F(ShadowTest, keepsTheLatestDifferencesAndTheirBeginnings) {
  const std::string long_reason(2 * ShadowLedger::answer_max, 'r');
  for (std::size_t n = 0; n < 2 * ShadowLedger::differences_max; ++n) {
    shadow->says = refusal(long_reason);
    post();
  }
  EXPECT_EQ(ledger->differences().size(), ShadowLedger::differences_max);
  EXPECT_EQ(ledger->differences().back().shadow.size(), ShadowLedger::answer_max);
}

TEST_F(ShadowTest, isAskedWhereNobodyInForceIs) {
  const auto eager = std::make_shared<Plugin>(HookSet{Hook::will_join, Hook::summarise, Hook::tick});
  eager->says = refusal("not so");
  TypesPublication seen = publication("acme.next", eager);
  seen.shadow = ledger;
  port.publish(seen);
  EXPECT_FALSE(scene.willJoin(*port.roomType("team")).refused);
  EXPECT_EQ(count(Hook::will_join, Outcome::differ), 1u);
  EXPECT_TRUE(port.messageType("note")->has(Hook::summarise));
  EXPECT_EQ(port.roomType("team")->row().front()->tickInterval(), std::chrono::seconds(7));
}

TEST_F(ShadowTest, holdsTheSchemaOfItsOwnAgainstTheMetadata) {
  const JsonDocument schema_text = Scene::json(R"({"type":"object","required":["page"]})");
  const auto schema = JsonSchema::compile(schema_text.root());
  ASSERT_TRUE(schema);
  TypesPublication seen = publication("acme.next", shadow);
  seen.shadow = ledger;
  seen.message_schema = &*schema;
  port.publish(seen);
  EXPECT_TRUE(post());
  EXPECT_EQ(count(Hook::check, Outcome::differ), 1u);
  EXPECT_EQ(shadow->seen, std::vector<std::string>{"will_post"}) << "what its schema refuses it does not see";
}

TEST_F(ShadowTest, followsWhoeverServesTheTypeAndLeavesWhenItIsWithdrawn) {
  port.withdraw("acme.team");
  EXPECT_EQ(port.roomType("team"), nullptr) << "it serves nothing itself";
  const auto other = std::make_shared<Plugin>(HookSet{Hook::will_post});
  port.publish(publication("acme.other", other));
  EXPECT_TRUE(post());
  EXPECT_EQ(count(Hook::will_post, Outcome::agree), 1u);
  port.withdraw("acme.next");
  EXPECT_TRUE(post());
  EXPECT_EQ(count(Hook::will_post, Outcome::agree), 1u);
}

TEST_F(ShadowTest, comesIntoForceAndGoesBack) {
  port.withdraw("acme.team");
  shadow->says = refusal("now it counts");
  port.publish(publication("acme.next", shadow));
  EXPECT_FALSE(post());
  port.publish(publication("acme.team", in_force));
  TypesPublication seen = publication("acme.next", shadow);
  seen.shadow = ledger;
  port.publish(seen);
  EXPECT_TRUE(post());
  EXPECT_EQ(count(Hook::will_post, Outcome::differ), 1u);
}

}  // namespace
}  // namespace atrium::test
