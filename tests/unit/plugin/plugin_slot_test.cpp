#include "plugin/plugin_slot.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plugin/types_port.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

atrium_text text(std::string_view view) { return {view.data(), view.size()}; }

// One generation: notes what reaches it in a list that outlives it, and when it ends.
class Generation final : public HookTarget, public std::enable_shared_from_this<Generation> {
 public:
  using Journal = std::vector<std::string>;
  Generation(std::string name, Journal& journal, HookSet hooks = {Hook::will_post, Hook::did_post, Hook::tick})
      : name_(std::move(name)), journal_(journal), hooks_(hooks) {}
  ~Generation() override { journal_.push_back(name_ + " ended"); }
  HookSet hooks() const override { return hooks_; }
  void call(const HookCall& call, HookDone done) override {
    journal_.push_back(name_ + " " + (call.message ? std::string(call.message->content.data, call.message->content.size) : "?"));
    if (!late) return done({});
    answer = [self = shared_from_this(), done = std::move(done)]() mutable { done({}); };
  }

  bool late = false;
  std::move_only_function<void()> answer;

 private:
  std::string name_;
  Journal& journal_;
  HookSet hooks_;
};

struct PluginSlotTest : testing::Test {
  // What became of a post with that content; "" while it waits.
  std::string& post(const std::string& content, Hook hook = Hook::will_post) {
    std::string& answer = answers.emplace_back();
    const atrium_message_view message{
        .struct_size = sizeof message, .priority = 1, .message_type = text("text"), .content = text(content), .metadata = {}};
    slot.call({.hook = hook, .message = &message},
              [&answer](HookOutcome said) { answer = said.refused ? std::string(info(said.refused->code).word) : "allowed"; });
    return answer;
  }

  std::deque<std::string> answers;
  Generation::Journal journal;
  PluginSlot slot{"acme.guard"};
};

TEST_F(PluginSlotTest, sendsCallsToTheLatestGenerationAlone) {
  slot.publish(std::make_shared<Generation>("one", journal), false);
  EXPECT_EQ(post("a"), "allowed");
  slot.publish(std::make_shared<Generation>("two", journal), false);
  EXPECT_EQ(post("b"), "allowed");
  EXPECT_EQ(journal, (Generation::Journal{"one a", "one ended", "two b"}));
}

TEST_F(PluginSlotTest, letsTheFormerGenerationFinishWhatItIsAt) {
  const auto one = std::make_shared<Generation>("one", journal);
  one->late = true;
  slot.publish(one, false);
  const std::string& first = post("a");
  std::move_only_function<void()> answer = std::move(one->answer);
  const std::weak_ptr<Generation> watched = one;
  slot.publish(std::make_shared<Generation>("two", journal), false);
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(post("b"), "allowed");
  EXPECT_EQ(first, "");
  answer();
  EXPECT_EQ(first, "allowed");
}

TEST_F(PluginSlotTest, refusesWhatIsAskedAndForgetsWhatIsToldWhileItsPluginIsWithdrawn) {
  slot.publish(std::make_shared<Generation>("one", journal), false);
  slot.withdraw();
  EXPECT_EQ(journal.back(), "one ended");
  EXPECT_TRUE(slot.hooks().has(Hook::will_post)) << "otherwise nobody would be asked";
  EXPECT_EQ(post("a"), "plugin_unavailable");
  EXPECT_EQ(post("b", Hook::did_post), "allowed");
  slot.publish(std::make_shared<Generation>("two", journal), true);
  EXPECT_EQ(post("c"), "allowed");
  slot.withdraw();
  EXPECT_EQ(post("d"), "allowed") << "where a failure is allowed, so is this";
}

TEST_F(PluginSlotTest, holdsCallsWhileItIsParkedAndCarriesThemOutInOrder) {
  slot.publish(std::make_shared<Generation>("one", journal), false);
  slot.park();
  const std::string &a = post("a"), &b = post("b", Hook::did_post), &tick = post("t", Hook::tick);
  EXPECT_EQ(a + b, "");
  EXPECT_EQ(tick, "allowed") << "dropped: the next comes by itself";
  slot.publish(std::make_shared<Generation>("two", journal), false);
  slot.unpark();
  EXPECT_EQ(a + b, "allowedallowed");
  EXPECT_EQ(journal, (Generation::Journal{"one ended", "two a", "two b"}));
  EXPECT_EQ(post("c"), "allowed");
}

