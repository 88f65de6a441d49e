// What concerns a whole shard: broadcasts, draining, and its end. kernel/engine/shard.cpp.
#include "engine/shard.hpp"

#include <gtest/gtest.h>

#include <span>

#include "user.hpp"

namespace atrium::sim {
namespace {

TEST(Shard, aBroadcastReachesEverySessionOfTheTenantAndNoOther) {
  World world(1, {.shards = 3});
  const User eve(world, "eve", ATRIUM_ROLE_SUPERVISOR), ana(world, "ana");
  std::vector<Client*> here;
  for (int n = 0; n < 6; ++n) here.push_back(&ana.connect());
  Client& abroad = User(world, "ana", ATRIUM_ROLE_AGENT, "other").connect();
  const auto reply = eve.broadcast(R"({"content":"Lunch \"now\"","priority":"high","metadata":{"a":1}})");
  ASSERT_EQ(codeOf(reply), "ok");
  EXPECT_EQ(number(reply->root()["delivered_count"]), 6);
  EXPECT_EQ(reply->root()["durability"].text(), "received");
  for (const Client* client : here) {
    const JsonView event = last(*client, "broadcast");
    EXPECT_EQ(event["message_id"].text(), reply->root()["message_id"].text());
    EXPECT_EQ(event["sender_id"].text(), "eve");
    EXPECT_EQ(event["content"].text(), "Lunch \"now\"");
    EXPECT_EQ(event["priority"].text(), "high");
    EXPECT_EQ(event["metadata"].raw(), R"({"a":1})");
  }
  EXPECT_EQ(count(abroad, "broadcast"), 0u);
}

TEST(Shard, aBroadcastCountsOnlyWhoCouldTakeIt) {
  World world(1);
  const User eve(world, "eve", ATRIUM_ROLE_SUPERVISOR), ana(world, "ana");
  ana.connect();
  Client& slow = ana.connect();
  slow.outbox_max = 0;
  EXPECT_EQ(number(eve.broadcast(R"({"content":"x"})")->root()["delivered_count"]), 1);
  EXPECT_EQ(slow.closed, CloseCode::slow);
}

TEST(Shard, aBroadcastReachesTheSessionsOfAShardThatIsBehindToo) {
  World world(1, {.shards = 2, .mailbox_tasks = 4});
  const User eve(world, "eve", ATRIUM_ROLE_SUPERVISOR), ana(world, "ana");
  Client& near = ana.connectAt(0);
  Client& far = ana.connectAt(1);
  std::string room = ana.room();
  while (world.homeOf(keyOf(room)) != 1) room = ana.room();
  world.hold(1, true);
  for (int n = 0; n < 5; ++n) world.send(near, message(room, "m"));
  world.settle();
  ASSERT_EQ(last(near, "error")["code"].text(), "overloaded") << "its mailbox is full";
  Strings replies;
  world.shard(0).broadcast(eve.principal(), {.content = "all hands", .priority = Priority::normal, .metadata = {}},
                           [&](Result<std::string> reply) { replies.push_back(reply.value_or("refused")); });
  world.settle();
  EXPECT_EQ(replies, Strings());
  world.hold(1, false);
  world.settle();
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(number(JsonDocument::parse(replies[0])->root()["delivered_count"]), 2);
  for (const Client* client : {&near, &far}) EXPECT_EQ(count(*client, "broadcast"), 1u);
}

TEST(Shard, onlyOverseersBroadcast) {
  World world(1);
  EXPECT_EQ(codeOf(User(world, "ana").broadcast(R"({"content":"x"})")), "forbidden");
  EXPECT_EQ(codeOf(User(world, "carl", ATRIUM_ROLE_CLIENT).broadcast(R"({"content":"x"})")), "forbidden");
  for (const std::uint32_t role : {ATRIUM_ROLE_SUPERVISOR, ATRIUM_ROLE_ADMIN, ATRIUM_ROLE_SERVICE})
    EXPECT_EQ(codeOf(User(world, "eve", role).broadcast(R"({"content":"x"})")), "ok");
}

FramePtr eventOf(std::string_view text) {
  FrameBuilder out;
  out.append(text);
  return out.finish();
}

TEST(Shard, tellsThoseWhoOperateTheServerAndNobodyElse) {
  World world(1, {.shards = 1, .engine = {.operator_tenants = {"ops", "acme"}}});
  Client& root = User(world, "root", ATRIUM_ROLE_ADMIN).connect();
  Client& also = User(world, "also", ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_AGENT, "ops").connect();
  Client& abroad = User(world, "root", ATRIUM_ROLE_ADMIN, "other").connect();
  Client& anyone = User(world, "ana", ATRIUM_ROLE_AGENT | ATRIUM_ROLE_CLIENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_SERVICE).connect();
  const FramePtr events[] = {eventOf(R"({"event_type":"plugin_state","number":1})"),
                             eventOf(R"({"event_type":"plugin_state","number":2})")};
  world.shard(0).tellOperators(events);
  world.settle();
  for (const Client* client : {&root, &also}) {
    const auto told = client->events("plugin_state");
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(number(told[0]->root()["number"]), 1);
    EXPECT_EQ(number(told[1]->root()["number"]), 2);
  }
  for (const Client* client : {&abroad, &anyone})
    EXPECT_EQ(count(*client, "plugin_state"), 0u) << client->tenant_id << ' ' << client->user_id;
}

TEST(Shard, tellsTheAdminsOfEveryTenantWhenNoneIsNamedToOperateTheServer) {
  World world(1, {.shards = 1});
  Client& here = User(world, "root", ATRIUM_ROLE_ADMIN).connect();
  Client& there = User(world, "root", ATRIUM_ROLE_ADMIN, "other").connect();
  Client& supervisor = User(world, "boss", ATRIUM_ROLE_SUPERVISOR).connect();
  const FramePtr event = eventOf(R"({"event_type":"plugin_state"})");
  world.shard(0).tellOperators(std::span(&event, 1));
  world.settle();
  for (const Client* client : {&here, &there}) EXPECT_EQ(count(*client, "plugin_state"), 1u);
  EXPECT_EQ(count(supervisor, "plugin_state"), 0u);
}

TEST(Shard, tellsNobodyWhoseNewTokenIsNoOperatorsAnyMore) {
  World world(1, {.shards = 1});
  const User root(world, "root", ATRIUM_ROLE_ADMIN);
  Client& client = root.connect();
  root.says(client, R"({"event_type":"authenticate","token":"root@acme"})");  // Of an agent.
  ASSERT_EQ(count(client, "pong"), 1u);
  const FramePtr event = eventOf(R"({"event_type":"plugin_state"})");
  world.shard(0).tellOperators(std::span(&event, 1));
  world.settle();
  EXPECT_EQ(count(client, "plugin_state"), 0u);
}

TEST(Shard, closesAnOperatorWhoReadsTooSlowlyToBeTold) {
  World world(1, {.shards = 1});
  const User root(world, "root", ATRIUM_ROLE_ADMIN);
  Client& slow = root.connect();
  Client& other = root.connect();
  slow.outbox_max = 0;
  const FramePtr event = eventOf(R"({"event_type":"plugin_state"})");
  world.shard(0).tellOperators(std::span(&event, 1));
  world.settle();
  EXPECT_EQ(slow.closed, CloseCode::slow) << "he comes back, and asks for what he missed";
  EXPECT_EQ(count(other, "plugin_state"), 1u);
}

TEST(Shard, drainsWhenNoMessageIsOnItsWay) {
  World world(1, {.shards = 1});
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  world.store.stall(true);
  Strings replies;
  world.shard(0).sendMessage(ana.principal(), *JsonDocument::parse(message(room, "last")), world.clock.now().mono,
                             [&](auto reply) { replies.push_back(codeOf(reply)); });
  world.settle();
  bool drained = false;
  world.shard(0).drain(CloseCode::draining, [&] { drained = true; });
  world.settle();
  EXPECT_FALSE(drained);
  EXPECT_EQ(client.closed, CloseCode::draining);
  EXPECT_EQ(number(last(client, "bye")["code"]), 4002);
  EXPECT_TRUE(last(client, "bye")["resume"].boolean(false));
  EXPECT_LT(number(last(client, "bye")["retry_after_ms"]), 2000);
  world.store.stall(false);
  world.settle();
  EXPECT_TRUE(drained);
  EXPECT_EQ(replies, Strings({"ok"})) << "what was taken is kept and confirmed";
}

TEST(Shard, takesNothingNewWhileItDrains) {
  World world(1, {.shards = 1});
  const User ana(world, "ana");
  const std::string room = ana.room();
  bool drained = false;
  world.shard(0).drain(CloseCode::shutdown, [&] { drained = true; });
  EXPECT_TRUE(drained);
  EXPECT_EQ(codeOf(ana.post(message(room, "x"))), "shutting_down");
  EXPECT_EQ(codeOf(ana.create(R"({"room_type":"open","name":"n"})")), "shutting_down");
  EXPECT_EQ(codeOf(ana.read(room)), "ok");
  Client& late = ana.connect(room);
  EXPECT_EQ(late.closed, CloseCode::shutdown);
  EXPECT_EQ(count(late, "room_joined"), 0u);
}

// The process ends when its patience does, whoever is still there and whatever the store still owes: nothing may reach for what has gone.
TEST(Shard, endsWithSessionsInRoomsAndMessagesOnTheirWay) {
  World world(1, {.shards = 2});
  const User ana(world, "ana"), ben(world, "ben");
  Strings rooms;
  for (int n = 0; n < 8; ++n) {
    const std::string room = rooms.emplace_back(ana.room({"ben"})), hooked = ana.room({"ben"}, "hooked");
    Client& client = ana.connect(room);
    ana.joins(client, hooked);
    ben.connect(room);
    world.send(client, message(hooked, "asked"));
    world.send(client, message(hooked, "behind it"));
  }
  world.settle();
  EXPECT_EQ(world.types.waiting.size(), 8u);
  world.store.stall(true);
  Client& sender = ana.connect();
  unsigned answers = 0;
  for (const std::string& room : rooms) {
    world.send(sender, message(room, "for the store"));
    ChangeRoom command;
    command.name = "other";
    world.shard(0).changeRoom(ana.principal(), room, std::move(command), [&](const auto&) { ++answers; });
    world.shard(1).closeRoom(ana.principal(), room, [&](const auto&) { ++answers; });
  }
  world.stir(4);  // Some of it still lies in a mailbox.
  world.end();
  EXPECT_EQ(answers, 0u);
}

}  // namespace
}  // namespace atrium::sim
