#include "app/emergency_room.hpp"

#include <gtest/gtest.h>

#include "app/alert_commands.hpp"
#include "protocol/errors.hpp"
#include "sim/world.hpp"

namespace atrium {
namespace {

// Those of the simulation, with an emergency room and alerts among them.
class EmergencyTypes final : public Types {
 public:
  RoomType* roomType(std::string_view name) override { return inner.roomType(name == "emergency_response" ? "invited" : name); }
  MessageType* messageType(std::string_view name) override {
    return alerts_on || name != "alert" ? inner.messageType(name == "alert" ? "text" : name) : nullptr;
  }
  std::vector<std::string> roomTypeNames() const override { return inner.roomTypeNames(); }
  std::vector<std::string> messageTypeNames() const override { return inner.messageTypeNames(); }
  void whenChanged(std::move_only_function<void()>) override {}
  sim::SimTypes inner;
  bool alerts_on = true;
};

class EmergencyRoomTest : public testing::Test {
 protected:
  static AlertNotice notice(std::string key, std::size_t alerts = 1) {
    AlertNotice notice{.tenant_id = "acme", .group = "rule=load", .kind = AlertNotice::Kind::fired, .alerts = {}, .key = std::move(key)};
    for (std::size_t n = 0; n < alerts; ++n) {
      Alert alert;
      alert.id = ids.next(Wall{5s});
      alert.rule = "load";
      alert.said = {.severity = Severity::high, .subject = "ana", .title = "Overload", .message = "ana is busy.", .actions = {{"Wait"}}};
      notice.alerts.push_back(std::move(alert));
    }
    return notice;
  }
  Result<std::string> notify(EmergencyRoom& room, AlertNotice what) {
    std::optional<Result<std::string>> answer;
    room.notify(std::move(what), [&answer](Result<std::string> came) { answer = std::move(came); });
    world.settle();
    return answer ? *answer : Result<std::string>(fail(Code::internal, "not answered"));
  }
  Result<std::string> roomOf(EmergencyRoom& room) {
    std::optional<Result<std::string>> answer;
    room.find("acme", [&answer](Result<std::string> came) { answer = std::move(came); });
    world.settle();
    return answer ? *answer : Result<std::string>(fail(Code::internal, "not answered"));
  }
  // The messages of the room, as a supervisor who entered reads them.
  JsonDocument history(const std::string& room_id) {
    const PrincipalPtr sue = sim::World::principal("acme", "sue", ATRIUM_ROLE_SUPERVISOR);
    static_cast<void>(world.request<std::string>([&](Shard& shard, Completion<std::string> done) {
      shard.addMember(sue, room_id, {.user_id = "sue", .display_name = {}}, std::move(done));
    }));
    const auto page = world.request<HistoryPage>([&](Shard& shard, Completion<HistoryPage> done) {
      HistoryQuery query;
      query.room_id = room_id;
      shard.history(sue, std::move(query), std::move(done));
    });
    EXPECT_TRUE(page) << page.error().detail;
    return *JsonDocument::parse(page ? page->json : "[]");
  }

