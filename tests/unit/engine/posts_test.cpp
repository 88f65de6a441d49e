// A message from its room to its confirmation: kernel/engine/posts.cpp.
#include <gtest/gtest.h>

#include "user.hpp"

namespace atrium::sim {
namespace {

// ---- What a confirmation says

TEST(Posts, aConfirmationSaysEverythingThatBecameOfTheMessage) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben", "cleo"});
  Client& client = ana.connect(room);
  ben.connect(room);
  ana.says(client, message(room, "hello", R"(,"ref":"r1","client_message_id":"c1")"));
  const JsonView confirmation = last(client, "message_confirmation");
  EXPECT_EQ(keys(confirmation), Strings({"event_type",
                                         "ref",
                                         "client_message_id",
                                         "message_id",
                                         "room_id",
                                         "seq",
                                         "epoch",
                                         "durability",
                                         "duplicate",
                                         "delivery_status",
                                         "delivered_to",
                                         "failed_recipients",
                                         "pending_recipients",
                                         "offline_recipients",
                                         "delivered_count",
                                         "failed_count",
                                         "pending_count",
                                         "offline_count",
                                         "latency_ms",
                                         "timestamp"}));
  EXPECT_EQ(confirmation["ref"].text(), "r1");
  EXPECT_EQ(confirmation["client_message_id"].text(), "c1");
  EXPECT_EQ(confirmation["message_id"].text(), last(client, "collaboration_message")["message"]["message_id"].text());
  EXPECT_EQ(confirmation["room_id"].text(), room);
  EXPECT_EQ(number(confirmation["seq"]), 1);
  EXPECT_EQ(confirmation["epoch"].text(), world.store.log(keyOf(room))->epoch);
  EXPECT_EQ(confirmation["durability"].text(), "fsynced");
  EXPECT_FALSE(confirmation["duplicate"].boolean(true));
  EXPECT_EQ(confirmation["delivery_status"].text(), "delivered");
  EXPECT_EQ(strings(confirmation["delivered_to"]), Strings({"ana", "ben"})) << "the sender is among them";
  EXPECT_EQ(strings(confirmation["failed_recipients"]), Strings());
  EXPECT_EQ(strings(confirmation["pending_recipients"]), Strings());
  EXPECT_EQ(strings(confirmation["offline_recipients"]), Strings({"cleo"}));
  EXPECT_EQ(number(confirmation["delivered_count"]), 2);
  EXPECT_EQ(number(confirmation["failed_count"]), 0);
  EXPECT_EQ(number(confirmation["pending_count"]), 0);
  EXPECT_EQ(number(confirmation["offline_count"]), 1);
  double latency = -1;
  EXPECT_TRUE(confirmation["latency_ms"].number(latency));
  EXPECT_EQ(latency, 0);
  EXPECT_EQ(confirmation["timestamp"].text(), formatTime(world.clock.now().wall));
}

TEST(Posts, restGetsTheSameWithoutRefAndEvent) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  const auto reply = ana.post(R"({"room_id":")" + room + R"(","content":"hello"})");
  ASSERT_EQ(codeOf(reply), "ok");
  EXPECT_EQ(keys(reply->root()), Strings({"message_id", "room_id", "seq", "epoch", "durability", "duplicate", "delivery_status",
                                          "delivered_to", "failed_recipients", "pending_recipients", "offline_recipients",
                                          "delivered_count", "failed_count", "pending_count", "offline_count", "latency_ms", "timestamp"}));
  EXPECT_EQ(reply->root()["delivery_status"].text(), "stored") << "nobody is there";
  EXPECT_EQ(strings(reply->root()["offline_recipients"]), Strings({"ana"}));
}

TEST(Posts, aUserWithSeveralSessionsCountsOnce) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  for (int n = 0; n < 5; ++n) ben.connect(room);
  ana.says(client, message(room, "hello"));
  EXPECT_EQ(strings(last(client, "message_confirmation")["delivered_to"]), Strings({"ana", "ben"}));
  EXPECT_EQ(world.figures("acme").deliveries, 2u);
}

TEST(Posts, theBestOfAUsersSessionsCounts) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  ben.connect(room).reads_per_turn = 0;
  ben.connect(room);
  ben.connect(room).outbox_max = 0;
  ana.says(client, message(room, "hello"));
  world.pass(10ms);
  EXPECT_EQ(strings(last(client, "message_confirmation")["delivered_to"]), Strings({"ana", "ben"}));
}

