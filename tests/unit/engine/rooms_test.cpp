#include "engine/rooms.hpp"

#include <gtest/gtest.h>

#include "user.hpp"

namespace atrium::sim {
namespace {

constexpr auto supervisor = ATRIUM_ROLE_SUPERVISOR;

// ---- Creation

TEST(Rooms, aNewRoomHasItsCreatorAsOwnerAndTheInvitedAsMembers) {
  World world(1);
  const User ana(world, "ana");
  const auto made = ana.create(
      R"({"room_type":"open","name":"Team","description":"us","initial_members":["cleo","ben","ana","ben"],"settings":{"a":1},"context":{"b":"x"}})");
  ASSERT_EQ(codeOf(made), "ok");
  const JsonView room = made->root();
  EXPECT_EQ(keys(room), Strings({"room_id", "tenant_id", "room_type", "name", "description", "created_by", "created_at", "is_active",
                                 "max_members", "settings", "context", "member_count", "members", "epoch", "last_seq"}));
  EXPECT_EQ(room["room_id"].text().substr(0, 5), "room_");
  EXPECT_EQ(room["tenant_id"].text(), "acme");
  EXPECT_EQ(room["room_type"].text(), "open");
  EXPECT_EQ(room["name"].text(), "Team");
  EXPECT_EQ(room["description"].text(), "us");
  EXPECT_EQ(room["created_by"].text(), "ana");
  EXPECT_EQ(room["created_at"].text(), "2026-01-01T00:00:00.000Z");
  EXPECT_TRUE(room["is_active"].boolean(false));
  EXPECT_EQ(room["settings"].raw(), R"({"a":1})");
  EXPECT_EQ(room["context"].raw(), R"({"b":"x"})");
  EXPECT_EQ(number(room["member_count"]), 3);
  EXPECT_EQ(strings(room["members"], "user_id"), Strings({"ana", "ben", "cleo"}));
  EXPECT_EQ(strings(room["members"], "role"), Strings({"owner", "member", "member"}));
  EXPECT_EQ(room["members"].first()["joined_at"].text(), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(number(room["last_seq"]), 0);
  EXPECT_EQ(room["epoch"].text(), "");
}

TEST(Rooms, capacityComesFromTheRoomThenItsTypeThenTheServer) {
  World world(1, {.shards = 2, .engine = {.max_members = 40, .max_members_limit = 60}});
  const User ana(world, "ana");
  const auto capacity = [&](std::string_view body) { return number(ana.create(body).value_or(JsonDocument()).root()["max_members"]); };
  EXPECT_EQ(capacity(R"({"room_type":"open","name":"n"})"), 40);
  EXPECT_EQ(capacity(R"({"room_type":"invited","name":"n"})"), 3);
  EXPECT_EQ(capacity(R"({"room_type":"open","name":"n","max_members":60})"), 60);
  EXPECT_EQ(capacity(R"({"room_type":"invited","name":"n","max_members":7})"), 7);
  EXPECT_EQ(capacity(R"({"room_type":"narrow","name":"n","max_members":9})"), 9);
  EXPECT_EQ(capacity(R"({"room_type":"narrow","name":"n"})"), 10) << "the server's default is more than the type allows";
  EXPECT_EQ(pathsOf(ana.create(R"({"room_type":"open","name":"n","max_members":61})")), "/max_members");
  EXPECT_EQ(pathsOf(ana.create(R"({"room_type":"narrow","name":"n","max_members":11})")), "/max_members");
}

TEST(Rooms, aRoomIsNotMadeForMoreMembersThanItHolds) {
  World world(1);
  const User ana(world, "ana");
  EXPECT_EQ(pathsOf(ana.create(R"({"room_type":"open","name":"n","max_members":2,"initial_members":["b","c"]})")), "/initial_members");
  EXPECT_EQ(codeOf(ana.create(R"({"room_type":"open","name":"n","max_members":3,"initial_members":["b","c"]})")), "ok");
}

TEST(Rooms, anUnknownTypeIsRefusedWithThoseThereAre) {
  World world(1);
  const auto made = User(world, "ana").create(R"({"room_type":"opne","name":"n"})");
  EXPECT_EQ(codeOf(made), "validation_failed");
  EXPECT_EQ(pathsOf(made), "/room_type");
  EXPECT_EQ(made.error().fields[0].message, "must be one of chained, client_session, hooked, invited, lead_collaboration, narrow, open");
}

TEST(Rooms, clientsMayNotCreateThem) {
  World world(1);
  constexpr std::string_view body = R"({"room_type":"open","name":"n"})";
  EXPECT_EQ(codeOf(User(world, "carl", ATRIUM_ROLE_CLIENT).create(body)), "forbidden");
  EXPECT_EQ(codeOf(User(world, "dora", ATRIUM_ROLE_CLIENT | ATRIUM_ROLE_AGENT).create(body)), "ok");
  for (const std::uint32_t role : {ATRIUM_ROLE_SUPERVISOR, ATRIUM_ROLE_ADMIN, ATRIUM_ROLE_SERVICE})
    EXPECT_EQ(codeOf(User(world, "eve", role).create(body)), "ok");
}

TEST(Rooms, theTypeRefusesSettingsWithTheirFields) {
  World world(1);
  const auto made = User(world, "ana").create(R"({"room_type":"hooked","name":"n","settings":{"forbidden":1}})");
  EXPECT_EQ(codeOf(made), "rejected_by_plugin");
  EXPECT_EQ(pathsOf(made), "/settings/forbidden");
  EXPECT_EQ(world.store.writes, 0u);
  EXPECT_EQ(world.types.seen, Strings({"settings room=n members=1 max=50 actor=ana/4"}));
}

TEST(Rooms, roomsBeginWithTheSettingsOfTheirType) {
  World world(1);
  const User ana(world, "ana");
  world.types.settings.emplace("hooked", *JsonDocument::parse(R"({"colour":"red","hours":[9,17]})"));
  const auto settings = [&](std::string_view body) {
    const auto made = ana.create(body);
    return made ? std::string(made->root()["settings"].raw()) : codeOf(made) + ' ' + pathsOf(made);
  };
  EXPECT_EQ(settings(R"({"room_type":"hooked","name":"n"})"), R"({"colour":"red","hours":[9,17]})");
  EXPECT_EQ(settings(R"({"room_type":"hooked","name":"n","settings":{"colour":"blue","a":1}})"),
            R"({"hours":[9,17],"colour":"blue","a":1})");
  EXPECT_EQ(settings(R"({"room_type":"open","name":"n","settings":{"a":1}})"), R"({"a":1})");
  const std::string most = R"({"a":")" + std::string(object_max - 8, 'x') + R"("})";
  EXPECT_EQ(settings(R"({"room_type":"open","name":"n","settings":)" + most + '}'), most);
  EXPECT_EQ(settings(R"({"room_type":"hooked","name":"n","settings":)" + most + '}'), "validation_failed /settings");
  world.types.settings.insert_or_assign("hooked", *JsonDocument::parse(R"({"forbidden":1})"));
  EXPECT_EQ(settings(R"({"room_type":"hooked","name":"n"})"), "rejected_by_plugin /settings/forbidden") << "its hooks see the whole";
}

TEST(Rooms, theTypeMayTakeItsTimeOverSettings) {
  World world(1);
  const User ana(world, "ana");
  std::optional<Result<std::string>> made;
  CreateRoom command{"hooked", "n", "", {"ben"}, 0, *JsonDocument::parse(R"({"late":1})"), JsonDocument::emptyObject()};
  world.anyShard().createRoom(ana.principal(), std::move(command), [&](Result<std::string> result) { made = std::move(result); });
  world.settle();
  EXPECT_FALSE(made);
  world.types.release();
  world.settle();
  ASSERT_TRUE(made);
  EXPECT_EQ(codeOf(*made), "ok");
  EXPECT_EQ(number(JsonDocument::parse(**made)->root()["member_count"]), 2);
}

TEST(Rooms, aRoomTheStoreRefusesIsNotThere) {
  World world(1);
  const User ana(world, "ana");
  world.store.options.refuse_write = 1000;
  EXPECT_EQ(codeOf(ana.create(R"({"room_type":"open","name":"n"})")), "storage_unavailable");
  world.store.options.refuse_write = 0;
  EXPECT_EQ(ana.rooms()->root()["items"].size(), 0u);
  EXPECT_EQ(world.figures("acme").rooms_active, 0u);
}

// ---- Who sees a room

TEST(Rooms, ofAnotherTenantOrOfNobodyAreNotFound) {
  World world(1);
  const User ana(world, "ana"), foreign(world, "ana", ATRIUM_ROLE_ADMIN, "other");
  const std::string room = ana.room();
  EXPECT_EQ(codeOf(foreign.read(room)), "not_found");
  EXPECT_EQ(codeOf(foreign.change(room, R"({"name":"mine"})")), "not_found");
  EXPECT_EQ(codeOf(foreign.close(room)), "not_found");
  EXPECT_EQ(codeOf(foreign.add(room)), "not_found");
  EXPECT_EQ(codeOf(foreign.remove(room, "ana")), "not_found");
  EXPECT_EQ(codeOf(foreign.changeRole(room, "ana", Role::member)), "not_found");
  EXPECT_EQ(codeOf(foreign.post(message(room, "x"))), "not_found");
  EXPECT_EQ(codeOf(foreign.presence(room)), "not_found");
  EXPECT_EQ(codeOf(foreign.history({.room_id = room})), "not_found");
  EXPECT_EQ(codeOf(ana.read("room_01KEKQYS00R4X8W6M9ZB2T5VNC")), "not_found");
  EXPECT_EQ(codeOf(ana.read("room_nonsense")), "not_found");
  EXPECT_EQ(codeOf(ana.read("")), "not_found");
  EXPECT_EQ(ana.read(room)->root()["name"].text(), "new");
}

// ---- Lists

TEST(Rooms, aListShowsTheCallersRoomsOnly) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string first = ana.room({"ben"}), second = ana.room();
  ben.room();
  const auto list = ana.rooms();
  EXPECT_EQ(strings(list->root()["items"], "room_id"), Strings({first, second}));
  EXPECT_TRUE(list->root()["next_cursor"].isNull());
  EXPECT_EQ(keys(list->root()["items"].first()),
            Strings({"room_id", "tenant_id", "room_type", "name", "description", "created_by", "created_at", "is_active", "role",
                     "member_count", "max_members", "epoch", "last_seq"}));
  EXPECT_EQ(ben.rooms()->root()["items"].first()["role"].text(), "member");
  EXPECT_EQ(User(world, "ana", supervisor, "other").rooms()->root()["items"].size(), 0u);
}

TEST(Rooms, aListIsFilteredByTypeMemberAndName) {
  World world(1);
  const User ana(world, "ana");
  const auto make = [&](std::string_view body) { return ana.create(body)->root()["room_id"].text(); };
  const std::string sales = make(R"({"room_type":"open","name":"Sales North","initial_members":["ben"]})");
  const std::string support = make(R"({"room_type":"invited","name":"support","initial_members":["ben"]})");
  const std::string alone = make(R"({"room_type":"open","name":"north pole"})");
  const auto listed = [&](ListRooms query) { return strings(ana.rooms(std::move(query))->root()["items"], "room_id"); };
  EXPECT_EQ(listed({.room_type = "invited"}), Strings({support}));
  EXPECT_EQ(listed({.member = "ben"}), Strings({sales, support}));
  EXPECT_EQ(listed({.query = "NORTH"}), Strings({sales, alone}));
  EXPECT_EQ(listed({.room_type = "open", .member = "ben", .query = "sales"}), Strings({sales}));
  EXPECT_EQ(listed({.query = "west"}), Strings());
}

TEST(Rooms, aListComesInPages) {
  World world(1);
  const User ana(world, "ana");
  Strings made, seen;
  for (int n = 0; n < 7; ++n) made.push_back(ana.room());
  ListRooms query{.limit = 3};
  std::vector<std::size_t> pages;
  for (bool more = true; more;) {
    const auto page = ana.rooms(query);
    for (const std::string& id : strings(page->root()["items"], "room_id")) seen.push_back(id);
    pages.push_back(page->root()["items"].size());
    query.cursor = page->root()["next_cursor"].text();
    more = !page->root()["next_cursor"].isNull();
  }
  EXPECT_EQ(seen, made);
  EXPECT_EQ(pages, std::vector<std::size_t>({3, 3, 1}));
}

TEST(Rooms, aListFollowsMembershipsAsTheyChange) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string first = ana.room(), second = ana.room();
  ben.connect();  // So that the server keeps his rooms in mind.
  EXPECT_EQ(ben.rooms()->root()["items"].size(), 0u);
  ASSERT_EQ(codeOf(ben.add(first)), "ok");
  ASSERT_EQ(codeOf(ben.add(second)), "ok");
  EXPECT_EQ(strings(ben.rooms()->root()["items"], "room_id"), Strings({first, second}));
  ASSERT_EQ(codeOf(ben.remove(first, "ben")), "ok");
  EXPECT_EQ(strings(ben.rooms()->root()["items"], "room_id"), Strings({second}));
}

TEST(Rooms, aListFailsWhenTheStoreDoesNotAnswer) {
  World world(1, {.shards = 2, .engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana");
  for (int n = 0; n < 4; ++n) ana.room();
  world.store.options.refuse_read = 1000;
  EXPECT_EQ(codeOf(ana.rooms()), "storage_unavailable");
  ana.connect();
  world.store.options.refuse_read = 0;
  EXPECT_EQ(ana.rooms()->root()["items"].size(), 4u);
  world.store.options.refuse_read = 1000;
  EXPECT_EQ(codeOf(ana.rooms()), "storage_unavailable") << "the rooms themselves cannot be loaded";
}

TEST(Rooms, aListSkipsRoomsOfATypeThatIsSwitchedOff) {
  World world(1);
  const User ana(world, "ana");
  const std::string kept = ana.room();
  const RoomKey odd{"acme", *parseId(room_prefix, "room_01KEKQYS00R4X8W6M9ZB2T5VNC")};
  world.store.put(roomDocumentKey(odd), R"({"room_type":"gone","name":"n","created_at_ms":1,"max_members":2,"settings":{},"context":{}})");
  world.store.put(userRoomKey(odd, "ana"), "{}");
  const auto list = ana.rooms();
  ASSERT_EQ(codeOf(list), "ok");
  EXPECT_EQ(strings(list->root()["items"], "room_id"), Strings({kept}));
  EXPECT_EQ(codeOf(ana.read("room_01KEKQYS00R4X8W6M9ZB2T5VNC")), "plugin_unavailable");
}

// ---- Leaving memory and coming back

TEST(Rooms, survivesLeavingMemory) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana"), ben(world, "ben");
  const auto made = ana.create(
      R"({"room_type":"open","name":"Näme \"x\"","description":"two\nlines","initial_members":["ben"],"max_members":9,"settings":{"a":[1,{"b":null}]},"context":{"c":"ü"}})");
  const std::string room = made->root()["room_id"].text();
  ASSERT_EQ(codeOf(ana.changeRole(room, "ben", Role::moderator)), "ok");
  ASSERT_EQ(codeOf(ana.post(message(room, "first"))), "ok");
  const std::string before(ana.read(room)->text());
  ana.room();
  EXPECT_EQ(world.metric(Metric::rooms_loaded), 1);
  EXPECT_EQ(ana.read(room)->text(), before);
  EXPECT_EQ(codeOf(ben.add(room, R"({"user_id":"cleo"})")), "ok") << "a moderator still is one";
  EXPECT_EQ(number(ana.read(room)->root()["member_count"]), 3);
  EXPECT_EQ(number(ana.post(message(room, "second"))->root()["seq"]), 2);
}

TEST(Rooms, aClosedRoomIsStillClosedAfterLeavingMemory) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  ASSERT_EQ(codeOf(ana.close(room)), "ok");
  ana.room();
  EXPECT_FALSE(ana.read(room)->root()["is_active"].boolean(true));
  EXPECT_EQ(codeOf(ana.post(message(room, "x"))), "room_closed");
  EXPECT_EQ(codeOf(ana.change(room, R"({"name":"x"})")), "room_closed");
}

