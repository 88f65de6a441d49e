// Users, their devices and status at their home shard, and what rooms show of them: kernel/engine/presence.cpp, room_presence.cpp.
#include "engine/presence.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/rooms.hpp"
#include "user.hpp"

namespace atrium::sim {
namespace {

std::string statusOf(const User& reader, const std::string& room, const std::string& user) {
  return reader.presenceOf(room, user).root()["status"].text();
}
// The statuses a client was told of a user, in order.
Strings told(const Client& client, const std::string& user) {
  Strings found;
  for (const JsonDocument* event : client.events("presence_update"))
    if (event->root()["user_id"].text() == user) found.push_back(event->root()["status"].text());
  return found;
}

TEST(Presence, theFirstDeviceMakesOnlineAndTheLastOfflineNoneBetween) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& watcher = ana.connect(room);
  Client& phone = ben.connect();
  Client& desk = ben.connect();
  world.disconnect(phone);
  world.settle();
  EXPECT_EQ(told(watcher, "ben"), Strings({"online"}));
  world.disconnect(desk);
  world.settle();
  EXPECT_EQ(told(watcher, "ben"), Strings({"online", "offline"}));
}

TEST(Presence, anAbruptEndLingersAndAReturnIsNoNews) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& watcher = ana.connect(room);
  world.disconnect(ben.connect(), false);
  world.clock.advance(19s);
  world.settle();
  EXPECT_EQ(statusOf(ana, room, "ben"), "online");
  Client& back = ben.connect();
  world.clock.advance(1min);
  world.settle();
  EXPECT_EQ(told(watcher, "ben"), Strings({"online"}));
  world.disconnect(back, false);
  world.clock.advance(20s);
  world.settle();
  EXPECT_EQ(told(watcher, "ben"), Strings({"online", "offline"}));
}

TEST(Presence, aStatusWithoutASessionRunsOut) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  ASSERT_EQ(codeOf(ben.setPresence(R"({"status":"in_call","status_message":"back soon"})")), "ok");
  world.clock.advance(299s);
  world.settle();
  EXPECT_EQ(statusOf(ana, room, "ben"), "in_call");
  world.clock.advance(1s);
  world.settle();
  const JsonDocument gone = ana.presenceOf(room, "ben");
  EXPECT_EQ(gone.root()["status"].text(), "offline");
  EXPECT_TRUE(gone.root()["status_message"].isNull());
}

TEST(Presence, aStatusKeepsWithASessionAndChangesReachTheRoom) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& watcher = ana.connect(room);
  Client& client = ben.connect(room);
  ben.says(client, R"({"event_type":"update_presence","status":"busy","status_message":"In a meeting"})");
  const JsonView event = last(watcher, "presence_update");
  EXPECT_EQ(keys(event), Strings({"event_type", "room_id", "user_id", "tenant_id", "status", "status_message", "last_seen",
                                  "current_room_id", "version"}));
  EXPECT_EQ(event["status_message"].text(), "In a meeting");
  EXPECT_EQ(event["current_room_id"].text(), room);
  EXPECT_EQ(event["last_seen"].text(), formatTime(world.clock.now().wall));
  world.clock.advance(1h);
  world.settle();
  EXPECT_EQ(statusOf(ana, room, "ben"), "busy");
  ben.says(client, R"({"event_type":"update_presence","status":"away","status_message":null,"current_room_id":null})");
  EXPECT_TRUE(last(watcher, "presence_update")["status_message"].isNull());
  EXPECT_TRUE(last(watcher, "presence_update")["current_room_id"].isNull());
}

TEST(Presence, nobodyIsInARoomThatIsNotHis) {
  World world(1, {.shards = 3});
  const User ana(world, "ana"), ben(world, "ben"), eve(world, "ana", ATRIUM_ROLE_ADMIN, "other");
  const std::string room = ana.room({"ben"}), closed_to_ben = ana.room();
  const auto at = [](const std::string& id) { return R"({"status":"busy","current_room_id":")" + id + R"("})"; };
  EXPECT_EQ(codeOf(ben.setPresence(at(closed_to_ben))), "not_found");
  EXPECT_EQ(codeOf(eve.setPresence(at(room))), "not_found");
  EXPECT_EQ(codeOf(ben.setPresence(at("room_01KEKQYS00R4X8W6M9ZB2T5VNC"))), "not_found");
  EXPECT_EQ(codeOf(ben.setPresence(at("nonsense"))), "not_found");
  EXPECT_EQ(statusOf(ana, room, "ben"), "offline") << "a refused change changes nothing";
  ASSERT_EQ(codeOf(ben.setPresence(at(room))), "ok");
  EXPECT_EQ(ana.presenceOf(room, "ben").root()["current_room_id"].text(), room);

  Client& client = ben.connect();
  ben.says(client, R"({"event_type":"update_presence","ref":"r","status":"away","current_room_id":")" + closed_to_ben + R"("})");
  EXPECT_EQ(last(client, "error")["code"].text(), "not_found");
  EXPECT_EQ(last(client, "error")["ref"].text(), "r");
  EXPECT_EQ(statusOf(ana, room, "ben"), "busy");
  ASSERT_EQ(codeOf(ana.remove(room, "ben")), "ok");
  EXPECT_EQ(codeOf(ben.setPresence(at(room))), "not_found");
}