TEST(Posts, namesAreCutAtAHundredCountsAreNot) {
  World world(1, {.engine = {.max_members = 1000}});
  const User ana(world, "ana");
  Strings members;
  for (int n = 0; n < 260; ++n) members.push_back("user" + std::to_string(100 + n));
  const std::string room = ana.room(members);
  Client& client = ana.connect(room);
  std::vector<Client*> slow, full;
  for (int n = 0; n < 130; ++n) User(world, members[static_cast<std::size_t>(n)]).connect(room);
  ana.says(client, message(room, "hello"));
  const JsonView confirmation = last(client, "message_confirmation");
  EXPECT_EQ(confirmation["delivered_to"].size(), 100u);
  EXPECT_EQ(number(confirmation["delivered_count"]), 131);
  EXPECT_EQ(confirmation["offline_recipients"].size(), 100u);
  EXPECT_EQ(number(confirmation["offline_count"]), 130);
}

// ---- Slow and full readers

TEST(Posts, aSlowReaderIsPendingWhenTheBudgetEnds) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  Client& slow = ben.connect(room);
  slow.reads_per_turn = 0;
  ana.says(client, message(room, "hello"));
  world.pass(9ms);
  EXPECT_EQ(count(client, "message_confirmation"), 0u) << "there is time yet";
  world.pass(1ms);
  const JsonView confirmation = last(client, "message_confirmation");
  EXPECT_EQ(confirmation["delivery_status"].text(), "partial");
  EXPECT_EQ(strings(confirmation["delivered_to"]), Strings({"ana"}));
  EXPECT_EQ(strings(confirmation["pending_recipients"]), Strings({"ben"}));
  EXPECT_EQ(number(confirmation["pending_count"]), 1);
  double latency = 0;
  EXPECT_TRUE(confirmation["latency_ms"].number(latency));
  EXPECT_GE(latency, 10);
  slow.reads_per_turn = 100;
  world.settle();
  EXPECT_EQ(contents(slow), Strings({"hello"}));
}

TEST(Posts, aReaderWhoCatchesUpWithinTheBudgetIsDelivered) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  Client& slow = ben.connect(room);
  slow.reads_per_turn = 0;
  ana.says(client, message(room, "hello"));
  world.pass(4ms);
  slow.reads_per_turn = 1;
  world.settle();
  EXPECT_EQ(strings(last(client, "message_confirmation")["delivered_to"]), Strings({"ana", "ben"}));
}

TEST(Posts, nobodyButSlowReadersIsPending) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  ben.connect(room).reads_per_turn = 0;
  std::optional<Result<std::string>> reply;
  world.anyShard().sendMessage(ana.principal(), *JsonDocument::parse(message(room, "hello")), world.clock.now().mono,
                               [&](Result<std::string> result) { reply = std::move(result); });
  world.settle();
  EXPECT_FALSE(reply);
  world.pass(10ms);
  ASSERT_TRUE(reply && *reply);
  EXPECT_EQ(JsonDocument::parse(**reply)->root()["delivery_status"].text(), "pending");
}

TEST(Posts, whatTheServerSaysBeginsItsWayWhenItIsSaid) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({});
  std::optional<Result<std::string>> reply;
  world.anyShard().sendMessage(ana.principal(), *JsonDocument::parse(message(room, "hello")),
                               [&](Result<std::string> result) { reply = std::move(result); });
  world.settle();
  ASSERT_TRUE(reply && *reply);
  double latency = -1;
  EXPECT_TRUE(JsonDocument::parse(**reply)->root()["latency_ms"].number(latency));
  EXPECT_EQ(latency, 0) << "and not the time since the machine began";
}

TEST(Posts, aFullOutboxHasFailed) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  ben.connect(room).outbox_max = 0;
  const auto reply = ana.post(message(room, "hello"));
  EXPECT_EQ(reply->root()["delivery_status"].text(), "failed");
  EXPECT_EQ(strings(reply->root()["failed_recipients"]), Strings({"ben"}));
  EXPECT_EQ(number(reply->root()["failed_count"]), 1);
  EXPECT_EQ(world.figures("acme").deliveries_failed, 1u);
}