TEST(Rooms, aRoomWithASessionStaysAndTheIdleOneGivesWay) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 2}});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string busy = ana.room();
  Client& client = ana.connect(busy);
  for (int n = 0; n < 3; ++n) ben.room();
  EXPECT_EQ(world.metric(Metric::rooms_loaded), 2);
  ana.says(client, message(busy, "still here"));
  EXPECT_EQ(contents(client), Strings({"still here"}));
}

TEST(Rooms, areOverloadedWhenAllThatFitAreBusy) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana");
  const std::string first = ana.room(), second = ana.room();
  Client& client = ana.connect(second);
  EXPECT_EQ(codeOf(ana.read(first)), "overloaded");
  const std::uint64_t writes = world.store.writes;
  EXPECT_EQ(codeOf(ana.create(R"({"room_type":"open","name":"n"})")), "overloaded");
  EXPECT_EQ(world.store.writes, writes) << "a refusal leaves nothing behind";
  world.disconnect(client);
  world.settle();
  EXPECT_EQ(codeOf(ana.read(first)), "ok");
}

TEST(Rooms, placesForRoomsThatAreBeingStoredAreTaken) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 2}});
  const User ana(world, "ana");
  std::vector<std::string> codes;
  world.store.stall(true);
  for (int n = 0; n < 3; ++n)
    world.shard(0).createRoom(ana.principal(), {"open", "n", "", {}, 0, JsonDocument::emptyObject(), JsonDocument::emptyObject()},
                              [&](Result<std::string> made) { codes.push_back(codeOf(made)); });
  world.settle();
  EXPECT_EQ(codes, Strings({"overloaded"}));
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(codes, Strings({"overloaded", "ok", "ok"}));
}