TEST(Presence, aRoomThatCannotBeLookedUpIsNotTaken) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  world.store.options.refuse_read = 1000;
  EXPECT_EQ(codeOf(ben.setPresence(R"({"status":"busy","current_room_id":")" + room + R"("})")), "storage_unavailable");
  EXPECT_EQ(codeOf(ben.setPresence(R"({"status":"busy"})")), "ok") << "a status alone needs no store";
}

TEST(Presence, versionsGrowWithEveryChangeAcrossAbsence) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& watcher = ana.connect(room);
  for (int round = 0; round < 3; ++round) {
    Client& client = ben.connect(room);
    ben.says(client, R"({"event_type":"update_presence","status":"busy"})");
    world.disconnect(client);
    world.settle();
  }
  std::int64_t before = 0;
  for (const JsonDocument* event : watcher.events("presence_update")) {
    if (event->root()["user_id"].text() != "ben") continue;
    EXPECT_GT(number(event->root()["version"]), before);
    before = number(event->root()["version"]);
  }
  EXPECT_GE(before, 9);
}

TEST(Presence, lastSeenIsKeptAfterHeHasGone) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben", "never"});
  Client& client = ben.connect();
  world.clock.advance(5s);
  world.settle();
  world.disconnect(client);
  world.settle();
  const std::string then = formatTime(world.clock.now().wall);
  world.clock.advance(2h);
  world.settle();
  EXPECT_EQ(ana.presenceOf(room, "ben").root()["last_seen"].text(), then);
  EXPECT_TRUE(ana.presenceOf(room, "never").root()["last_seen"].isNull());
}

TEST(Presence, aRoomListsAllItsMembersToThoseWhoMayRead) {
  World world(1, {.shards = 3});
  const User ana(world, "ana");
  const std::string room = ana.room({"ben", "cleo", "dan"});
  User(world, "cleo").connect();
  const auto all = ana.presence(room);
  EXPECT_EQ(strings(all->root(), "user_id"), Strings({"ana", "ben", "cleo", "dan"}));
  EXPECT_EQ(strings(all->root(), "status"), Strings({"offline", "offline", "online", "offline"}));
  EXPECT_EQ(keys(all->root().first()), Strings({"user_id", "tenant_id", "status", "status_message", "last_seen", "current_room_id"}));
  EXPECT_EQ(codeOf(User(world, "olga").presence(room)), "not_a_member");
}

TEST(Presence, reachesRoomsOnEveryShard) {
  World world(1, {.shards = 4});
  const User ana(world, "ana"), ben(world, "ben");
  Strings rooms;
  Client& watcher = ana.connect();
  for (int n = 0; n < 12; ++n) {
    rooms.push_back(ana.room({"ben"}));
    ana.joins(watcher, rooms.back());
  }
  ben.connect();
  Strings reached;
  for (const JsonDocument* event : watcher.events("presence_update"))
    if (event->root()["user_id"].text() == "ben") reached.push_back(event->root()["room_id"].text());
  std::ranges::sort(reached);
  std::ranges::sort(rooms);
  EXPECT_EQ(reached, rooms);
}

TEST(Presence, isNobodysBusinessOutsideHisRooms) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room(), foreign = User(world, "ana", ATRIUM_ROLE_AGENT, "other").room({"ben"});
  Client& watcher = ana.connect(room);
  Client& abroad = User(world, "ana", ATRIUM_ROLE_AGENT, "other").connect(foreign);
  ben.connect();
  EXPECT_EQ(told(watcher, "ben").size() + told(abroad, "ben").size(), 0u);
}

