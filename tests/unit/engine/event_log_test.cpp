// What is recorded for event sinks: kernel/engine/event_log.cpp.
#include <gtest/gtest.h>

#include "engine/event_log.hpp"
#include "user.hpp"

namespace atrium::sim {
namespace {

class Listeners final : public EventListeners {
 public:
  explicit Listeners(EventTypes wanted = all_event_types) : wanted(wanted) {}
  [[nodiscard]] bool want(EventType type) const override { return (wanted & bit(type)) != 0; }
  void recorded() override { ++told; }
  EventTypes wanted;
  unsigned told = 0;
};

// The types in the event log, in order.
Strings recorded(const World& world) {
  Strings types;
  if (const SimLog* log = world.store.log(eventLogKey()))
    for (const Record& record : log->records) types.push_back(record.message_type);
  return types;
}

JsonDocument dataOf(const World& world, std::size_t index) {
  return *JsonDocument::parse(world.store.log(eventLogKey())->records.at(index).body);
}

std::size_t outbox(World& world) {
  std::size_t found = 0;
  std::optional<Result<std::vector<Document>>> documents;
  const auto port = world.store.port([](Task task) { task(); });
  port->scan({std::string(event_outbox_collection)}, {}, 1000, [&](Result<std::vector<Document>> all) { found = all->size(); });
  world.settle();
  return found;
}

TEST(EventLog, isNotWrittenWhereNobodyListens) {
  World world(1);
  const User ana(world, "ana");
  ASSERT_EQ(codeOf(ana.post(message(ana.room(), "x"))), "ok");
  EXPECT_EQ(recorded(world), Strings());
}

TEST(EventLog, hasWhatHappensInItsOrder) {
  Listeners listeners;
  World world(1, {.listeners = &listeners});
  const User ana(world, "ana");
  const std::string room = ana.room({"ben"});
  ASSERT_EQ(codeOf(ana.post(message(room, "x"))), "ok");
  ASSERT_EQ(codeOf(ana.add(room, R"({"user_id":"cleo"})")), "ok");
  ASSERT_EQ(codeOf(ana.changeRole(room, "cleo", Role::moderator)), "ok");
  ASSERT_EQ(codeOf(ana.remove(room, "cleo")), "ok");
  ASSERT_EQ(codeOf(ana.change(room, R"({"name":"other"})")), "ok");
  ASSERT_EQ(codeOf(ana.close(room)), "ok");
  EXPECT_EQ(recorded(world),
            Strings({"room.created", "message.posted", "member.joined", "member.changed", "member.left", "room.changed", "room.closed"}));
  EXPECT_EQ(listeners.told, 7u);
  EXPECT_EQ(world.metric(Metric::events_recorded), 7);
  EXPECT_EQ(outbox(world), 0u) << "what stands in the log has left the outbox";

  EXPECT_EQ(dataOf(world, 0).root()["created_by"].text(), "ana");
  EXPECT_EQ(dataOf(world, 0).root()["room_id"].text(), room);
  EXPECT_EQ(dataOf(world, 1).root()["content"].text(), "x");
  EXPECT_EQ(dataOf(world, 2).root()["user_id"].text(), "cleo");
  EXPECT_EQ(dataOf(world, 3).root()["role"].text(), "moderator");
  EXPECT_EQ(dataOf(world, 4).root()["by"].text(), "ana");
  EXPECT_EQ(dataOf(world, 5).root()["name"].text(), "other");
  EXPECT_FALSE(dataOf(world, 6).root()["is_active"].boolean(true));
  for (const Record& record : world.store.log(eventLogKey())->records) EXPECT_EQ(record.sender_id, tenant_default);
}

TEST(EventLog, hasOnlyTheTypesThatAreWanted) {
  Listeners listeners(bit(EventType::room_closed));
  World world(1, {.listeners = &listeners});
  const User ana(world, "ana");
  const std::string room = ana.room();
  ASSERT_EQ(codeOf(ana.post(message(room, "x"))), "ok");
  ASSERT_EQ(codeOf(ana.close(room)), "ok");
  EXPECT_EQ(recorded(world), Strings({"room.closed"}));
}

// What the store refuses as a whole is neither sent nor told, and what it takes is both.
TEST(EventLog, aMessageAndItsEventStandOrFallTogether) {
  Listeners listeners;
  World world(1, {.store = {.refuse_batch = 400}, .listeners = &listeners});
  const User ana(world, "ana");
  const std::string room = ana.room();
  std::set<std::string> confirmed;
  for (int n = 0; n < 60; ++n)
    if (const auto answer = ana.post(message(room, "x"))) confirmed.insert(answer->root()["message_id"].text());
  ASSERT_GT(confirmed.size(), 10u);
  ASSERT_LT(confirmed.size(), 60u);
  std::set<std::string> told;
  for (const Record& record : world.store.log(eventLogKey())->records)
    if (record.message_type == word(EventType::message_posted)) told.insert(JsonDocument::parse(record.body)->root()["message_id"].text());
  EXPECT_EQ(told, confirmed);
}

// A store that breaks its contract: no sink will hear of the message, so that whoever operates the server does.
TEST(EventLog, aMessageThatWasKeptWithoutItsEventIsTold) {
  testing::internal::CaptureStderr();
  std::string kept;
  {
    Listeners listeners;
    World world(1, {.listeners = &listeners});
    const User ana(world, "ana");
    const std::string room = ana.room();
    const std::int64_t unrecorded = world.metric(Metric::events_unrecorded);
    world.store.options.refuse_events = 1000;
    const auto answer = ana.post(message(room, "x"));
    ASSERT_EQ(codeOf(answer), "ok");
    kept = answer->root()["message_id"].text();
    EXPECT_EQ(codeOf(ana.post(message(room, "y"))), "ok");
    EXPECT_EQ(world.metric(Metric::events_unrecorded), unrecorded + 2);
  }
  const std::string text = testing::internal::GetCapturedStderr();
  const std::size_t first = text.find("event.lost");
  ASSERT_NE(first, text.npos) << text;
  EXPECT_NE(text.find(kept, first), text.npos) << text;
  EXPECT_EQ(text.find("event.lost", first + 1), text.npos) << "this log has one line of an event a second: " << text;
}

TEST(EventLog, whatTheLogCannotTakeWaitsInTheOutbox) {
  Listeners listeners;
  World world(1, {.listeners = &listeners});
  const User ana(world, "ana");
  world.store.options.refuse_batch = 1000;
  static_cast<void>(ana.room());
  EXPECT_EQ(recorded(world), Strings());
  EXPECT_EQ(outbox(world), 1u);
  EXPECT_EQ(world.metric(Metric::events_unrecorded), 0) << "it waits";
  world.store.options.refuse_batch = 0;
  world.pass(3min);
  EXPECT_EQ(recorded(world), Strings({"room.created"}));
  EXPECT_EQ(outbox(world), 0u);
}

TEST(EventLog, whatAnEarlierRunLeftIsToldAtTheStart) {
  Listeners listeners;
  World world(1, {.listeners = &listeners});
  const OutboxEvent left{{{1}}, world.clock.now().wall - 1s, {EventType::room_closed, "acme", R"({"room_id":"r"})"}};
  world.store.put(eventOutboxKey(left.id), encodeOutboxEvent(left.event, left.at));
  world.store.put({std::string(event_outbox_collection), "damaged"}, "{");
  world.pass(2s);
  EXPECT_EQ(recorded(world), Strings({"room.closed"}));
  EXPECT_EQ(outbox(world), 0u) << "and what cannot be read is no longer looked at";
}

// Puts an event into the outbox as an earlier run of the server did that was killed before the log had it.
void leave(World& world, std::uint8_t number) {
  const OutboxEvent left{{{number}}, world.clock.now().wall - 1s, {EventType::room_closed, "acme", "{}"}};
  world.store.put(eventOutboxKey(left.id), encodeOutboxEvent(left.event, left.at));
}

TEST(EventLog, whatAnEarlierRunLeftComesBeforeWhatThisOneDoes) {
  Listeners listeners;
  World world(3, {.shards = 3, .store = {.refuse_read = 1000}, .listeners = &listeners});
  leave(world, 1);
  leave(world, 2);
  const User ana(world, "ana");
  static_cast<void>(ana.room());
  world.pass(5s);
  EXPECT_EQ(recorded(world), Strings()) << "it is not known what was left";
  world.store.options.refuse_read = 0;
  world.pass(2s);
  EXPECT_EQ(recorded(world), Strings({"room.closed", "room.closed", "room.created"}));
  EXPECT_EQ(outbox(world), 0u);
}

TEST(EventLog, whatTheLogRefusesIsNotOvertaken) {
  Listeners listeners;
  World world(5, {.listeners = &listeners});
  const User ana(world, "ana");
  const std::string room = ana.room();
  Strings names;
  world.store.options.refuse_batch = 600;
  for (int n = 0; n < 40; ++n) {
    names.push_back(std::to_string(n));
    ASSERT_EQ(codeOf(ana.change(room, R"({"name":")" + names.back() + "\"}")), "ok");
    world.pass(200ms);
  }
  world.store.options.refuse_batch = 0;
  world.pass(2s);
  Strings told;
  for (std::size_t n = 1; n < recorded(world).size(); ++n) told.push_back(dataOf(world, n).root()["name"].text());
  EXPECT_EQ(told, names);
}

TEST(EventLog, whatTheLogRefusesForLongComesFromTheOutbox) {
  Listeners listeners;
  World world(1, {.listeners = &listeners});
  const User ana(world, "ana");
  world.store.options.refuse_batch = 1000;
  static_cast<void>(ana.room());
  world.pass(90s);
  EXPECT_EQ(world.metric(Metric::events_left), 1);
  world.store.options.refuse_batch = 0;
  world.pass(2min);
  EXPECT_EQ(recorded(world), Strings({"room.created"}));
}

TEST(EventLog, noMoreThanSomeWaitForTheLog) {
  Listeners listeners;
  World world(1, {.store = {.refuse_batch = 1000}, .listeners = &listeners});
  EventOutbox& outbox = world.shard(0).eventOutbox();
  for (std::size_t n = 0; n < EventLog::waiting_max + 3; ++n) outbox.publish({{{1}}, {}, {EventType::room_closed, "acme", "{}"}});
  EXPECT_EQ(world.metric(Metric::events_left), 3);
  world.store.options.refuse_batch = 0;
  world.pass(2s);
  EXPECT_EQ(recorded(world).size(), EventLog::waiting_max);
}

}  // namespace
}  // namespace atrium::sim