TEST(Rooms, oneLoadingServesAllWhoWait) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 1, .room_pending_max = 3}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  ana.room();
  Strings codes;
  world.store.stall(true);
  for (int n = 0; n < 4; ++n) world.shard(0).readRoom(ana.principal(), room, [&](auto read) { codes.push_back(codeOf(read)); });
  world.settle();
  EXPECT_EQ(codes, Strings({"overloaded"})) << "only so many may wait";
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(codes, Strings({"overloaded", "ok", "ok", "ok"}));
}

TEST(Rooms, somebodyMayAskForARoomWhileItIsBeingStored) {
  std::string room;
  {
    World twin(1, {.shards = 1});
    room = User(twin, "ana").room({"ben"});
  }
  World world(1, {.shards = 1});
  const User ana(world, "ana"), ben(world, "ben");
  Strings codes;
  world.store.stall(true);
  world.shard(0).createRoom(ana.principal(), {"open", "new", "", {"ben"}, 0, JsonDocument::emptyObject(), JsonDocument::emptyObject()},
                            [&](auto made) { codes.push_back(codeOf(made)); });
  world.shard(0).readRoom(ben.principal(), room, [&](auto read) { codes.push_back(codeOf(read)); });
  world.settle();
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(codes, Strings({"ok", "ok"}));
  EXPECT_EQ(number(ben.read(room)->root()["member_count"]), 2);
  EXPECT_EQ(world.figures("acme").rooms_active, 1u);
  EXPECT_EQ(codeOf(ben.post(message(room, "hello"))), "ok");
}

