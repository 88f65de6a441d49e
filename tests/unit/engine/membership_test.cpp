// Who belongs to a room, for good and right now: kernel/engine/membership.cpp.
#include <gtest/gtest.h>

#include "engine/rooms.hpp"
#include "user.hpp"

namespace atrium::sim {
namespace {

Strings membersOf(const User& reader, const std::string& room) { return strings(reader.read(room)->root()["members"], "user_id"); }

// ---- Names

PrincipalPtr named(const std::string& user_id, const std::string& name, bool verified = true) {
  Principal who = *World::principal("acme", user_id);
  who.display_name = name;
  who.name_verified = verified;
  return std::make_shared<const Principal>(std::move(who));
}

Strings namesOf(const User& reader, const std::string& room) { return strings(reader.read(room)->root()["members"], "display_name"); }

TEST(MemberName, isHisOwnOnceHeComes) {
  World world(1, {.engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana");
  const std::string room = ana.room({"ben", "cleo"});
  Client& watcher = ana.connect(room);
  EXPECT_EQ(namesOf(ana, room), Strings({"ana", "ben", "cleo"}));
  Client& client = world.connect(0, named("ben", "Ben B."), {.room_id = room});
  world.settle();
  EXPECT_EQ(strings(last(client, "room_joined")["room"]["members"], "display_name"), Strings({"ana", "Ben B.", "cleo"}));
  const JsonView event = last(watcher, "member_updated");
  EXPECT_EQ(event["room_id"].text(), room);
  EXPECT_EQ(event["member"]["user_id"].text(), "ben");
  EXPECT_EQ(event["member"]["display_name"].text(), "Ben B.");
  EXPECT_EQ(event["member"]["role"].text(), "member");
  EXPECT_EQ(count(watcher, "member_joined"), 0u);
  const std::uint64_t writes = world.store.writes;
  world.connect(0, named("ben", "Ben B."), {.room_id = room});
  world.settle();
  EXPECT_EQ(count(watcher, "member_updated"), 1u);
  EXPECT_EQ(world.store.writes, writes) << "only the first time";
  world.disconnect(watcher);
  world.disconnect(client);
  EXPECT_EQ(decodeMember(world.store.document(memberKey(keyOf(room), "ben"))->value)->display_name, "Ben B.");
}

TEST(MemberName, thatNoTokenVouchesForReplacesABareIdOnly) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({"ben"});
  ASSERT_EQ(codeOf(ana.add(room, R"({"user_id":"cleo","display_name":"Cleo C."})")), "ok");
  const auto enters = [&](PrincipalPtr who) {
    world.connect(0, std::move(who), {.room_id = room});
    world.settle();
  };
  enters(named("ben", "Benny", false));
  enters(named("cleo", "Queen", false));
  EXPECT_EQ(namesOf(ana, room), Strings({"ana", "Benny", "Cleo C."}));
  enters(named("ben", "Admin", false));
  enters(named("cleo", "Cleo Capulet"));
  EXPECT_EQ(namesOf(ana, room), Strings({"ana", "Benny", "Cleo Capulet"}));
}

TEST(MemberName, isStoredLaterWhenTheStoreRefuses) {
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana");
  const std::string room = ana.room({"ben"});
  const auto stored = [&] { return decodeMember(world.store.document(memberKey(keyOf(room), "ben"))->value)->display_name; };
  world.store.options.refuse_write = 1000;
  Client& client = world.connect(0, named("ben", "Ben B."), {.room_id = room});
  world.settle();
  EXPECT_EQ(namesOf(ana, room), Strings({"ana", "Ben B."}));
  EXPECT_EQ(stored(), "ben");
  world.disconnect(client);
  world.store.options.refuse_write = 0;
  ana.room();  // Takes its place in memory.
  world.connect(0, named("ben", "Ben B."), {.room_id = room});
  world.settle();
  EXPECT_EQ(stored(), "Ben B.");
}

// ---- Entering

TEST(Membership, anyoneEntersAnOpenRoomByConnecting) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room();
  Client& client = ben.connect(room);
  ASSERT_EQ(count(client, "room_joined"), 1u);
  EXPECT_EQ(membersOf(ana, room), Strings({"ana", "ben"}));
  EXPECT_EQ(strings(ana.read(room)->root()["members"], "role"), Strings({"owner", "member"}));
  EXPECT_EQ(strings(ben.rooms()->root()["items"], "room_id"), Strings({room}));
}

TEST(Membership, whoseEntryTheStoreDoesNotAnswerIsSentAwayAndFindsHimselfAMember) {
  World world(1, {.shards = 1, .engine = {.store_deadline = 100ms}});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room();
  world.store.stall(true);
  Client& client = ben.connect(room);
  world.pass(150ms);
  EXPECT_EQ(last(client, "error")["code"].text(), "in_doubt");
  EXPECT_EQ(client.closed, CloseCode::state_lost) << "he is to come back";
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(membersOf(ana, room), Strings({"ana", "ben"}));
  EXPECT_EQ(count(ben.connect(room), "room_joined"), 1u);
}

TEST(Membership, aRoomByInvitationIsOpenToThoseAddedAndToOverseers) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), eve(world, "eve", ATRIUM_ROLE_SUPERVISOR);
  const std::string room = ana.room({}, "invited");
  Client& refused = ben.connect(room);
  EXPECT_EQ(last(refused, "error")["code"].text(), "invitation_needed");
  EXPECT_EQ(refused.closed, CloseCode::forbidden);
  EXPECT_EQ(codeOf(ben.add(room)), "invitation_needed");
  EXPECT_EQ(codeOf(eve.add(room)), "ok");
  EXPECT_EQ(codeOf(ana.add(room, R"({"user_id":"ben"})")), "ok");
  EXPECT_EQ(count(ben.connect(room), "room_joined"), 1u);
  EXPECT_EQ(membersOf(ana, room), Strings({"ana", "ben", "eve"}));
}

