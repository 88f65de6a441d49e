#include "analytics/rollup_codec.hpp"

#include <gtest/gtest.h>

#include "protocol/json_index.hpp"

namespace atrium {
namespace {

Wall at(std::string_view text) { return *stepTime(text); }

Rollup busyMinute() {
  Rollup minute;
  minute.from = at("2026-01-10T15:30");
  minute.total.note({.kind = Fact::Kind::accepted, .milliseconds = 4000, .offer_milliseconds = 1500});
  minute.total.note({.kind = Fact::Kind::closed, .milliseconds = 900'000, .value = 1234.5, .won = true});
  minute.queues["north \"A\""].note({.kind = Fact::Kind::lead_arrived});
  minute.message_latency_us.add(321);
  minute.messages_failed = 4;
  minute.load = {.samples = 6,
                 .agents_online = 12,
                 .active_leads = 30,
                 .queue_length = 1,
                 .oldest_wait_seconds = 7,
                 .staffed = 6,
                 .utilisation = 3.3,
                 .balance = 5.7};
  AgentPart& ana = minute.agents["ana\\1"];
  ana.name = "Ana \"A\" Pérez";
  ana.activity.note({.kind = Fact::Kind::response, .milliseconds = 2500});
  ana.load = {.samples = 6,
              .online = 5,
              .available = 4,
              .at_cap = 1,
              .utilisation = 2.5,
              .active_leads = 9,
              .active_conversations = 3,
              .satisfaction = 4.5};
  ana.kinds["condo"] = {.closed = 3, .won = 1, .handling_ms = 5000};
  return minute;
}

Document stored(const DocumentWrite& write) { return {.key = write.key, .version = 1, .value = *write.value}; }

TEST(RollupCodec, whatIsWrittenIsReadAgain) {
  const Rollup minute = busyMinute();
  const auto writes = toDocuments(Span::minute, "acme", minute);
  ASSERT_EQ(writes.size(), 2U);
  EXPECT_EQ(writes[0].key, (DocumentKey{"minute", "acme", "2026-01-10T15:30"}));
  EXPECT_EQ(writes[1].key, (DocumentKey{"minute_agents", "acme", "2026-01-10T15:30", "ana\\1"}));
  Rollup read;
  for (const DocumentWrite& write : writes) EXPECT_TRUE(addDocument(stored(write), read));
  EXPECT_EQ(read.total.tallies, minute.total.tallies);
  EXPECT_EQ(read.total.value, 1234.5);
  EXPECT_EQ(read.total[Timing::acceptance_ms].buckets(), minute.total[Timing::acceptance_ms].buckets());
  EXPECT_EQ(read.total[Timing::acceptance_ms].sumOfSquares(), 16e6);
  EXPECT_EQ(read.queues.at("north \"A\"")[Tally::arrived], 1U);
  EXPECT_EQ(read.message_latency_us.sum(), 321);
  EXPECT_EQ(read.messages_failed, 4u);
  EXPECT_EQ(read.load.oldest_wait_seconds, 7);
  EXPECT_DOUBLE_EQ(read.load.balance, 5.7);
  const AgentPart& ana = read.agents.at("ana\\1");
  EXPECT_EQ(ana.name, "Ana \"A\" Pérez");
  EXPECT_EQ(ana.load.online, 5U);
  EXPECT_EQ(ana.load.satisfaction, 4.5);
  EXPECT_EQ(ana.kinds, minute.agents.at("ana\\1").kinds);
  EXPECT_TRUE(mayName(stored(writes[1]), "ana\\1"));
  EXPECT_FALSE(mayName(stored(writes[1]), "ana"));
}

TEST(RollupCodec, aFullHourOfManyAgentsAndQueuesFitsItsDocuments) {
  Rollup hour;
  hour.from = at("2026-01-10T15:00");
  const auto fill = [](Activity& activity) {
    for (std::uint64_t& tally : activity.tallies) tally = 1'000'000;
    for (Distribution& timing : activity.timings)
      for (std::size_t bucket = 0; bucket < 200; ++bucket) timing.addBucket(bucket, 1'000'000);
  };
  fill(hour.total);
  for (int n = 0; n < 200; ++n) fill(hour.queues["queue " + std::to_string(n)]);
  for (int n = 0; n < 150; ++n) {
    AgentPart& agent = hour.agents["agent " + std::to_string(n)];
    agent.name = "somebody";
    fill(agent.activity);
    agent.load = {.samples = 1,
                  .online = 1,
                  .available = 1,
                  .at_cap = 1,
                  .utilisation = 1,
                  .active_leads = 1,
                  .active_conversations = 1,
                  .satisfaction = 1};
    for (int kind = 0; kind < 16; ++kind) agent.kinds["kind " + std::to_string(kind)] = {.closed = 1, .won = 1, .handling_ms = 1};
  }
  Rollup read;
  for (const DocumentWrite& write : toDocuments(Span::hour, "acme", hour)) {
    EXPECT_TRUE(addDocument(stored(write), read)) << write.key.front();
  }
  EXPECT_EQ(read.queues.size(), 200U);
  EXPECT_EQ(read.agents.size(), 150U);
}

TEST(RollupCodec, whatIsNoDocumentOfOursAddsNothing) {
  Rollup read;
  for (const char* text : {"", "[]", "{", "3"}) EXPECT_FALSE(addDocument({{"minute", "acme", "2026-01-10T15:30"}, 1, text}, read));
  EXPECT_TRUE(addDocument(
      {{"minute", "acme", "2026-01-10T15:30"}, 1, R"({"total":{"arrived":-3,"value":"x","response_ms":"1 2 999 1 x"}})"}, read));
  EXPECT_TRUE(read.empty());
}

TEST(RollupCodec, timesThatAreNoneAreNoSteps) {
  for (const char* text : {"", "2026-01-10T15:3", "2026-13-10T15:30", "2026-02-30T15:30", "2026-01-10T24:00", "2026-01-10 15:30"})
    EXPECT_FALSE(stepTime(text)) << text;
  EXPECT_EQ(stepText(at("2026-01-10T15:30")), "2026-01-10T15:30");
}

// In the nights in which clocks change, the hours of UTC go on as ever.
TEST(RollupCodec, hoursAreWholeInTheNightTheClocksChange) {
  const Wall before = at("2026-03-29T00:59");
  EXPECT_EQ(stepText(startOf(Span::hour, before)), "2026-03-29T00:00");
  EXPECT_EQ(stepText(startOf(Span::hour, before + std::chrono::minutes(1))), "2026-03-29T01:00");
  EXPECT_EQ(stepText(startOf(Span::hour, before + std::chrono::minutes(61))), "2026-03-29T02:00");
}

}  // namespace
}  // namespace atrium