  static inline IdSource ids{Random(3)};
  EmergencyTypes types;
  sim::World world{1, {.shards = 2, .types = &types}};
  Log log{Log::Options{.level = LogLevel::error}};
  EmergencyRoom emergency{world.shard(0), log};
};

TEST_F(EmergencyRoomTest, isMadeAtTheFirstAlertAndFoundAgain) {
  ASSERT_TRUE(notify(emergency, notice("one")));
  ASSERT_TRUE(notify(emergency, notice("two")));
  const auto room = roomOf(emergency);
  ASSERT_TRUE(room);
  EmergencyRoom after_restart(world.shard(1), log);
  EXPECT_EQ(roomOf(after_restart), *room);
  EXPECT_EQ(notify(emergency, notice("three")), *room);
  const JsonDocument messages = history(*room);
  ASSERT_EQ(messages.root().size(), 3u);
  const JsonView first = messages.root().first();
  EXPECT_EQ(first["message_type"].text(), "alert");
  EXPECT_EQ(first["sender_name"].text(), "Alerts");
  EXPECT_EQ(first["content"].text(), "Overload: ana is busy.");
  EXPECT_EQ(first["priority"].text(), "high");
  EXPECT_EQ(first["metadata"]["severity"].text(), "high");
  EXPECT_TRUE(first["metadata"]["alert_id"].text().starts_with("alert_"));
}

TEST_F(EmergencyRoomTest, theSameNoticeTwiceIsOneMessage) {
  const AlertNotice same = notice("one");
  ASSERT_TRUE(notify(emergency, same));
  ASSERT_TRUE(notify(emergency, same));
  EXPECT_EQ(history(*roomOf(emergency)).root().size(), 1u);
}

// An action may ask for the room while the first notice does, or another action.
TEST_F(EmergencyRoomTest, isMadeOnceHoweverManyAskForItAtTheSameTime) {
  std::vector<std::string> found;
  const auto take = [&found](Result<std::string> room_id) { found.push_back(room_id.value_or("none")); };
  emergency.find("acme", take);
  emergency.notify(notice("one"), take);
  emergency.find("acme", take);
  world.settle();
  EXPECT_EQ(found, std::vector<std::string>(3, *roomOf(emergency)));
}

TEST_F(EmergencyRoomTest, saysWhoResolvedAnAlert) {
  AlertNotice over = notice("k", 2);
  over.kind = AlertNotice::Kind::resolved;
  over.alerts[1].resolved_by = "sue";
  EXPECT_EQ(emergencyMessage(over, "room_x").root()["content"].text(),
            "Resolved: Overload (ana is busy.)\nResolved by sue: Overload (ana is busy.)");
}

TEST_F(EmergencyRoomTest, aClosedRoomIsReplaced) {
  ASSERT_TRUE(notify(emergency, notice("one")));
  const std::string first = *roomOf(emergency);
  const auto closed = world.request<void>([&](Shard& shard, Completion<void> done) {
    shard.closeRoom(sim::World::principal("acme", "atrium.alerts", ATRIUM_ROLE_SERVICE), first, std::move(done));
  });
  ASSERT_TRUE(closed) << closed.error().detail;
  ASSERT_TRUE(notify(emergency, notice("two")));
  EXPECT_NE(*roomOf(emergency), first);
  EXPECT_EQ(history(*roomOf(emergency)).root().size(), 1u);
}

TEST_F(EmergencyRoomTest, saysWhenNobodyCouldBeTold) {
  types.alerts_on = false;
  EXPECT_FALSE(notify(emergency, notice("one")));
  types.alerts_on = true;
  EXPECT_TRUE(notify(emergency, notice("one")));
}

TEST_F(EmergencyRoomTest, ofManyAlertsTheFirstAreToldByTheirSentences) {
  const JsonDocument message = emergencyMessage(notice("k", 60), "room_x");
  const std::string content = message.root()["content"].text();
  EXPECT_EQ(std::ranges::count(content, '\n'), 10);
  EXPECT_TRUE(content.ends_with("...and 50 more.")) << content;
  EXPECT_EQ(message.root()["metadata"]["alert_ids"].size(), 50u);
}

TEST_F(EmergencyRoomTest, runsCommandsThereAndRefusesOtherTexts) {
  AlertCommands commands(world.shard(0), emergency, nullptr);
  const PrincipalPtr sue = sim::World::principal("acme", "sue", ATRIUM_ROLE_SUPERVISOR);
  const auto ran = [&](const std::string& text) {
    std::optional<Result<std::string>> answer;
    commands.run("acme", text, sue, [&answer](Result<std::string> came) { answer = std::move(came); });
    world.settle();
    return answer ? *answer : Result<std::string>(fail(Code::internal, "not answered"));
  };
  EXPECT_EQ(ran("rebalance ana").error().code, Code::command_unknown);
  const auto unknown = ran("/nothing of the kind");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::command_unknown) << "the room was found, and the command asked for";
}

}  // namespace
}  // namespace atrium