TEST(Membership, aFullRoomRefusesTheNextButNotItsMembers) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), cleo(world, "cleo");
  const std::string room = ana.create(R"({"room_type":"open","name":"n","max_members":2})")->root()["room_id"].text();
  EXPECT_EQ(codeOf(ben.add(room)), "ok");
  const auto refused = cleo.add(room);
  EXPECT_EQ(codeOf(refused), "room_full");
  EXPECT_GT(refused.error().retry_after_ms, 0u);
  EXPECT_EQ(last(cleo.connect(room), "error")["code"].text(), "room_full");
  EXPECT_EQ(codeOf(User(world, "eve", ATRIUM_ROLE_ADMIN).add(room)), "room_full") << "overseers take a place too";
  EXPECT_EQ(count(ben.connect(room), "room_joined"), 1u);
  EXPECT_EQ(codeOf(ana.change(room, R"({"max_members":3})")), "ok");
  EXPECT_EQ(codeOf(cleo.add(room)), "ok");
}

TEST(Membership, twoWhoWantTheLastPlaceDoNotBothGetIt) {
  World world(1, {.store = {.turns_max = 3}});
  const User ana(world, "ana");
  const std::string room = ana.create(R"({"room_type":"open","name":"n","max_members":2})")->root()["room_id"].text();
  Client& one = world.connect("acme", "ben", room);
  Client& two = world.connect("acme", "cleo", room);
  world.settle();
  EXPECT_EQ(count(one, "room_joined") + count(two, "room_joined"), 1u);
  EXPECT_EQ(count(one, "error") + count(two, "error"), 1u);
  EXPECT_EQ(membersOf(ana, room).size(), 2u);
}

// ---- Adding

TEST(Membership, moderatorsAndOverseersAddOthersPlainMembersDoNot) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), mo(world, "mo");
  const std::string room = ana.room({"ben", "mo"}, "open");
  ASSERT_EQ(codeOf(ana.changeRole(room, "mo", Role::moderator)), "ok");
  EXPECT_EQ(codeOf(ben.add(room, R"({"user_id":"cleo"})")), "forbidden");
  EXPECT_EQ(codeOf(User(world, "dan").add(room, R"({"user_id":"cleo"})")), "forbidden");
  const auto added = mo.add(room, R"({"user_id":"cleo","display_name":"Cleo C.","role":"observer"})");
  ASSERT_EQ(codeOf(added), "ok");
  EXPECT_EQ(keys(added->root()), Strings({"user_id", "display_name", "role", "joined_at"}));
  EXPECT_EQ(added->root()["user_id"].text(), "cleo");
  EXPECT_EQ(strings(ana.read(room)->root()["members"], "display_name"), Strings({"ana", "ben", "Cleo C.", "mo"}));
  EXPECT_EQ(strings(ana.read(room)->root()["members"], "role"), Strings({"owner", "member", "observer", "moderator"}));
  EXPECT_EQ(codeOf(User(world, "eve", ATRIUM_ROLE_SERVICE).add(room, R"({"user_id":"fay"})")), "ok");
}