TEST_F(PluginSlotTest, letsNothingOvertakeWhatWasHeld) {
  slot.publish(std::make_shared<Generation>("one", journal), false);
  slot.park();
  const atrium_message_view first{.struct_size = sizeof first, .priority = 1, .message_type = {}, .content = text("a"), .metadata = {}};
  slot.call({.hook = Hook::will_post, .message = &first}, [this](const HookOutcome&) { post("c"); });
  post("b");
  slot.unpark();
  EXPECT_EQ(journal, (Generation::Journal{"one a", "one b", "one c"}));
}

TEST_F(PluginSlotTest, asksNothingOfAGenerationThatHasNoSuchHook) {
  slot.publish(std::make_shared<Generation>("one", journal), false);
  slot.park();
  const std::string& a = post("a");
  slot.publish(std::make_shared<Generation>("two", journal, HookSet{Hook::tick}), false);
  slot.unpark();
  EXPECT_EQ(a, "allowed");
  EXPECT_EQ(journal, Generation::Journal{"one ended"});
}

TEST_F(PluginSlotTest, refusesWhatWasHeldForAPluginThatIsWithdrawn) {
  slot.publish(std::make_shared<Generation>("one", journal), false);
  slot.park();
  const std::string& a = post("a");
  slot.withdraw();
  EXPECT_EQ(a, "plugin_unavailable");
  EXPECT_EQ(post("b"), "plugin_unavailable") << "and it holds no more";
}

TEST_F(PluginSlotTest, holdsNoMoreThanItMay) {
  slot.publish(std::make_shared<Generation>("one", journal), false);
  slot.park();
  for (std::size_t n = 0; n < PluginSlot::held_max; ++n) post("a");
  EXPECT_EQ(post("b"), "overloaded");
  slot.unpark();
  EXPECT_EQ(answers.front() + answers[PluginSlot::held_max - 1], "allowedallowed");
}

// ---- The port

TEST(TypesPort, keepsARoomTypeForRoomsWhatEverComesAndGoesBehindIt) {
  Generation::Journal journal;
  TypesPort port;
  const auto publish = [&](std::string name, std::uint32_t max_members) {
    atrium_room_type_info info{};
    info.struct_size = sizeof info;
    info.name = text(name);
    info.max_members = max_members;
    port.publish({.plugin_id = "acme.rooms", .hooks = std::make_shared<Generation>(name, journal), .room_type = info});
  };
  publish("team", 5);
  RoomType* const team = port.roomType("team");
  ASSERT_TRUE(team);
  publish("team", 7);
  EXPECT_EQ(port.roomType("team"), team);
  EXPECT_EQ(team->info().max_members, 7u);
  EXPECT_EQ(std::string(team->info().name.data, team->info().name.size), "team") << "a text of its own";
  port.withdraw("acme.rooms");
  EXPECT_EQ(port.roomType("team"), nullptr);
  EXPECT_TRUE(port.roomTypeNames().empty());
  EXPECT_EQ(team->info().max_members, 7u) << "its rooms are still here";
  EXPECT_EQ(team->row().size(), 1u);
  publish("crew", 9);
  EXPECT_EQ(port.roomTypeNames(), std::vector<std::string>{"crew"}) << "the plugin brings another type now";
  publish("team", 5);
  EXPECT_EQ(port.roomType("team"), team);
  EXPECT_EQ(port.roomType("crew"), nullptr);
}

// Room types of plugins and of the configuration, by name.
struct Composed {
  explicit Composed(const std::map<std::string, RoomTypeWish>& wishes) : port(wishes) {}

  void publish(const std::string& name, std::uint32_t flags = 0) {
    atrium_room_type_info info{};
    info.struct_size = sizeof info;
    info.name = text(name);
    info.max_members = 10;
    info.max_members_limit = 15;
    info.flags = flags;
    port.publish({.plugin_id = "acme." + name, .hooks = std::make_shared<Generation>(name, journal), .room_type = info});
  }
  // Who is asked about a post in a room of that type, in order.
  Generation::Journal asked(const std::string& name) {
    journal.clear();
    const atrium_message_view message{
        .struct_size = sizeof message, .priority = 1, .message_type = {}, .content = text("x"), .metadata = {}};
    for (HookTarget* target : port.roomType(name)->row())
      target->call({.hook = Hook::will_post, .message = &message}, [](const HookOutcome&) {});
    return journal;
  }

