#include "engine/room.hpp"

#include <gtest/gtest.h>

#include "user.hpp"

namespace atrium::sim {
namespace {

TEST(Room, isReadByItsMembersAndByThoseWhoOverseeTheTenant) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  EXPECT_EQ(codeOf(ben.read(room)), "ok");
  EXPECT_EQ(codeOf(User(world, "cleo").read(room)), "not_a_member");
  EXPECT_EQ(codeOf(User(world, "carl", ATRIUM_ROLE_CLIENT).read(room)), "not_a_member");
  for (const std::uint32_t role : {ATRIUM_ROLE_SUPERVISOR, ATRIUM_ROLE_ADMIN, ATRIUM_ROLE_SERVICE})
    EXPECT_EQ(codeOf(User(world, "eve", role).read(room)), "ok");
  EXPECT_EQ(number(ana.read(room)->root()["member_count"]), 2) << "to look is not to enter";
}

TEST(Room, changesWhatIsNamedAndTellsItsSessions) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room =
      ana.create(R"({"room_type":"open","name":"old","description":"d","initial_members":["ben"],"settings":{"a":1},"context":{"b":2}})")
          ->root()["room_id"]
          .text();
  Client& client = ben.connect(room);
  const auto changed = ana.change(room, R"({"name":"new","max_members":7,"settings":{"z":1}})");
  ASSERT_EQ(codeOf(changed), "ok");
  EXPECT_EQ(changed->root()["name"].text(), "new");
  EXPECT_EQ(changed->root()["description"].text(), "d");
  EXPECT_EQ(number(changed->root()["max_members"]), 7);
  EXPECT_EQ(changed->root()["settings"].raw(), R"({"z":1})");
  EXPECT_EQ(changed->root()["context"].raw(), R"({"b":2})");
  EXPECT_EQ(ana.read(room)->text(), changed->text());
  const JsonView event = last(client, "room_updated");
  EXPECT_EQ(event["room_id"].text(), room);
  EXPECT_EQ(event["room"].raw(), changed->text());
  EXPECT_EQ(codeOf(ana.change(room, R"({"description":"","context":{}})")), "ok");
  EXPECT_EQ(ana.read(room)->root()["description"].text(), "");
  EXPECT_EQ(count(client, "room_updated"), 2u);
}

TEST(Room, aChangeThatTheStoreDoesNotAnswerIsInDoubt) {
  World world(1, {.shards = 1, .engine = {.store_deadline = 100ms}});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ben.connect(room);
  world.store.stall(true);
  Strings answers;
  const auto note = [&](const auto& result) { answers.push_back(codeOf(result)); };
  ChangeRoom command;
  command.name = "late";
  world.shard(0).changeRoom(ana.principal(), room, std::move(command), note);
  world.shard(0).removeMember(ana.principal(), room, "ben", note);
  world.shard(0).closeRoom(ana.principal(), room, note);
  world.clock.advance(99ms);
  world.settle();
  EXPECT_EQ(answers, Strings());
  world.clock.advance(1ms);
  world.settle();
  EXPECT_EQ(answers, Strings({"in_doubt", "storage_unavailable", "storage_unavailable"})) << "what waits behind it was never begun";
  EXPECT_EQ(codeOf(ana.change(room, R"({"name":"more"})")), "storage_unavailable");
  EXPECT_EQ(ana.read(room)->root()["name"].text(), "new");
  EXPECT_EQ(world.metric(Metric::rooms_in_doubt), 1);
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(answers.size(), 3u) << "nobody is answered twice";
  EXPECT_EQ(ana.read(room)->root()["name"].text(), "late") << "a late success counts";
  EXPECT_EQ(last(client, "room_updated")["room"]["name"].text(), "late");
  EXPECT_EQ(codeOf(ana.change(room, R"({"name":"more"})")), "ok");
  EXPECT_EQ(codeOf(ben.read(room)), "ok");
}