TEST(Rooms, aRoomOfManyMembersIsLoadedInPages) {
  World world(1, {.shards = 1, .engine = {.max_members = 5000, .rooms_loaded_max = 1}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  for (int n = 0; n < 2500; ++n)
    world.store.put(memberKey(keyOf(room), "user" + std::to_string(n)), encodeMember({"someone", Role::member, Wall{}}));
  ana.room();
  const auto read = ana.read(room);
  EXPECT_EQ(number(read->root()["member_count"]), 2501);
  EXPECT_EQ(read->root()["members"].size(), 200u) << "a reply shows a bounded number";
}

TEST(Rooms, aStoreThatDoesNotAnswerLeavesTheRoomForLater) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  ana.room();
  // Each of the three steps of loading may fail: 1000 the first, fewer also the later ones.
  int refused = 0;
  for (const unsigned refuse_read : {1000u, 400u, 400u, 400u, 400u, 400u, 400u}) {
    world.store.options.refuse_read = refuse_read;
    refused += codeOf(ana.read(room)) == "storage_unavailable";
    world.store.options.refuse_read = 0;
    ana.room();
  }
  EXPECT_GT(refused, 1);
  EXPECT_EQ(codeOf(ana.read(room)), "ok");
}

class StoredRoom : public testing::TestWithParam<const char*> {};

TEST_P(StoredRoom, damagedIsNotLoaded) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  ana.room();
  world.store.put(roomDocumentKey(keyOf(room)), GetParam());
  const auto read = ana.read(room);
  EXPECT_EQ(codeOf(read), "storage_unavailable");
  EXPECT_EQ(read.error().detail, "The stored room is damaged.");
}