TEST(Posts, whoClosesBeforeTheFlushHasFailedAndIsInNoOtherList) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  Client& slow = ben.connect(room);
  slow.reads_per_turn = 0;
  ana.says(client, message(room, "hello"));
  world.disconnect(slow);
  world.settle();
  const JsonView confirmation = last(client, "message_confirmation");
  EXPECT_EQ(confirmation["delivery_status"].text(), "partial");
  EXPECT_EQ(strings(confirmation["failed_recipients"]), Strings({"ben"}));
  EXPECT_EQ(strings(confirmation["offline_recipients"]), Strings());
  EXPECT_EQ(number(confirmation["offline_count"]), 0);
}

TEST(Posts, whoGotTheMessageAndLeftBeforeTheConfirmationIsDelivered) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), cleo(world, "cleo");
  const std::string room = ana.room({"ben", "cleo"});
  Client& client = ana.connect(room);
  Client& quick = ben.connect(room);
  cleo.connect(room).reads_per_turn = 0;
  ana.says(client, message(room, "hello"));
  world.disconnect(quick);
  world.pass(10ms);
  const JsonView confirmation = last(client, "message_confirmation");
  EXPECT_EQ(strings(confirmation["delivered_to"]), Strings({"ana", "ben"}));
  EXPECT_EQ(strings(confirmation["pending_recipients"]), Strings({"cleo"}));
  EXPECT_EQ(strings(confirmation["offline_recipients"]), Strings());
  EXPECT_EQ(number(confirmation["offline_count"]), 0);
}

TEST(Posts, aShardThatReportsLateLeavesItsRecipientsPending) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  const unsigned home = world.homeOf(keyOf(room));
  Client& client = ana.connectAt(home, room);
  Client& far = ben.connectAt(1 - home, room);
  world.hold(1 - home, true);
  ana.says(client, message(room, "hello"));
  world.pass(14ms);
  EXPECT_EQ(count(client, "message_confirmation"), 0u);
  world.pass(2ms);
  const JsonView confirmation = last(client, "message_confirmation");
  EXPECT_EQ(confirmation["delivery_status"].text(), "partial");
  EXPECT_EQ(strings(confirmation["delivered_to"]), Strings({"ana"}));
  EXPECT_EQ(strings(confirmation["pending_recipients"]), Strings({"ben"}));
  world.hold(1 - home, false);
  world.settle();
  EXPECT_EQ(contents(far), Strings({"hello"}));
  EXPECT_EQ(count(client, "message_confirmation"), 1u) << "a late report changes nothing";
  ana.says(client, message(room, "again"));
  EXPECT_EQ(strings(last(client, "message_confirmation")["delivered_to"]), Strings({"ana", "ben"}));
}

TEST(Posts, aSenderWhoHasGoneIsNotMissed) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  Client& reader = ben.connect(room);
  world.store.stall(true);
  ana.says(client, message(room, "last words"));
  world.disconnect(client);
  world.settle();
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(contents(reader), Strings({"last words"}));
}

// ---- Repeats and preconditions

TEST(Posts, aRepeatOverEitherWayGetsTheFirstResult) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  Client& reader = ben.connect(room);
  const std::string frame = message(room, "once", R"(,"client_message_id":"c1","metadata":{"k":1})");
  ana.says(client, frame);
  const JsonDocument first(last(client, "message_confirmation"));
  ASSERT_EQ(codeOf(ana.post(message(room, "between"))), "ok");
  world.clock.advance(5s);
  ana.says(client, frame);
  const JsonDocument again(last(client, "message_confirmation"));
  const auto rest = ana.post(frame);
  ASSERT_EQ(codeOf(rest), "ok");
  for (const JsonView reply : {again.root(), rest->root()}) {
    EXPECT_TRUE(reply["duplicate"].boolean(false));
    EXPECT_EQ(reply["message_id"].text(), first.root()["message_id"].text());
    EXPECT_EQ(number(reply["seq"]), 1);
    EXPECT_EQ(reply["epoch"].text(), first.root()["epoch"].text());
    EXPECT_EQ(reply["timestamp"].text(), first.root()["timestamp"].text());
    EXPECT_EQ(reply["delivery_status"].text(), "stored");
    EXPECT_EQ(number(reply["delivered_count"]), 0);
    EXPECT_EQ(reply["client_message_id"].text(), "c1");
  }
  EXPECT_EQ(contents(reader), Strings({"once", "between"})) << "nobody gets it twice";
  EXPECT_EQ(world.figures("acme").messages, 2u);
  EXPECT_EQ(world.metric(Metric::messages_duplicate), 2);
}

