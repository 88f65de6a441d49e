#include "engine/room_hooks.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "user.hpp"

namespace atrium::sim {
namespace {

// What one of the hooks of "chained" has seen since the last look.
Strings seenBy(World& world, const std::string& link) {
  Strings mine;
  for (const std::string& note : world.types.seen)
    if (note.starts_with(link + ' ')) mine.push_back(note.substr(link.size() + 1));
  world.types.seen.clear();
  return mine;
}

bool saw(const World& world, const std::string& note) { return std::ranges::find(world.types.seen, note) != world.types.seen.end(); }

TEST(RoomHooks, hearOfARoomsLifeInOrder) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.create(R"({"room_type":"chained","name":"r"})")->root()["room_id"].text();
  ASSERT_FALSE(room.empty());
  EXPECT_EQ(seenBy(world, "two"), Strings({"check_settings r actor=ana/4", "will_create r actor=ana/4", "did_create r actor=ana/4"}));
  ASSERT_EQ(codeOf(ana.add(room, R"({"user_id":"ben"})")), "ok");
  EXPECT_EQ(seenBy(world, "two"), Strings({"will_join r user=ben/2 actor=ana/4", "did_join r user=ben/2 actor=ana/4"}));
  ASSERT_EQ(codeOf(ben.remove(room, "ben")), "ok");
  EXPECT_EQ(seenBy(world, "two"), Strings({"did_leave r user=ben/2 actor=ben/2"}));
  ASSERT_EQ(codeOf(ana.post(message(room, "hi"))), "ok");
  EXPECT_EQ(seenBy(world, "two"), Strings({R"(will_post r user=ana/4 text "hi")", R"(did_post r user=ana/4 text "hi" seq=1)"}));
  ASSERT_EQ(codeOf(ana.close(room)), "ok");
  EXPECT_EQ(seenBy(world, "two"), Strings({"did_close r actor=ana/4"}));
}

TEST(RoomHooks, refuseARoomBeforeAnythingIsStored) {
  World world(1);
  const User ana(world, "ana");
  EXPECT_EQ(codeOf(ana.create(R"({"room_type":"chained","name":"forbidden"})")), "rejected_by_plugin");
  EXPECT_EQ(seenBy(world, "two"), Strings({"check_settings forbidden actor=ana/4"})) << "the first denial ends the row";
  EXPECT_EQ(ana.rooms()->root()["items"].size(), 0u);
}

TEST(RoomHooks, hearOfNothingThatWasRefused) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "chained");
  world.types.seen.clear();
  EXPECT_EQ(codeOf(ana.post(message(room, "hi", R"(,"metadata":{"two":{"deny":"not now"}})"))), "rejected_by_plugin");
  const Strings seen = world.types.seen;
  ASSERT_EQ(seen.size(), 2u) << "neither the third nor anybody's did_post";
  EXPECT_TRUE(seen[0].starts_with("one will_post") && seen[1].starts_with("two will_post"));
}

TEST(RoomHooks, showEachOtherWhatTheyChanged) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.create(R"({"room_type":"chained","name":"r"})")->root()["room_id"].text();
  const auto sent = ana.post(message(room, "hi", R"(,"metadata":{"deep":{"list":[1,2]},
      "one":{"content":"one","annotate":{"by":"one"},"patch":{"/metadata/deep/list/1":{"x":5},"/metadata/new/a~1b":true}},
      "two":{"patch":{"/metadata/one":null,"/metadata/deep/list/1/x":6}},
      "three":{"annotate":{"by":"three"}}})"));
  ASSERT_EQ(codeOf(sent), "ok");
  const auto page = ana.history({.room_id = room});
  const JsonView stored = page->root().first();
  EXPECT_EQ(stored["content"].text(), "one");
  EXPECT_EQ(stored["metadata"]["deep"].raw(), R"({"list":[1,{"x":6}]})");
  EXPECT_EQ(stored["metadata"]["new"].raw(), R"({"a/b":true})");
  EXPECT_EQ(stored["metadata"]["one"].raw(), "null");
  EXPECT_EQ(stored["metadata"]["by"].text(), "three") << "the last word counts";
  EXPECT_TRUE(saw(world, R"(three will_post r user=ana/4 text "one")"));
  EXPECT_TRUE(saw(world, R"(one did_post r user=ana/4 text "one" seq=1)")) << "what was stored, not what was sent";
}

TEST(RoomHooks, failWithAPatchThatLeadsNowhere) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "chained");
  const auto patched = [&](const std::string& path, const std::string& value) {
    return codeOf(
        ana.post(message(room, "hi", R"(,"metadata":{"list":[1,2],"word":"w","one":{"patch":{")" + path + "\":" + value + "}}}")));
  };
  for (const char* path : {"/metadata/list/2", "/metadata/list/-", "/metadata/word/x", "/metadata"})
    EXPECT_EQ(patched(path, "7"), "plugin_failed") << path;
  EXPECT_EQ(patched("/metadata", R"({"all":"new"})"), "ok");
  EXPECT_EQ(ana.history({.room_id = room})->root().first()["metadata"].raw(), R"({"all":"new"})");
}