INSTANTIATE_TEST_SUITE_P(
    Documents, StoredRoom,
    testing::Values("", "{", "[]", "{}", R"({"name":"n","created_at_ms":1,"max_members":2,"settings":{},"context":{}})",
                    R"({"room_type":"open","name":"n","created_at_ms":"1","max_members":2,"settings":{},"context":{}})",
                    R"({"room_type":"open","name":"n","created_at_ms":1,"settings":{},"context":{}})",
                    R"({"room_type":"open","name":"n","created_at_ms":1,"max_members":2,"settings":[],"context":{}})",
                    R"({"room_type":"open","name":"n","created_at_ms":1,"max_members":2,"settings":{}})"));

class StoredMember : public testing::TestWithParam<const char*> {};

TEST_P(StoredMember, damagedKeepsTheRoomFromLoading) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana");
  const std::string room = ana.room({"ben"});
  ana.room();
  world.store.put(memberKey(keyOf(room), "ben"), GetParam());
  const auto read = ana.read(room);
  EXPECT_EQ(codeOf(read), "storage_unavailable");
  EXPECT_EQ(read.error().detail, "The stored member is damaged.");
}

INSTANTIATE_TEST_SUITE_P(Documents, StoredMember,
                         testing::Values("", "{}", R"({"display_name":"b","role":"king","joined_at_ms":1})",
                                         R"({"display_name":"b","role":"member"})", R"({"role":"none","joined_at_ms":1})"));