TEST(Posts, restMayComeFirst) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  const std::string frame = message(room, "once", R"(,"client_message_id":"c1")");
  const auto first = ana.post(frame);
  Client& client = ana.connect(room);
  ana.says(client, frame);
  EXPECT_TRUE(last(client, "message_confirmation")["duplicate"].boolean(false));
  EXPECT_EQ(last(client, "message_confirmation")["message_id"].text(), first->root()["message_id"].text());
}

TEST(Posts, aRepeatIsOneHoweverItsJsonIsWritten) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  ASSERT_EQ(codeOf(ana.post(message(room, "caf\u00e9", R"(,"client_message_id":"c1","metadata":{"a":[1,true,{"b":"\/"}],"c":null})"))),
            "ok");
  const auto again =
      ana.post(message(room, R"(caf\u00e9)", R"(,"metadata": { "\u0061" : [ 1, true, {"b": "/"} ], "c": null },"client_message_id":"c1")"));
  ASSERT_EQ(codeOf(again), "ok");
  EXPECT_TRUE(again->root()["duplicate"].boolean(false));
}

TEST(Posts, theSameIdWithAnotherPayloadIsAConflict) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  const auto first = ana.post(message(room, "once", R"(,"client_message_id":"c1","metadata":{"a":1})"));
  const std::string id = first->root()["message_id"].text();
  for (const std::string& other :
       {message(room, "twice", R"(,"client_message_id":"c1","metadata":{"a":1})"),
        message(room, "once", R"(,"client_message_id":"c1","metadata":{"a":2})"), message(room, "once", R"(,"client_message_id":"c1")"),
        message(room, "once", R"(,"client_message_id":"c1","metadata":{"a":"1"})"),
        message(room, "once", R"(,"client_message_id":"c1","metadata":{"a":[1]})"),
        message(room, "once", R"(,"client_message_id":"c1","metadata":{"b":1})"),
        message(room, "once", R"(,"client_message_id":"c1","metadata":{"a":1},"priority":"high")"),
        message(room, "once", R"(,"client_message_id":"c1","metadata":{"a":1},"reply_to":")" + id + '"'),
        message(room, "once", R"(,"client_message_id":"c1","metadata":{"a":1},"thread":")" + id + '"'),
        message(room, "once", R"(,"client_message_id":"c1","metadata":{"a":1},"attachments":["f"])"),
        message(room, "once", R"(,"client_message_id":"c1","metadata":{"a":1},"message_type":"short")")})
    EXPECT_EQ(codeOf(ana.post(other)), "idempotency_conflict") << other;
  EXPECT_EQ(codeOf(ben.post(message(room, "mine", R"(,"client_message_id":"c1")"))), "ok") << "ids are the sender's own";
  EXPECT_EQ(codeOf(ana.post(message(ana.room(), "else", R"(,"client_message_id":"c1")"))), "ok") << "and the room's own";
}

