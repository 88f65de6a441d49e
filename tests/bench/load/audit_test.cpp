#include "load/audit.hpp"

#include <gtest/gtest.h>

#include "load/failure.hpp"

namespace atrium::bench {
namespace {

// Room 7 with two receivers, to whom three messages were sent.
struct Audit : testing::Test {
  RoomAudit room{7, 2};
  Audit() {
    for (Nanos intended = 100; intended <= 300; intended += 100) room.sent(intended);
  }
  void deliverAll(std::size_t receiver) {
    for (std::uint64_t number = 0; number < 3; ++number) room.received(receiver, 7, number, number + 1, 1000);
  }
};

TEST_F(Audit, findsNoFaultInACompleteDelivery) {
  deliverAll(0);
  EXPECT_EQ(room.complete(), 0U);
  deliverAll(1);
  EXPECT_EQ(room.complete(), 3U);
  EXPECT_EQ(room.deliveries(), 6U);
  EXPECT_EQ(room.faults().total(), 0U);
}

TEST_F(Audit, saysWhichDeliveryCompletesAMessage) {
  EXPECT_FALSE(room.received(0, 7, 0, 1, 1000));
  EXPECT_TRUE(room.received(1, 7, 0, 1, 1000));
}

TEST_F(Audit, countsLatencyFromTheIntendedSend) {
  Samples latencies;
  room.collect(&latencies);
  room.received(0, 7, 1, 1, 1000);
  EXPECT_EQ(latencies.max(), 800);
}

TEST_F(Audit, countsAGapAndAMissingEndAsLost) {
  room.received(0, 7, 0, 1, 1000);
  room.received(0, 7, 2, 3, 1000);
  room.received(1, 7, 0, 1, 1000);
  EXPECT_EQ(room.faults().lost, 1U + 2U);
}

TEST_F(Audit, countsARepetition) {
  deliverAll(0);
  deliverAll(1);
  room.received(1, 7, 1, 2, 1000);
  EXPECT_EQ(room.faults().duplicated, 1U);
  EXPECT_EQ(room.faults().total(), 1U);
}

TEST_F(Audit, countsALateOneAsOutOfOrderAndNotAsLost) {
  deliverAll(0);
  room.received(1, 7, 1, 2, 1000);
  room.received(1, 7, 0, 1, 1000);
  room.received(1, 7, 2, 3, 1000);
  EXPECT_EQ(room.faults().out_of_order, 1U);
  EXPECT_EQ(room.faults().total(), 1U);
}

TEST_F(Audit, countsTwoMessagesAtOnePositionAsOutOfOrder) {
  deliverAll(0);
  room.received(1, 7, 1, 1, 1000);
  EXPECT_EQ(room.faults().out_of_order, 1U);
}

TEST_F(Audit, countsWhatBelongsElsewhereOrWasNeverSentAsMisrouted) {
  room.received(0, 8, 0, 1, 1000);
  room.received(0, 7, 3, 1, 1000);
  room.received(0, 7, 0, 4, 1000);
  room.received(0, 7, 0, 0, 1000);
  EXPECT_EQ(room.faults().misrouted, 4U);
}

TEST(Content, saysWhatItIs) {
  std::string text;
  writeContent(text, 42, 1234567890123ULL, 128);
  EXPECT_EQ(text.size(), 128U);
  const ContentMark mark = readContent(text);
  EXPECT_EQ(mark.room, 42U);
  EXPECT_EQ(mark.number, 1234567890123ULL);
}

TEST(Content, isNotRecognisedWhenAltered) {
  EXPECT_THROW(static_cast<void>(readContent("hello")), Failure);
  EXPECT_THROW(static_cast<void>(readContent("m0000000x.0000000000000000001.xxxxx")), Failure);
}

}  // namespace
}  // namespace atrium::bench