TEST(Presence, bigRoomsGatherChangesForASecond) {
  World world(1, {.engine = {.max_members = 1000}});
  const User ana(world, "ana"), ben(world, "ben");
  Strings members{"ben"};
  for (int n = 0; n < 220; ++n) members.push_back("user" + std::to_string(n));
  const std::string room = ana.room(members);
  Client& watcher = ana.connect(room);
  world.clock.advance(1s);
  world.settle();
  for (const char* status : {"busy", "away", "in_call"})
    ASSERT_EQ(codeOf(ben.setPresence(R"({"status":")" + std::string(status) + R"("})")), "ok");
  EXPECT_EQ(told(watcher, "ben"), Strings());
  world.clock.advance(1s);
  world.settle();
  EXPECT_EQ(told(watcher, "ben"), Strings({"in_call"})) << "the last one says it all";
}

TEST(Presence, membershipsThatChangeWhileHisRoomsAreLoadingAreRight) {
  World world(1, {.shards = 1});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string left = ana.room({"ben"}), entered = ana.room();
  world.store.stall(true);
  std::optional<Result<std::string>> listed;
  world.shard(0).listRooms(ben.principal(), {}, [&](Result<std::string> result) { listed = std::move(result); });
  world.shard(0).removeMember(ana.principal(), left, "ben", [](Result<void>) {});
  world.shard(0).addMember(ben.principal(), entered, {"ben", "", Role::none}, [](Result<std::string>) {});
  world.settle();
  world.store.stall(false);
  world.settle();
  ASSERT_TRUE(listed && *listed);
  EXPECT_EQ(strings(ben.rooms()->root()["items"], "room_id"), Strings({entered}));
}

TEST(Presence, aFailedLoadingLeavesNoWrongMemberships) {
  World world(1, {.shards = 1});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  world.store.stall(true);
  Client& client = world.connect("acme", "ben");  // His rooms are wanted, to tell them that he is there.
  world.shard(0).removeMember(ana.principal(), room, "ben", [](Result<void>) {});
  world.settle();
  world.store.options.refuse_read = 1000;
  world.store.stall(false);
  world.settle();
  world.store.options.refuse_read = 0;
  ASSERT_EQ(codeOf(ana.add(room, R"({"user_id":"ben"})")), "ok");
  EXPECT_EQ(strings(ben.rooms()->root()["items"], "room_id"), Strings({room}));
  EXPECT_FALSE(client.closed);
}

TEST(Presence, aUserOfManyRoomsIsLoadedInPages) {
  World world(1, {.shards = 1});
  const User ana(world, "ana");
  const std::string room = ana.room();
  IdSource ids{Random(5)};
  for (int n = 0; n < 2300; ++n) world.store.put(userRoomKey({"acme", ids.next(fromMillis(1))}, "ana"), "{}");
  Strings found;
  std::size_t pages = 0;
  for (ListRooms query;; ++pages) {
    const auto page = ana.rooms(query);
    for (std::string& id : strings(page->root()["items"], "room_id")) found.push_back(std::move(id));
    query.cursor = page->root()["next_cursor"].text();
    if (query.cursor.empty()) break;
  }
  EXPECT_EQ(found, Strings({room})) << "rooms that are gone are left out";
  EXPECT_EQ(pages, 2u) << "of a thousand rooms each";
}

TEST(Presence, whatChangedDuringAWalkThatFailedDoesNotCountForTheNext) {
  World world(1, {.shards = 1});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  world.store.stall(true);
  Strings removed;
  world.shard(0).removeMember(ana.principal(), room, "ben", [&](auto result) { removed.push_back(codeOf(result)); });
  ben.connect();  // Begins to read the rooms he is in, behind that.
  world.store.options.refuse_read = 1000;
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(removed, Strings({"ok"}));
  world.store.options.refuse_read = 0;
  ASSERT_EQ(codeOf(ana.add(room, R"({"user_id":"ben"})")), "ok");
  EXPECT_EQ(strings(ben.rooms()->root()["items"], "room_id"), Strings({room}));
}

TEST(Presence, whatTheStoreKeptFromHisRoomsTheyHearWhenItAnswersAgain) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), cleo(world, "cleo");
  const std::string room = ana.room({"ben", "cleo"});
  Client& watcher = ana.connect(room);
  world.store.options.refuse_read = 1000;
  ben.connect();
  Client& brief = cleo.connect();
  EXPECT_EQ(cleo.presenceOf(room, "cleo").root()["status"].text(), "online") << "who asks sees it";
  world.disconnect(brief);
  for (int n = 0; n < 3; ++n) {
    world.clock.advance(10s);
    world.settle();
  }
  EXPECT_EQ(told(watcher, "ben"), Strings());
  world.store.options.refuse_read = 0;
  world.clock.advance(4s);
  world.settle();
  EXPECT_EQ(told(watcher, "ben"), Strings({"online"}));
  EXPECT_EQ(told(watcher, "cleo"), Strings({"offline"})) << "who saw him come is told that he has gone";
  world.clock.advance(1min);
  world.settle();
  EXPECT_EQ(told(watcher, "ben"), Strings({"online"}));
}