TEST(Membership, nobodyGivesARoleHeMayNotChange) {
  World world(1);
  const User ana(world, "ana"), mo(world, "mo");
  const std::string room = ana.room({"mo"});
  ASSERT_EQ(codeOf(ana.changeRole(room, "mo", Role::moderator)), "ok");
  EXPECT_EQ(codeOf(mo.add(room, R"({"user_id":"cleo","role":"moderator"})")), "forbidden");
  EXPECT_EQ(codeOf(mo.add(room, R"({"user_id":"cleo","role":"owner"})")), "forbidden");
  EXPECT_EQ(codeOf(User(world, "dan").add(room, R"({"role":"owner"})")), "forbidden");
  EXPECT_EQ(codeOf(ana.add(room, R"({"user_id":"cleo","role":"owner"})")), "ok");
  EXPECT_EQ(membersOf(ana, room), Strings({"ana", "cleo", "mo"}));
}

TEST(Membership, hisOwnNameIsTheTokens) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room();
  ASSERT_EQ(codeOf(ben.add(room, R"({"display_name":"The Boss"})")), "ok");
  EXPECT_EQ(strings(ana.read(room)->root()["members"], "display_name"), Strings({"ana", "ben"}));
}

TEST(Membership, addingAMemberAgainChangesAndWritesNothing) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  const std::uint64_t writes = world.store.writes;
  EXPECT_EQ(codeOf(ana.add(room, R"({"user_id":"ben","role":"owner"})")), "ok");
  EXPECT_EQ(codeOf(ben.add(room)), "ok");
  ben.connect(room);
  EXPECT_EQ(world.store.writes, writes);
  EXPECT_EQ(count(client, "member_joined"), 0u);
  EXPECT_EQ(strings(ana.read(room)->root()["members"], "role"), Strings({"owner", "member"}));
}

TEST(Membership, everySessionInTheRoomHearsOfANewMember) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"cleo"}), other = ana.room();
  Client& one = ana.connect(room);
  Client& two = User(world, "cleo").connect(room);
  Client& elsewhere = ana.connect(other);
  world.clock.advance(1s);
  Client& himself = ben.connect(room);
  for (const Client* client : {&one, &two}) {
    const JsonView event = last(*client, "member_joined");
    EXPECT_EQ(event["room_id"].text(), room);
    EXPECT_EQ(event["member"]["user_id"].text(), "ben");
    EXPECT_EQ(event["member"]["role"].text(), "member");
    EXPECT_EQ(event["member"]["display_name"].text(), "ben");
    EXPECT_EQ(event["member"]["joined_at"].text(), formatTime(world.clock.now().wall));
    EXPECT_EQ(number(event["member_count"]), 3);
  }
  EXPECT_EQ(count(elsewhere, "member_joined"), 0u);
  EXPECT_EQ(count(himself, "member_joined"), 0u) << "he finds himself in the snapshot";
}

TEST(Membership, theTypeIsAskedBeforeSomebodyBecomesAMember) {
  World world(1);
  const User ana(world, "ana"), eve(world, "eve", ATRIUM_ROLE_SUPERVISOR);
  const std::string room = ana.room({}, "hooked");
  const auto refused = ana.add(room, R"({"user_id":"banned"})");
  EXPECT_EQ(codeOf(refused), "rejected_by_plugin");
  EXPECT_EQ(refused.error().detail, "banned here");
  EXPECT_EQ(world.types.seen.back(), "join room=new members=1 max=50 user=banned/2 actor=ana/4");
  EXPECT_EQ(last(User(world, "banned").connect(room), "bye")["reason"].text(), "banned here");
  EXPECT_EQ(world.types.seen.back(), "join room=new members=1 max=50 user=banned/2 actor=banned/2");
  EXPECT_EQ(codeOf(eve.add(room, R"({"user_id":"ben","role":"observer"})")), "ok");
  EXPECT_EQ(world.types.seen.back(), "join room=new members=1 max=50 user=ben/1 actor=eve/0");
  EXPECT_EQ(membersOf(ana, room), Strings({"ana", "ben"}));
}