  Generation::Journal journal;
  TypesPort port;
};

std::map<std::string, RoomTypeWish> wishes() {
  std::map<std::string, RoomTypeWish> wishes;
  RoomTypeWish& vip = wishes["vip"];
  vip.based_on = PlacedName{"crew", {}};
  vip.max_members = 20;
  vip.entry = ATRIUM_ENTRY_INVITATION;
  vip.message_types = std::vector<PlacedName>{{"text", {}}, {"alert", {}}};
  vip.permissions[ATRIUM_ROOM_ROLE_MEMBER] = ATRIUM_MAY_READ;
  vip.with = {{"audit", {}}};
  RoomTypeWish& crew = wishes["crew"];
  crew.based_on = PlacedName{"team", {}};
  crew.retention_days = 30;
  wishes["team"].with = {{"filter", {}}};
  return wishes;
}

TEST(TypesPort, makesRoomTypesOfThoseThereAre) {
  Composed types(wishes());
  EXPECT_TRUE(types.port.roomTypeNames().empty()) << "nothing to be based on yet";
  types.publish("audit", ATRIUM_ROOM_TYPE_ADDON);
  types.publish("team");
  types.publish("filter", ATRIUM_ROOM_TYPE_ADDON);
  EXPECT_EQ(types.port.roomTypeNames(), (std::vector<std::string>{"crew", "team", "vip"})) << "nothing is of a type that goes along";
  const atrium_room_type_info& vip = types.port.roomType("vip")->info();
  EXPECT_EQ(std::string(vip.name.data, vip.name.size), "vip");
  EXPECT_EQ(vip.max_members, 20u);
  EXPECT_EQ(vip.max_members_limit, 20u);
  EXPECT_EQ(vip.retention_days, 30u) << "from what it is based on";
  EXPECT_EQ(vip.entry, std::uint32_t{ATRIUM_ENTRY_INVITATION});
  EXPECT_EQ(std::string(vip.message_types.data, vip.message_types.size), "text,alert");
  EXPECT_EQ(vip.permissions[ATRIUM_ROOM_ROLE_MEMBER], std::uint32_t{ATRIUM_MAY_READ});
  EXPECT_EQ(types.port.roomType("team")->info().max_members, 10u);
  EXPECT_EQ(types.asked("team"), (Generation::Journal{"team x", "filter x"}));
  EXPECT_EQ(types.asked("vip"), (Generation::Journal{"team x", "filter x", "audit x"}));
}

TEST(TypesPort, letsRoomsBeginWithTheSettingsOfTheConfiguration) {
  auto wished = wishes();
  wished["crew"].settings = yaml("{allow_file_sharing: false, colour: red, hours: [9, 17]}");
  wished["vip"].settings = yaml("{colour: blue, greeting: null}");
  Composed types(wished);
  types.publish("team");
  EXPECT_EQ(types.port.roomType("team")->settings(), nullptr);
  EXPECT_EQ(types.port.roomType("crew")->settings()->text(), R"({"allow_file_sharing":false,"colour":"red","hours":[9,17]})");
  EXPECT_EQ(types.port.roomType("vip")->settings()->text(),
            R"({"allow_file_sharing":false,"hours":[9,17],"colour":"blue","greeting":null})")
      << "its own before those of what it is based on";
}

TEST(TypesPort, keepsWhoGoesAlongInTheRowWhileItsPluginIsAway) {
  Composed types(wishes());
  for (const char* name : {"team", "filter", "audit"}) types.publish(name, std::string_view(name) == "team" ? 0 : ATRIUM_ROOM_TYPE_ADDON);
  types.port.withdraw("acme.filter");
  EXPECT_EQ(types.port.roomType("team")->row().size(), 2u) << "what it would have forbidden is refused meanwhile";
  types.port.withdraw("acme.team");
  EXPECT_TRUE(types.port.roomTypeNames().empty());
  types.publish("team");
  EXPECT_EQ(types.port.roomTypeNames().size(), 3u);
}

}  // namespace
}  // namespace atrium::test