TEST(Posts, aRepeatOnTheHeelsOfTheFirstIsOne) {
  World world(1, {.store = {.turns_max = 3}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  const std::string frame = message(room, "once", R"(,"client_message_id":"c1")");
  world.send(client, frame);
  world.send(client, frame);
  world.settle();
  ASSERT_EQ(count(client, "message_confirmation"), 2u);
  EXPECT_EQ(contents(client), Strings({"once"}));
}

TEST(Posts, aPreconditionNamesTheHeadItSaw) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  EXPECT_EQ(codeOf(ana.post(message(room, "first", R"(,"if_seq":1)"))), "precondition_failed");
  EXPECT_EQ(codeOf(ana.post(message(room, "first", R"(,"if_seq":0,"client_message_id":"c")"))), "ok");
  EXPECT_EQ(codeOf(ana.post(message(room, "second", R"(,"if_seq":1)"))), "ok");
  const auto stale = ana.post(message(room, "third", R"(,"if_seq":1)"));
  EXPECT_EQ(codeOf(stale), "precondition_failed");
  EXPECT_EQ(stale.error().detail, "The room's last seq is 2.");
  EXPECT_TRUE(ana.post(message(room, "first", R"(,"if_seq":0,"client_message_id":"c")"))->root()["duplicate"].boolean(false))
      << "a repeat is still a repeat";
}

// ---- The store

TEST(Posts, aStoreThatRefusesIsTold) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  world.store.options.refuse_batch = 1000;
  const std::pair<atrium_status, std::string> refusals[] = {{ATRIUM_FAILED, "storage_unavailable"},
                                                            {ATRIUM_FATAL, "storage_unavailable"},
                                                            {ATRIUM_FULL, "overloaded"},
                                                            {ATRIUM_INVALID, "internal"}};
  for (const auto& [status, code] : refusals) {
    world.store.options.batch_refusal = status;
    ana.says(client, message(room, "hello", R"(,"ref":"r","client_message_id":"c")"));
    EXPECT_EQ(last(client, "error")["code"].text(), code);
    EXPECT_EQ(last(client, "error")["ref"].text(), "r");
    EXPECT_EQ(last(client, "error")["client_message_id"].text(), "c");
    EXPECT_EQ(codeOf(ana.post(message(room, "hello"))), code);
  }
  EXPECT_EQ(contents(client), Strings());
  world.store.options.refuse_batch = 0;
  ana.says(client, message(room, "hello"));
  EXPECT_EQ(seqs(client), std::vector<std::int64_t>({1})) << "no seq is lost";
}

TEST(Posts, aLateStoreLeavesTheMessageInDoubtAndTheRoomWaiting) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room(), other = ana.room();
  Client& client = ana.connect(room);
  world.store.stall(true);
  ana.says(client, message(room, "late", R"(,"client_message_id":"c1","ref":"r1")"));
  world.pass(249ms);
  EXPECT_EQ(count(client, "error"), 0u);
  world.pass(1ms);
  EXPECT_EQ(last(client, "error")["code"].text(), "in_doubt");
  EXPECT_EQ(last(client, "error")["client_message_id"].text(), "c1");
  ana.says(client, message(room, "behind"));
  EXPECT_EQ(last(client, "error")["code"].text(), "storage_unavailable") << "nothing is appended behind a message in doubt";
  EXPECT_EQ(world.metric(Metric::rooms_in_doubt), 1);

  world.store.stall(false);
  world.settle();
  EXPECT_EQ(contents(client), Strings({"late"})) << "a late success is delivered";
  EXPECT_EQ(count(client, "message_confirmation"), 0u) << "its sender was answered already";
  ana.says(client, message(room, "late", R"(,"client_message_id":"c1")"));
  EXPECT_TRUE(last(client, "message_confirmation")["duplicate"].boolean(false));
  ana.says(client, message(room, "next"));
  EXPECT_EQ(seqs(client), std::vector<std::int64_t>({1, 2})) << "the room takes messages again";
}

TEST(Posts, aMessageInDoubtThatFailedIsNotAnsweredTwice) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  Strings replies;
  world.store.stall(true);
  ana.says(client, message(room, "late"));
  world.anyShard().sendMessage(ana.principal(), *JsonDocument::parse(message(room, "too")), world.clock.now().mono,
                               [&](Result<std::string> result) { replies.push_back(codeOf(result)); });
  world.pass(300ms);
  EXPECT_EQ(replies, Strings({"in_doubt"}));
  world.store.options.refuse_batch = 1000;
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(count(client, "error"), 1u);
  EXPECT_EQ(replies, Strings({"in_doubt"}));
  world.store.options.refuse_batch = 0;
  ana.says(client, message(room, "next"));
  EXPECT_EQ(contents(client), Strings({"next"}));
}

TEST(Posts, aRepeatThatComesBackLateIsNotAnsweredTwice) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  const std::string frame = message(room, "once", R"(,"client_message_id":"c1")");
  ana.says(client, frame);
  world.store.stall(true);
  ana.says(client, frame);
  world.pass(300ms);
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(count(client, "message_confirmation"), 1u);
  EXPECT_EQ(count(client, "error"), 1u);
  ana.says(client, frame);
  EXPECT_EQ(count(client, "message_confirmation"), 2u);
}