TEST(RoomHooks, restrictTheAudienceToThoseWhomAllName) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), cleo(world, "cleo");
  const std::string room = ana.room({"ben", "cleo"}, "chained");
  Client &first = ben.connect(room), &second = cleo.connect(room);
  const std::string metadata = R"(,"metadata":{"one":{"audience":["user:ben","user:cleo"]},"three":{"audience":["user:cleo","sender"]}})";
  ASSERT_EQ(codeOf(ana.post(message(room, "psst", metadata))), "ok");
  EXPECT_EQ(contents(first), Strings());
  EXPECT_EQ(contents(second), Strings({"psst"}));
}

TEST(RoomHooks, costAMessageOneParseAndOneMoreForEachThatChangesIt) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "chained");
  Client& client = ana.connect(room);
  const auto parses = [&](const std::string& metadata) {
    const auto before = world.metric(Metric::json_parses);
    ana.says(client, message(room, "hi", ",\"metadata\":" + metadata));
    return world.metric(Metric::json_parses) - before;
  };
  EXPECT_EQ(parses(R"({"some":["thing"]})"), 1);
  EXPECT_EQ(parses(R"({"two":{"content":"other"}})"), 1);
  EXPECT_EQ(parses(R"({"two":{"annotate":{"a":1}}})"), 2);
  EXPECT_EQ(parses(R"({"one":{"annotate":{"a":1}},"two":{"patch":{"/metadata/a":2,"/metadata/b":3}}})"), 3);
}

TEST(RoomHooks, areTickedWhileTheirRoomIsInMemoryAndOpen) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.create(R"({"room_type":"chained","name":"r"})")->root()["room_id"].text();
  world.types.seen.clear();
  world.pass(60s);
  EXPECT_EQ(world.types.seen, Strings({"one tick r"})) << "the first within the interval, and of the others nobody wants one";
  world.pass(60s);
  EXPECT_EQ(world.types.seen.size(), 2u);
  ASSERT_EQ(codeOf(ana.close(room)), "ok");
  world.types.seen.clear();
  world.pass(180s);
  EXPECT_EQ(world.types.seen, Strings());
}

TEST(RoomHooks, tellAMessageTypeToHowManyItWasHanded) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), cleo(world, "cleo");
  const std::string room = ana.room({"ben", "cleo"});
  ben.connect(room);
  ana.connect(room);
  const std::string sent = message(room, "hi", R"(,"message_type":"told","client_message_id":"c1")");
  ASSERT_EQ(codeOf(ana.post(sent)), "ok");
  EXPECT_EQ(world.types.seen, Strings({R"(delivered told "hi" to 2)"}));
  ASSERT_EQ(codeOf(ana.post(sent)), "ok");
  EXPECT_EQ(world.types.seen.size(), 1u) << "a repeat was delivered before";
}

// ---- The trace

JsonDocument trace(World& world, const std::string& message, const std::string& tenant = "acme") {
  const auto items =
      world.request<std::string>([&](Shard& shard, Completion<std::string> done) { shard.trace(tenant, message, std::move(done)); });
  return *JsonDocument::parse(*items);
}

TEST(RoomHooks, areTracedByMessage) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "chained");
  const auto sent = ana.post(message(room, "hi", R"(,"client_message_id":"c-1","metadata":{"two":{"annotate":{"a":1}}})"));
  const std::string id = sent->root()["message_id"].text();
  const JsonDocument traced = trace(world, id);
  const JsonView items = traced.root()["items"];
  EXPECT_EQ(strings(items, "hook"), Strings({"will_post", "will_post", "will_post", "did_post", "did_post", "did_post"}));
  EXPECT_EQ(strings(items, "plugin"), Strings({"sim.one", "sim.two", "sim.three", "sim.one", "sim.two", "sim.three"}));
  EXPECT_EQ(strings(items, "verdict"), Strings({"allowed", "changed", "allowed", "allowed", "allowed", "allowed"}));
  EXPECT_EQ(items.first()["microseconds"].raw(), "3");
  EXPECT_EQ(items.first()["message_id"].text(), id);
  EXPECT_EQ(trace(world, "c-1").root()["items"].size(), 6u);
  EXPECT_EQ(trace(world, id, "umbrella").root()["items"].size(), 0u) << "another tenant's";
  EXPECT_EQ(trace(world, "c-2").root()["items"].size(), 0u);
}

TEST(RoomHooks, areTracedForAMessageThatWasRefused) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "chained");
  const std::string sent = message(room, "hi", R"(,"client_message_id":"c-1","metadata":{"two":{"deny":"not now"}})");
  ASSERT_EQ(codeOf(ana.post(sent)), "rejected_by_plugin");
  const JsonDocument traced = trace(world, "c-1");
  const JsonView items = traced.root()["items"];
  EXPECT_EQ(strings(items, "verdict"), Strings({"allowed", "denied"}));
  EXPECT_EQ(items.first().sibling(items)["reason"].text(), "not now");
}

TEST(RoomHooks, areTracedUntilNewerOnesTakeTheirPlace) {
  World world(1, {.shards = 1, .engine = {.trace_entries = 8}});
  const User ana(world, "ana");
  const std::string room = ana.room({}, "chained");
  const std::string first = ana.post(message(room, "1"))->root()["message_id"].text();
  const std::string second = ana.post(message(room, "2"))->root()["message_id"].text();
  EXPECT_EQ(trace(world, first).root()["items"].size(), 2u);
  EXPECT_EQ(trace(world, second).root()["items"].size(), 6u);
}

}  // namespace
}  // namespace atrium::sim