TEST(Room, aChangeThatFailsLateWasNotMade) {
  World world(1, {.shards = 1, .engine = {.store_deadline = 100ms}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  world.store.stall(true);
  Strings answers;
  world.shard(0).closeRoom(ana.principal(), room, [&](const auto& result) { answers.push_back(codeOf(result)); });
  world.pass(150ms);
  EXPECT_EQ(answers, Strings({"in_doubt"}));
  world.store.options.refuse_write = 1000;
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(answers.size(), 1u);
  world.store.options.refuse_write = 0;
  EXPECT_EQ(codeOf(ana.change(room, R"({"name":"still open"})")), "ok");
}

TEST(Room, isChangedByOwnersAndOverseersOnly) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), cleo(world, "cleo");
  const std::string room = ana.room({"ben", "cleo"});
  ASSERT_EQ(codeOf(ana.changeRole(room, "cleo", Role::moderator)), "ok");
  constexpr std::string_view change = R"({"name":"x"})";
  EXPECT_EQ(codeOf(ben.change(room, change)), "forbidden");
  EXPECT_EQ(codeOf(cleo.change(room, change)), "forbidden");
  EXPECT_EQ(codeOf(User(world, "dan").change(room, change)), "not_a_member");
  EXPECT_EQ(codeOf(User(world, "eve", ATRIUM_ROLE_SUPERVISOR).change(room, change)), "ok");
  EXPECT_EQ(codeOf(ben.close(room)), "forbidden");
  EXPECT_EQ(codeOf(cleo.close(room)), "forbidden");
  EXPECT_EQ(codeOf(User(world, "dan").close(room)), "not_a_member");
  EXPECT_EQ(codeOf(User(world, "eve", ATRIUM_ROLE_ADMIN).close(room)), "ok");
}

TEST(Room, keepsItsCapacityWithinTheLimitsAndAboveItsMembers) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({"ben", "cleo"}, "narrow");
  EXPECT_EQ(codeOf(ana.change(room, R"({"max_members":2})")), "conflict");
  EXPECT_EQ(codeOf(ana.change(room, R"({"max_members":3})")), "ok");
  const auto beyond = ana.change(room, R"({"max_members":11})");
  EXPECT_EQ(codeOf(beyond), "validation_failed");
  EXPECT_EQ(pathsOf(beyond), "/max_members");
  EXPECT_EQ(codeOf(ana.change(room, R"({"max_members":10})")), "ok");
}

TEST(Room, asksItsTypeAboutNewSettings) {
  World world(1);
  const User ana(world, "ana"), eve(world, "eve", ATRIUM_ROLE_SUPERVISOR);
  const std::string room = ana.room({"ben"}, "hooked");
  const auto refused = ana.change(room, R"({"name":"other","settings":{"forbidden":1},"max_members":8})");
  EXPECT_EQ(codeOf(refused), "rejected_by_plugin");
  EXPECT_EQ(pathsOf(refused), "/settings/forbidden");
  EXPECT_EQ(world.types.seen.back(), "settings room=other members=2 max=8 actor=ana/4");
  EXPECT_EQ(ana.read(room)->root()["name"].text(), "new");
  EXPECT_EQ(codeOf(eve.change(room, R"({"settings":{"fine":1}})")), "ok");
  EXPECT_EQ(world.types.seen.back(), "settings room=new members=2 max=50 actor=eve/0");
}

TEST(Room, doesOneChangeAfterTheOther) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "hooked");
  Strings answers;
  const auto change = [&](std::string_view body) {
    world.anyShard().changeRoom(ana.principal(), room, *readChangeRoom(JsonDocument::parse(body)->root(), *ana.principal()),
                                [&](Result<std::string> result) {
                                  answers.push_back(result ? JsonDocument::parse(*result)->root()["name"].text() : codeOf(result));
                                });
    world.settle();
  };
  change(R"({"name":"one","settings":{"late":1}})");
  change(R"({"name":"two"})");
  EXPECT_EQ(answers, Strings());
  world.types.release();
  world.settle();
  ASSERT_EQ(world.types.waiting.size(), 1u) << "the settings are still those of the first change";
  world.types.release();
  world.settle();
  EXPECT_EQ(answers, Strings({"one", "two"}));
}