TEST(Membership, whileTheTypeThinksOthersWaitInOrder) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "hooked");
  Client& late = world.connect("acme", "late", room);
  world.settle();
  Client& next = world.connect("acme", "next", room);
  world.settle();
  EXPECT_EQ(count(late, "room_joined") + count(next, "room_joined"), 0u);
  EXPECT_EQ(membersOf(ana, room), Strings({"ana"}));
  world.types.release();
  world.settle();
  EXPECT_EQ(count(late, "room_joined"), 1u);
  EXPECT_EQ(count(next, "room_joined"), 1u);
  EXPECT_EQ(membersOf(ana, room), Strings({"ana", "late", "next"}));
}

TEST(Membership, nobodyJoinsWhenTheStoreRefuses) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room();
  Client& watcher = ana.connect(room);
  world.store.options.refuse_write = 1000;
  Client& bound = ben.connect(room);
  EXPECT_EQ(last(bound, "error")["code"].text(), "storage_unavailable");
  EXPECT_EQ(bound.closed, CloseCode::state_lost) << "he is to come back";
  EXPECT_EQ(codeOf(ben.add(room)), "storage_unavailable");
  EXPECT_EQ(count(watcher, "member_joined"), 0u);
  EXPECT_EQ(membersOf(ana, room), Strings({"ana"}));
  world.store.options.refuse_write = 0;
  EXPECT_EQ(count(ben.connect(room), "room_joined"), 1u);
}

// ---- Roles

TEST(Membership, ownersAndOverseersChangeRoles) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), mo(world, "mo");
  const std::string room = ana.room({"ben", "mo"});
  Client& client = ben.connect(room);
  ASSERT_EQ(codeOf(ana.changeRole(room, "mo", Role::moderator)), "ok");
  EXPECT_EQ(codeOf(mo.changeRole(room, "ben", Role::observer)), "forbidden");
  EXPECT_EQ(codeOf(ben.changeRole(room, "ben", Role::owner)), "forbidden");
  EXPECT_EQ(codeOf(User(world, "dan").changeRole(room, "ben", Role::owner)), "not_a_member");
  EXPECT_EQ(codeOf(ana.changeRole(room, "dan", Role::owner)), "not_found");
  const auto changed = User(world, "eve", ATRIUM_ROLE_SUPERVISOR).changeRole(room, "ben", Role::observer);
  ASSERT_EQ(codeOf(changed), "ok");
  EXPECT_EQ(keys(changed->root()), Strings({"user_id", "display_name", "role", "joined_at"}));
  EXPECT_EQ(changed->root()["role"].text(), "observer");
  EXPECT_EQ(strings(last(client, "room_updated")["room"]["members"], "role"), Strings({"owner", "observer", "moderator"}));
  ben.says(client, message(room, "x"));
  EXPECT_EQ(last(client, "error")["code"].text(), "forbidden") << "an observer reads only";
}

TEST(Membership, aRoomKeepsAnOwner) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  EXPECT_EQ(codeOf(ana.changeRole(room, "ana", Role::member)), "last_owner");
  EXPECT_EQ(codeOf(ana.remove(room, "ana")), "last_owner");
  EXPECT_EQ(codeOf(ana.changeRole(room, "ana", Role::owner)), "ok");
  ASSERT_EQ(codeOf(ana.changeRole(room, "ben", Role::owner)), "ok");
  EXPECT_EQ(codeOf(ana.changeRole(room, "ana", Role::member)), "ok");
  EXPECT_EQ(codeOf(ana.remove(room, "ana")), "ok");
  EXPECT_EQ(codeOf(ben.remove(room, "ben")), "ok") << "the last one may go";
  EXPECT_EQ(codeOf(ben.read(room)), "not_a_member");
}

// ---- Leaving and removal