TEST(Posts, aRoomInDoubtWaitsForAllItsMessages) {
  World world(1, {.shards = 1});
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  world.store.stall(true);
  ana.says(client, message(room, "one"));
  world.pass(100ms);
  ana.says(client, message(room, "two"));
  world.pass(160ms);
  EXPECT_EQ(count(client, "error"), 1u) << "the second has time yet";
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(contents(client), Strings({"one", "two"}));
  EXPECT_EQ(count(client, "message_confirmation"), 1u);
  EXPECT_EQ(number(last(client, "message_confirmation")["seq"]), 2);
}

TEST(Posts, aReplyMayAskForAnotherRoomAtOnce) {
  // The first room is idle again when its reply goes out, and the next request takes its place in memory.
  World world(1, {.shards = 1, .engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana");
  const std::string other = ana.room(), room = ana.room();
  Strings codes;
  for (int round = 0; round < 2; ++round) {  // The second is a repeat.
    world.shard(0).sendMessage(ana.principal(), *JsonDocument::parse(message(room, "x", R"(,"client_message_id":"c")")),
                               world.clock.now().mono, [&](Result<std::string> reply) {
                                 codes.push_back(codeOf(reply));
                                 world.shard(0).readRoom(ana.principal(), other, [&](auto read) { codes.push_back(codeOf(read)); });
                               });
    world.settle();
  }
  EXPECT_EQ(codes, Strings({"ok", "ok", "ok", "ok"}));
}

// ---- Bounds

TEST(Posts, aRoomTakesSoManyMessagesAtATime) {
  World world(1, {.engine = {.room_pending_max = 5}});
  const User ana(world, "ana");
  const std::string room = ana.room(), other = ana.room();
  Client& client = ana.connect(room);
  world.store.stall(true);
  for (int n = 0; n < 8; ++n) ana.says(client, message(room, "m" + std::to_string(n)));
  EXPECT_EQ(count(client, "error"), 3u);
  EXPECT_EQ(last(client, "error")["code"].text(), "overloaded");
  EXPECT_GT(number(last(client, "error")["retry_after_ms"]), 0);
  ana.says(client, message(other, "elsewhere"));
  EXPECT_EQ(count(client, "error"), 3u);
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(contents(client), Strings({"m0", "m1", "m2", "m3", "m4"}));
  ana.says(client, message(room, "m8"));
  EXPECT_EQ(count(client, "error"), 3u);
}

TEST(Posts, aShardThatOwesTooManyReportsMakesRoomsRefuse) {
  World world(1, {.engine = {.fanouts_pending_max = 3}});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  const unsigned home = world.homeOf(keyOf(room));
  Client& client = ana.connectAt(home, room);
  Client& far = ben.connectAt(1 - home, room);
  world.hold(1 - home, true);
  for (int n = 0; n < 5; ++n) ana.says(client, message(room, "m" + std::to_string(n)));
  EXPECT_EQ(count(client, "error"), 2u);
  EXPECT_EQ(last(client, "error")["code"].text(), "overloaded");
  world.hold(1 - home, false);
  world.settle();
  EXPECT_EQ(contents(far), Strings({"m0", "m1", "m2"}));
  ana.says(client, message(room, "m5"));
  EXPECT_EQ(contents(far).back(), "m5");
}

TEST(Posts, aTurnsMessagesGoToTheStoreTogetherButNotTooMany) {
  World world(1, {.shards = 1, .engine = {.room_pending_max = 5000}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  client.outbox_max = 16 << 20;
  const std::int64_t before = world.metric(Metric::append_batches);
  for (int n = 0; n < 2500; ++n) world.send(client, message(room, "m" + std::to_string(n)));
  world.settle();
  EXPECT_EQ(world.metric(Metric::append_batches) - before, 3);
  EXPECT_EQ(world.metric(Metric::append_items), 2500);
  EXPECT_EQ(count(client, "message_confirmation"), 2500u);
  const auto order = seqs(client);
  ASSERT_EQ(order.size(), 2500u);
  for (std::size_t at = 0; at < order.size(); ++at) ASSERT_EQ(order[at], static_cast<std::int64_t>(at) + 1);
}

}  // namespace
}  // namespace atrium::sim