TEST(Presence, onlySoManyWaitForTheListOfAUsersRooms) {
  World world(1, {.shards = 1, .engine = {.room_pending_max = 3}});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ben.connect();
  world.disconnect(client);
  world.settle();
  world.store.stall(true);
  Client& back = ben.connect();
  for (int n = 0; n < 5; ++n) ben.says(back, R"({"event_type":"update_presence","status":"busy","current_room_id":")" + room + R"("})");
  EXPECT_EQ(count(back, "error"), 2u);
  EXPECT_EQ(last(back, "error")["code"].text(), "overloaded");
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(count(back, "error"), 2u);
  EXPECT_EQ(ben.presenceOf(room, "ben").root()["current_room_id"].text(), room);
}

// The snapshot is put together from what several shards tell, each at another moment.
TEST(Presence, whatChangesWhileASnapshotIsGatheredIsInIt) {
  World world(1, {.shards = 2});
  const User ana(world, "ana");
  const std::string probe = ana.room();
  // One member at home with the room, one elsewhere.
  std::string near = "u", far = "w";
  while (world.homeOf(UserKey{"acme", near}) != 0) near += "u";
  while (world.homeOf(UserKey{"acme", far}) != 1) far += "w";
  std::string room = probe;
  while (world.homeOf(keyOf(room)) != 0 || room == probe) room = ana.room({near, far});
  world.hold(1, true);
  Client& late = world.connect(0, ana.principal(), {.room_id = room});
  world.settle();
  ASSERT_EQ(count(late, "room_joined"), 0u) << "the other shard has not told yet";
  UpdatePresence busy;
  busy.status = Status::busy;
  Strings updated;
  world.shard(0).updatePresence(User(world, near).principal(), busy, [&](Result<void> result) { updated.push_back(codeOf(result)); });
  world.settle();
  EXPECT_EQ(updated, Strings({"ok"}));
  world.hold(1, false);
  world.settle();
  ASSERT_EQ(count(late, "room_joined"), 1u);
  Strings statuses;
  const JsonView present = last(late, "room_joined")["presence"];
  for (JsonView one = present.first(); one.exists(); one = one.sibling(present))
    if (one["user_id"].text() == near) statuses.push_back(one["status"].text());
  for (const std::string& status : told(late, near)) statuses.push_back(status);
  EXPECT_EQ(statuses, Strings({"busy"})) << "neither missed nor told twice";
}

// ---- Typing

TEST(Typing, reachesTheOthersAndExpires) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& watcher = ana.connect(room);
  Client& client = ben.connect(room);
  ben.says(client, R"({"event_type":"typing_indicator","is_typing":true})");
  const JsonView event = last(watcher, "typing_indicator");
  EXPECT_EQ(keys(event), Strings({"event_type", "room_id", "user_id", "display_name", "is_typing"}));
  EXPECT_EQ(event["user_id"].text(), "ben");
  EXPECT_TRUE(event["is_typing"].boolean(false));
  EXPECT_EQ(watcher.received_options.back().lane, Lane::ephemeral);
  EXPECT_EQ(watcher.received_options.back().shed, Shed::always);
  EXPECT_EQ(count(client, "typing_indicator"), 0u) << "not to himself";
  world.clock.advance(4s);
  world.settle();
  ben.says(client, R"({"event_type":"typing_indicator"})");
  world.clock.advance(4s);
  world.settle();
  EXPECT_TRUE(last(watcher, "typing_indicator")["is_typing"].boolean(false)) << "he went on";
  world.clock.advance(2s);
  world.settle();
  EXPECT_FALSE(last(watcher, "typing_indicator")["is_typing"].boolean(true));
  EXPECT_EQ(count(watcher, "typing_indicator"), 3u);
}

TEST(Typing, endsWhenHeSaysSoOrLeaves) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& watcher = ana.connect(room);
  Client& client = ben.connect(room);
  ben.says(client, R"({"event_type":"typing_indicator"})");
  ben.says(client, R"({"event_type":"typing_indicator","is_typing":false})");
  EXPECT_FALSE(last(watcher, "typing_indicator")["is_typing"].boolean(true));
  ben.says(client, R"({"event_type":"typing_indicator"})");
  world.disconnect(client);
  world.settle();
  EXPECT_FALSE(last(watcher, "typing_indicator")["is_typing"].boolean(true));
  world.clock.advance(10s);
  world.settle();
  EXPECT_EQ(count(watcher, "typing_indicator"), 4u);
}

}  // namespace
}  // namespace atrium::sim