TEST(Membership, everyoneMayLeaveAndModeratorsRemove) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), mo(world, "mo"), cleo(world, "cleo");
  const std::string room = ana.room({"ben", "mo", "cleo"});
  ASSERT_EQ(codeOf(ana.changeRole(room, "mo", Role::moderator)), "ok");
  Client& client = ana.connect(room);
  EXPECT_EQ(codeOf(ben.remove(room, "cleo")), "forbidden");
  EXPECT_EQ(codeOf(User(world, "dan").remove(room, "cleo")), "not_a_member");
  EXPECT_EQ(codeOf(mo.remove(room, "nobody")), "not_found");
  EXPECT_EQ(codeOf(ben.remove(room, "ben")), "ok");
  EXPECT_EQ(codeOf(ben.remove(room, "ben")), "not_a_member");
  EXPECT_EQ(codeOf(mo.remove(room, "cleo")), "ok");
  EXPECT_EQ(membersOf(ana, room), Strings({"ana", "mo"}));
  ASSERT_EQ(count(client, "member_left"), 2u);
  const JsonView event = last(client, "member_left");
  EXPECT_EQ(event["room_id"].text(), room);
  EXPECT_EQ(keys(event), Strings({"event_type", "room_id", "user_id", "member_count"}));
  EXPECT_EQ(event["user_id"].text(), "cleo");
  EXPECT_EQ(number(event["member_count"]), 2);
  EXPECT_EQ(codeOf(cleo.post(message(room, "x"))), "not_a_member");
  EXPECT_EQ(cleo.rooms()->root()["items"].size(), 0u);
}

TEST(Membership, removalSendsABoundSessionAway) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& phone = ben.connect(room);
  Client& desk = ben.connect(room);
  ASSERT_EQ(codeOf(ana.remove(room, "ben")), "ok");
  for (const Client* client : {&phone, &desk}) {
    EXPECT_EQ(client->closed, CloseCode::removed);
    const JsonView bye = last(*client, "bye");
    EXPECT_EQ(number(bye["code"]), 4503);
    EXPECT_EQ(bye["reason"].text(), "You were removed from the room.");
    EXPECT_FALSE(bye["resume"].boolean(true));
    EXPECT_EQ(count(*client, "member_left"), 1u);
  }
  EXPECT_EQ(codeOf(ana.add(room, R"({"user_id":"ben"})")), "ok");
  EXPECT_EQ(count(ben.connect(room), "room_joined"), 1u);
}

TEST(Membership, removalTakesOnlyThatRoomFromASessionOfMany) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"}), other = ana.room({"ben"});
  Client& client = ben.connect();
  ben.joins(client, room);
  ben.joins(client, other);
  ASSERT_EQ(codeOf(ben.remove(room, "ben")), "ok");
  EXPECT_FALSE(client.closed);
  ASSERT_EQ(codeOf(ana.post(message(room, "secret"))), "ok");
  ASSERT_EQ(codeOf(ana.post(message(other, "open"))), "ok");
  EXPECT_EQ(contents(client), Strings({"open"}));
  ben.leaves(client, room);
  EXPECT_EQ(last(client, "error")["code"].text(), "not_found");
  ben.joins(client, room);
  EXPECT_EQ(count(client, "room_joined"), 3u) << "an open room lets him in again";
}

// ---- Attachments

TEST(Membership, theSnapshotShowsTheRoomAsItStands) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  for (const char* content : {"one", "two"}) ASSERT_EQ(codeOf(ana.post(message(room, content))), "ok");
  ana.connect(room);
  Client& client = ben.connect(room);
  const JsonView joined = last(client, "room_joined");
  EXPECT_EQ(keys(joined), Strings({"event_type", "room_id", "epoch", "seq", "room", "presence"}));
  EXPECT_EQ(joined["room_id"].text(), room);
  EXPECT_EQ(number(joined["seq"]), 2);
  EXPECT_EQ(joined["epoch"].text(), world.store.log(keyOf(room))->epoch);
  EXPECT_EQ(joined["room"].raw(), ben.read(room)->text());
  EXPECT_EQ(strings(joined["presence"], "user_id"), Strings({"ana", "ben"}));
  EXPECT_EQ(strings(joined["presence"], "status"), Strings({"online", "online"}));
  ASSERT_EQ(codeOf(ana.post(message(room, "three"))), "ok");
  EXPECT_EQ(seqs(client), std::vector<std::int64_t>({3}));
}