TEST(Room, refusesChangesWhenTooManyWait) {
  World world(1, {.engine = {.room_pending_max = 2}});
  const User ana(world, "ana");
  const std::string room = ana.room({"ben"}, "hooked");
  Strings answers;
  for (int n = 0; n < 2; ++n)
    world.anyShard().changeRoom(ana.principal(), room,
                                *readChangeRoom(JsonDocument::parse(R"({"settings":{"late":1}})")->root(), *ana.principal()),
                                [&](auto result) { answers.push_back(codeOf(result)); });
  world.settle();
  EXPECT_EQ(codeOf(ana.change(room, R"({"name":"x"})")), "overloaded");
  EXPECT_EQ(codeOf(ana.close(room)), "overloaded");
  EXPECT_EQ(codeOf(ana.add(room, R"({"user_id":"cleo"})")), "overloaded");
  EXPECT_EQ(codeOf(ana.remove(room, "ben")), "overloaded");
  EXPECT_EQ(codeOf(ana.changeRole(room, "ben", Role::owner)), "overloaded");
  EXPECT_EQ(codeOf(ana.read(room)), "ok");
  while (!world.types.waiting.empty()) {
    world.types.release();
    world.settle();
  }
  EXPECT_EQ(answers, Strings({"ok", "ok"}));
}

TEST(Room, staysAsItWasWhenTheStoreRefusesAChange) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  const std::string before(ana.read(room)->text());
  world.store.options.refuse_write = 1000;
  EXPECT_EQ(codeOf(ana.change(room, R"({"name":"x"})")), "storage_unavailable");
  EXPECT_EQ(codeOf(ana.close(room)), "storage_unavailable");
  EXPECT_EQ(codeOf(ana.changeRole(room, "ben", Role::owner)), "storage_unavailable");
  EXPECT_EQ(codeOf(ana.remove(room, "ben")), "storage_unavailable");
  EXPECT_EQ(ana.read(room)->text(), before);
  EXPECT_EQ(count(client, "room_updated") + count(client, "member_left"), 0u);
  EXPECT_FALSE(client.closed);
  world.store.options.refuse_write = 0;
  EXPECT_EQ(codeOf(ana.change(room, R"({"name":"x"})")), "ok");
}

TEST(Room, noticesThatAnotherNodeChangedIt) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  world.store.put({"room", "acme", std::string(reinterpret_cast<const char*>(keyOf(room).room.bytes.data()), 16)}, "{}");
  EXPECT_EQ(codeOf(ana.change(room, R"({"name":"x"})")), "conflict");
}

TEST(Room, closingTellsItsSessionsAndLetsThemGo) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"}), other = ana.room({"ben"});
  Client& bound = ana.connect(room);
  Client& many = ben.connect();
  ben.joins(many, room);
  ben.joins(many, other);
  ASSERT_EQ(codeOf(ana.close(room)), "ok");
  EXPECT_FALSE(last(bound, "room_updated")["room"]["is_active"].boolean(true));
  EXPECT_FALSE(last(many, "room_updated")["room"]["is_active"].boolean(true));
  EXPECT_EQ(bound.closed, CloseCode::removed);
  EXPECT_EQ(last(bound, "bye")["reason"].text(), "The room was closed.");
  EXPECT_FALSE(many.closed);
  ben.says(many, message(room, "x"));
  EXPECT_EQ(last(many, "error")["code"].text(), "room_closed");
  ben.says(many, message(other, "still here"));
  EXPECT_EQ(contents(many), Strings({"still here"}));
  EXPECT_EQ(codeOf(ana.close(room)), "ok") << "again is no mistake";
}

TEST(Room, onceClosedIsReadButNotEntered) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  ASSERT_EQ(codeOf(ana.post(message(room, "kept"))), "ok");
  ASSERT_EQ(codeOf(ana.close(room)), "ok");
  EXPECT_FALSE(ben.read(room)->root()["is_active"].boolean(true));
  EXPECT_EQ(ben.history({.room_id = room})->root().size(), 1u);
  EXPECT_FALSE(ben.rooms()->root()["items"].first()["is_active"].boolean(true));
  EXPECT_EQ(codeOf(ana.add(room, R"({"user_id":"cleo"})")), "room_closed");
  Client& member = ben.connect(room);
  EXPECT_EQ(last(member, "error")["code"].text(), "room_closed");
  EXPECT_EQ(member.closed, CloseCode::forbidden);
  Client& stranger = User(world, "dan").connect(room);
  EXPECT_EQ(last(stranger, "error")["code"].text(), "room_closed");
  EXPECT_EQ(codeOf(ana.change(room, R"({"name":"x"})")), "room_closed");
}

}  // namespace
}  // namespace atrium::sim
