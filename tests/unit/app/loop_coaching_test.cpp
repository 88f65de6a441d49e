#include "app/loop_coaching.hpp"

#include <gtest/gtest.h>

#include "sim/world.hpp"

namespace atrium {
namespace {

// Those of the simulation, and messages of the type `system` where the test wants them.
class SupervisedTypes final : public Types {
 public:
  RoomType* roomType(std::string_view name) override { return inner.roomType(name); }
  MessageType* messageType(std::string_view name) override {
    return system_on || name != "system" ? inner.messageType(name == "system" ? "text" : name) : nullptr;
  }
  std::vector<std::string> roomTypeNames() const override { return inner.roomTypeNames(); }
  std::vector<std::string> messageTypeNames() const override { return inner.messageTypeNames(); }
  void whenChanged(std::move_only_function<void()>) override {}
  sim::SimTypes inner;
  bool system_on = true;
};

class OneLoop final : public Shards {
 public:
  [[nodiscard]] unsigned count() const override { return 1; }
  bool post(unsigned, Task task) override { return task(), true; }
  void postAlways(unsigned, Task task) override { task(); }
};

class LoopCoachingTest : public testing::Test {
 protected:
  JsonDocument supervise(Supervision how) {
    std::optional<Result<std::string>> told;
    loop.supervise(sim::World::principal("acme", "sue", ATRIUM_ROLE_SUPERVISOR), room, how,
                   [&told](Result<std::string> answer) { told = std::move(answer); });
    world.settle();
    EXPECT_TRUE(told && *told);
    return told && *told ? *JsonDocument::parse(**told) : JsonDocument::emptyObject();
  }

  SupervisedTypes types;
  sim::World world{1, {.shards = 1, .types = &types}};
  OneLoop loops;
  const std::vector<CoachingDesk*> desks;
  LoopCoaching loop{0, loops, desks, world.shard(0)};
  const std::string room = world.createRoom("acme", "ana");
};

TEST_F(LoopCoachingTest, theRoomIsToldWhoWatches) {
  const JsonDocument reply = supervise(Supervision::monitor);
  EXPECT_EQ(reply.root()["member"]["role"].text(), "observer");
  EXPECT_TRUE(reply.root()["message_id"].text().starts_with("msg_"));
  EXPECT_TRUE(reply.root()["not_said"].isNull());
}

// He is in the room by then: a refusal would say that he is not.
TEST_F(LoopCoachingTest, whoHasEnteredIsToldSoAlsoWhenTheRoomCannotBe) {
  types.system_on = false;
  for (const Supervision how : {Supervision::monitor, Supervision::take_over}) {
    const JsonDocument reply = supervise(how);
    EXPECT_EQ(reply.root()["member"]["role"].text(), how == Supervision::monitor ? "observer" : "moderator");
    EXPECT_TRUE(reply.root()["message_id"].isNull());
    EXPECT_FALSE(reply.root()["not_said"]["code"].text().empty());
  }
}

}  // namespace
}  // namespace atrium