TEST(Membership, aSnapshotIsBoundedButCountsEveryone) {
  World world(1, {.engine = {.max_members = 1000}});
  const User ana(world, "ana");
  Strings many;
  for (int n = 0; n < 450; ++n) many.push_back("user" + std::to_string(n));
  const JsonView joined = last(ana.connect(ana.room(many)), "room_joined");
  EXPECT_EQ(number(joined["room"]["member_count"]), 451);
  EXPECT_EQ(joined["room"]["members"].size(), 200u);
  EXPECT_EQ(joined["presence"].size(), 200u);
}

TEST(Membership, aDisconnectEndsNoMembership) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room();
  Client& watcher = ana.connect(room);
  Client& client = ben.connect(room);
  world.disconnect(client, false);
  world.settle();
  EXPECT_EQ(membersOf(ana, room), Strings({"ana", "ben"}));
  EXPECT_EQ(count(watcher, "member_left"), 0u);
  EXPECT_EQ(codeOf(ben.post(message(room, "from afar"))), "ok");
}

TEST(Membership, aSessionThatClosesWhileItJoinsLeavesNothingAttached) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed, {.store = {.turns_max = 4}});
    const User ana(world, "ana");
    const std::string room = ana.room();
    Client& gone = world.connect("acme", "ben", room);
    world.stir(static_cast<unsigned>(seed));
    world.disconnect(gone);
    world.settle();
    const auto reply = ana.post(message(room, "anyone?"));
    ASSERT_EQ(codeOf(reply), "ok");
    EXPECT_EQ(reply->root()["delivery_status"].text(), "stored") << "seed " << seed;
    EXPECT_EQ(reply->root()["delivered_to"].size() + reply->root()["failed_recipients"].size(), 0u) << "seed " << seed;
    EXPECT_FALSE(strings(reply->root()["offline_recipients"]).empty());
  }
}

TEST(Membership, whoIsRemovedWhileHeAttachesIsNotAttached) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed, {.shards = 3, .store = {.turns_max = 2}});
    const User ana(world, "ana"), ben(world, "ben");
    const std::string room = ana.room({"ben"});
    bool removed = false;
    world.shard(world.homeOf(keyOf(room))).removeMember(ana.principal(), room, "ben", [&](Result<void> done) {
      removed = done.has_value();
    });
    Client& client = world.connect("acme", "ben", room);
    world.settle();
    EXPECT_TRUE(removed);
    ASSERT_EQ(codeOf(ana.post(message(room, "secret"))), "ok");
    const bool member = membersOf(ana, room).size() == 2;  // He may have come after his removal: the room is open.
    EXPECT_EQ(contents(client).size(), member ? 1u : 0u) << "seed " << seed;
    if (!member) {
      EXPECT_TRUE(client.closed) << "seed " << seed;
    }
  }
}

TEST(Membership, aRoomThatClosesWhileSomebodyAttachesLetsNobodyIn) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed, {.shards = 3, .store = {.turns_max = 2}});
    const User ana(world, "ana"), ben(world, "ben");
    const std::string room = ana.room({"ben"});
    bool closed = false;
    Client& client = world.connect("acme", "ben", room);
    world.stir(static_cast<unsigned>(seed % 5));
    world.shard(world.homeOf(keyOf(room))).closeRoom(ana.principal(), room, [&](Result<void> done) { closed = done.has_value(); });
    world.settle();
    EXPECT_TRUE(closed);
    EXPECT_TRUE(client.closed) << "seed " << seed;
  }
}

TEST(Membership, aSessionIsInARoomOnce) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  ana.says(client, R"({"event_type":"join_room","ref":7,"room_id":")" + room + R"("})");
  EXPECT_EQ(last(client, "error")["code"].text(), "conflict");
  EXPECT_EQ(number(last(client, "error")["ref"]), 7);
  EXPECT_EQ(count(client, "room_joined"), 1u);
}

TEST(Membership, placesOfThoseWhoLeftAreUsedAgainWithoutMixingUpNames) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  for (int round = 0; round < 5; ++round) {
    const User guest(world, "guest" + std::to_string(round));
    Client& visiting = guest.connect(room);
    ana.says(client, message(room, "hello"));
    EXPECT_EQ(strings(last(client, "message_confirmation")["delivered_to"]), Strings({"ana", guest.id()})) << round;
    world.disconnect(visiting);
    world.settle();
    if (round % 2) world.pass(200ms);
  }
}

}  // namespace
}  // namespace atrium::sim