TEST(Rooms, whoCreatesOneIsAnsweredThoughTheStoreDoesNot) {
  World world(1, {.shards = 1, .engine = {.store_deadline = 100ms}});
  const User ana(world, "ana"), ben(world, "ben");
  world.store.stall(true);
  Strings answers;
  const auto create = [&] {
    auto command =
        readCreateRoom(JsonDocument::parse(R"({"room_type":"open","name":"n","initial_members":["ben"]})")->root(), *ana.principal());
    world.shard(0).createRoom(ana.principal(), std::move(*command), [&](const auto& result) { answers.push_back(codeOf(result)); });
  };
  create();
  world.pass(50ms);
  create();
  world.pass(60ms);
  EXPECT_EQ(answers, Strings({"in_doubt"})) << "each has its own deadline";
  EXPECT_EQ(world.metric(Metric::rooms_in_doubt), 1);
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(answers, Strings({"in_doubt", "ok"}));
  EXPECT_EQ(strings(ben.rooms()->root()["items"], "name"), Strings({"n", "n"})) << "the late one came to be";
  world.pass(1s);
  EXPECT_EQ(answers.size(), 2u);
}

TEST(Rooms, takeAsManyInitialMembersAsOneBatchHolds) {
  World world(1, {.shards = 1, .engine = {.max_members = 5000}});
  const User ana(world, "ana");
  const auto create = [&](int members) {
    std::string body = R"({"room_type":"hooked","name":"n","initial_members":[)";
    for (int n = 0; n < members; ++n) body += (n == 0 ? "\"u" : ",\"u") + std::to_string(n) + '"';
    return ana.create(body + "]}");
  };
  EXPECT_EQ(pathsOf(create(499)), "/initial_members");
  EXPECT_EQ(world.store.writes, 0u);
  EXPECT_EQ(world.types.seen, Strings()) << "no hook is asked about what cannot be";
  ASSERT_EQ(codeOf(create(498)), "ok");
  EXPECT_EQ(world.store.writes, 999u) << "the room, and two for each of its 499 members";
  EXPECT_LE(world.store.writes, ATRIUM_BATCH_MAX);
}

TEST(Rooms, aListLooksAtSoManyRoomsAndSaysWhereToGoOn) {
  World world(1);
  const User ana(world, "ana");
  for (int n = 0; n < 1100; ++n) static_cast<void>(ana.room());
  const auto first = ana.rooms({.query = "no such name"});
  EXPECT_TRUE(strings(first->root()["items"], "room_id").empty());
  const std::string next(first->root()["next_cursor"].text());
  ASSERT_FALSE(next.empty());
  const auto second = ana.rooms({.query = "no such name", .cursor = next});
  EXPECT_TRUE(strings(second->root()["items"], "room_id").empty());
  EXPECT_TRUE(second->root()["next_cursor"].isNull());
}

TEST(Rooms, listsNothingBehindACursorThatIsNone) {
  World world(1);
  const User ana(world, "ana");
  static_cast<void>(ana.room());
  EXPECT_EQ(pathsOf(ana.rooms({.cursor = "room_1"})), "/cursor");
}

TEST(Rooms, listsNoPageOfNothing) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  for (const std::uint32_t limit : {0u, 1000u, UINT32_MAX}) {
    EXPECT_EQ(pathsOf(ana.rooms({.limit = limit})), "/limit") << limit;
    EXPECT_EQ(pathsOf(ana.rooms({.cursor = room, .limit = limit})), "/limit") << limit;
  }
  EXPECT_EQ(strings(ana.rooms({.limit = 1})->root()["items"], "room_id"), Strings({room}));
}

}  // namespace
}  // namespace atrium::sim
