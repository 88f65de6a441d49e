// What is kept of sinks and dead letters: kernel/plugin/sinks/sink_event.cpp.
#include "plugin/sinks/sink_event.hpp"

#include <gtest/gtest.h>

#include "protocol/json_index.hpp"

namespace atrium {
namespace {

TEST(EventTypesOf, readsWhatASinkAsksFor) {
  EXPECT_EQ(eventTypesOf(""), all_event_types);
  EXPECT_EQ(eventTypesOf("message.posted"), bit(EventType::message_posted));
  EXPECT_EQ(wordsOf(eventTypesOf("room.*, member.left")), "room.created,room.changed,room.closed,member.left");
  EXPECT_EQ(wordsOf(eventTypesOf("alert.*")), "alert.fired,alert.escalated,alert.acknowledged,alert.resolved");
  EXPECT_EQ(eventTypesOf("room,.*x,nothing.*"), 0u);
  EXPECT_EQ(eventTypesOf("*"), 0u);
  EXPECT_EQ(eventTypesOf(wordsOf(all_event_types)), all_event_types);
  std::string unknown;
  EXPECT_EQ(eventTypesOf("mesage.*,room.created, room", &unknown), bit(EventType::room_created));
  EXPECT_EQ(unknown, "mesage.*,room");
}

TEST(SinkPlace, comesBackAsItWasWritten) {
  const SinkPlace place{77, fromMillis(1234), eventTypesOf("room.*"), "com.acme.sink", "abcd", 5};
  const auto read = decodeSinkPlace(encodeSinkPlace(place));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->done, 77u);
  EXPECT_EQ(read->done_at, fromMillis(1234));
  EXPECT_EQ(read->types, eventTypesOf("room.*"));
  EXPECT_EQ(read->plugin, "com.acme.sink");
  EXPECT_EQ(read->epoch, "abcd");
  EXPECT_EQ(read->dead_letters, 5u);
  EXPECT_EQ(decodeSinkPlace(encodeSinkPlace({.types = 0}))->types, 0u) << "none is not all";
  for (const std::string_view damaged : {"", "{", "{}", R"({"done":-1,"done_at_ms":0})", R"({"done":"x"})"})
    EXPECT_FALSE(decodeSinkPlace(damaged)) << damaged;
}

TEST(DeadLetter, comesBackAsItWasWrittenAndSortsByOffset) {
  const SinkEvent event{300, 4, fromMillis(99), "evt_1", "room.closed", "acme", R"({"a":1})"};
  const auto read = decodeDeadLetter(encodeDeadLetter(event, "why \"not\"", fromMillis(100)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->offset, 300u);
  EXPECT_EQ(read->attempts, 4u);
  EXPECT_EQ(read->at, fromMillis(99));
  EXPECT_EQ(read->event_id, "evt_1");
  EXPECT_EQ(read->type, "room.closed");
  EXPECT_EQ(read->tenant_id, "acme");
  EXPECT_EQ(read->data, R"({"a":1})");
  EXPECT_FALSE(decodeDeadLetter("{}"));
  const std::string deep = std::string(63, '[') + std::string(63, ']');  // As deep as a client may send it within an object.
  SinkEvent of_deep = event;
  of_deep.data = R"({"a":)" + deep + "}";
  const auto deep_read = decodeDeadLetter(encodeDeadLetter(of_deep, "why", fromMillis(100)));
  ASSERT_TRUE(deep_read);
  EXPECT_EQ(deep_read->data, of_deep.data);
  EXPECT_LT(deadLetterKey("s", 255), deadLetterKey("s", 256));
  EXPECT_EQ(deadLetterOffset(deadLetterKey("s", 0x1234567890)), 0x1234567890u);
}

}  // namespace
}  // namespace atrium
