#include "transport/outbox.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace atrium {
namespace {

// A client that takes `room` bytes, then none until it is given more.
class Client final : public Stream {
 public:
  Moved read(std::span<char>) override { return {}; }
  Moved write(std::span<const iovec> pieces) override {
    ++writes;
    if (broken) return {State::broken, 0};
    std::size_t taken = 0;
    for (const iovec& piece : pieces) {
      const std::size_t size = std::min(piece.iov_len, room);
      text.append(static_cast<const char*>(piece.iov_base), size);
      room -= size;
      taken += size;
    }
    return taken == 0 ? Moved{State::again, 0} : Moved{State::moved, taken};
  }
  void endWrites() override {}
  [[nodiscard]] int descriptor() const override { return -1; }

  std::string text;
  std::size_t room = 1U << 30;
  int writes = 0;
  bool broken = false;
};

FramePtr raw(std::string_view text) {
  FrameBuilder builder(text.size());
  builder.append(text);
  return builder.finishRaw();
}

constexpr PushOptions message{};
constexpr PushOptions ephemeral{.lane = Lane::ephemeral, .shed = Shed::never};
constexpr PushOptions sheddable{.lane = Lane::ephemeral, .shed = Shed::always};
PushOptions latest(std::uint64_t key) { return {.lane = Lane::ephemeral, .shed = Shed::latest, .collapse_key = key, .flush_window = {}}; }

class OutboxTest : public testing::Test {
 protected:
  Pushed push(std::string_view text, const PushOptions& options = message) { return outbox.push(raw(text), options, now); }
  Outbox::Flushed flush() { return outbox.flush(client, now); }

  OutboxTotals totals;
  Outbox outbox{100, totals};
  Client client;
  Mono now{1h};
};

TEST_F(OutboxTest, writesControlThenMessagesThenEphemeralThenLast) {
  EXPECT_EQ(push("e1 ", ephemeral), Pushed::queued);
  EXPECT_EQ(push("m1 "), Pushed::queued);
  outbox.pushLast(raw("last "), now);
  EXPECT_EQ(push("m2 "), Pushed::queued);
  outbox.pushControl(raw("ping "), now);
  outbox.pushAnswer(raw("answer "), now);
  EXPECT_EQ(outbox.waiting(), 26u);
  EXPECT_EQ(flush(), Outbox::Flushed::all);
  EXPECT_EQ(client.text, "ping answer m1 m2 e1 last ");
  EXPECT_EQ(client.writes, 1);
  EXPECT_EQ(outbox.waiting(), 0u);
  EXPECT_EQ(totals.waiting, 0u);
  EXPECT_EQ(outbox.queued(), 2u);
  EXPECT_EQ(outbox.flushed(), 2u);
}

TEST_F(OutboxTest, endsABegunFrameBeforeAnythingElse) {
  EXPECT_EQ(push("ephemeral ", ephemeral), Pushed::queued);
  client.room = 3;
  EXPECT_EQ(flush(), Outbox::Flushed::partly);
  EXPECT_EQ(push("message "), Pushed::queued);
  outbox.pushControl(raw("pong "), now);
  for (int step = 0; outbox.waiting() != 0; ++step) {
    client.room = 1;
    ASSERT_LT(step, 30);
    EXPECT_NE(flush(), Outbox::Flushed::broken);
  }
  EXPECT_EQ(client.text, "ephemeral pong message ");
  EXPECT_EQ(outbox.flushed(), 1u);
}

TEST_F(OutboxTest, countsAMessageAsFlushedOnlyWhole) {
  EXPECT_EQ(push("12345"), Pushed::queued);
  EXPECT_EQ(push("67890"), Pushed::queued);
  client.room = 9;
  EXPECT_EQ(flush(), Outbox::Flushed::partly);
  EXPECT_EQ(outbox.flushed(), 1u);
  client.room = 1;
  EXPECT_EQ(flush(), Outbox::Flushed::all);
  EXPECT_EQ(outbox.flushed(), 2u);
}

TEST_F(OutboxTest, writesManyFramesWithFewCallsInOrder) {
  Outbox large(1 << 20, totals);
  std::string expected;
  for (int at = 0; at < 1000; ++at) {
    const std::string text = std::to_string(at) + ' ';
    expected += text;
    ASSERT_EQ(large.push(raw(text), message, now), Pushed::queued);
  }
  EXPECT_EQ(large.flush(client, now), Outbox::Flushed::all);
  EXPECT_EQ(client.text, expected);
  EXPECT_EQ(client.writes, 16);  // 1000 frames, 64 a call.
}

TEST_F(OutboxTest, refusesWhatDoesNotFitAndTakesAnythingWhenEmpty) {
  EXPECT_EQ(push(std::string(500, 'x')), Pushed::queued);
  EXPECT_EQ(push("y"), Pushed::full);
  EXPECT_EQ(flush(), Outbox::Flushed::all);
  EXPECT_EQ(push(std::string(100, 'x')), Pushed::queued);
  EXPECT_EQ(push("y"), Pushed::full);
  EXPECT_EQ(outbox.queued(), 2u);
  EXPECT_EQ(totals.refused, 2u);
}

TEST_F(OutboxTest, isFullUntilItIsDownToHalf) {
  EXPECT_EQ(push(std::string(60, 'x')), Pushed::queued);
  EXPECT_FALSE(outbox.fullSince());
  EXPECT_EQ(push(std::string(60, 'y')), Pushed::full);
  const Mono first = now;
  now += 1s;
  EXPECT_EQ(push(std::string(60, 'y')), Pushed::full);
  EXPECT_EQ(outbox.fullSince(), first);
  client.room = 5;
  EXPECT_EQ(flush(), Outbox::Flushed::partly);
  EXPECT_EQ(outbox.fullSince(), first) << "55 of 100 bytes wait";
  client.room = 5;
  EXPECT_EQ(flush(), Outbox::Flushed::partly);
  EXPECT_FALSE(outbox.fullSince());
}

TEST_F(OutboxTest, shedsOnlyOverHalf) {
  EXPECT_EQ(push(std::string(40, 'x')), Pushed::queued);
  EXPECT_EQ(push("0123456789", sheddable), Pushed::queued);
  EXPECT_EQ(push("0", sheddable), Pushed::shed);
  EXPECT_EQ(push("kept", ephemeral), Pushed::queued);
  EXPECT_EQ(totals.shed, 1u);
}

TEST_F(OutboxTest, collapsesTheLatestOverHalfByKey) {
  EXPECT_EQ(push("a1 ", latest(1)), Pushed::queued);
  EXPECT_EQ(push("a2 ", latest(1)), Pushed::queued) << "under half both stay";
  EXPECT_EQ(push("b1 ", latest(2)), Pushed::queued);
  EXPECT_EQ(push(std::string(50, 'x')), Pushed::queued);
  EXPECT_EQ(push("b-new ", latest(2)), Pushed::queued);
  EXPECT_EQ(push("c1 ", latest(3)), Pushed::queued) << "nothing to give way, but room";
  EXPECT_EQ(outbox.waiting(), 65u);
  EXPECT_EQ(flush(), Outbox::Flushed::all);
  EXPECT_EQ(client.text.substr(50), "a1 a2 b-new c1 ");
  EXPECT_EQ(totals.collapsed, 1u);
}

TEST_F(OutboxTest, neverCollapsesABegunFrame) {
  EXPECT_EQ(push(std::string(60, 'a'), latest(1)), Pushed::queued);
  client.room = 1;
  EXPECT_EQ(flush(), Outbox::Flushed::partly);
  EXPECT_EQ(push("b", latest(1)), Pushed::queued);
  client.room = 1000;
  EXPECT_EQ(flush(), Outbox::Flushed::all);
  EXPECT_EQ(client.text, std::string(60, 'a') + "b");
}

TEST_F(OutboxTest, boundsWaitingPongs) {
  for (std::uint32_t at = 0; at < Outbox::control_max + 10; ++at) outbox.pushControl(raw(std::to_string(at % 10)), now);
  EXPECT_EQ(outbox.waiting(), Outbox::control_max);
  EXPECT_EQ(flush(), Outbox::Flushed::all);
  EXPECT_EQ(client.text.back(), '3') << "the latest is answered";
}

TEST_F(OutboxTest, discardLeavesABegunFrame) {
  EXPECT_EQ(push("message "), Pushed::queued);
  EXPECT_EQ(push("dropped "), Pushed::queued);
  EXPECT_EQ(push("dropped ", ephemeral), Pushed::queued);
  client.room = 3;
  EXPECT_EQ(flush(), Outbox::Flushed::partly);
  outbox.discard();
  EXPECT_EQ(outbox.waiting(), 5u);
  outbox.pushLast(raw("close"), now);
  client.room = 100;
  EXPECT_EQ(flush(), Outbox::Flushed::all);
  EXPECT_EQ(client.text, "message close");
}

TEST_F(OutboxTest, tellsOfABrokenStream) {
  EXPECT_EQ(push("x"), Pushed::queued);
  client.broken = true;
  EXPECT_EQ(flush(), Outbox::Flushed::broken);
}

TEST_F(OutboxTest, takesItsBytesOutOfTheTotalWhenItGoes) {
  {
    Outbox other(100, totals);
    EXPECT_EQ(other.push(raw("12345"), message, now), Pushed::queued);
    EXPECT_EQ(totals.waiting, 5u);
  }
  EXPECT_EQ(totals.waiting, 0u);
}

// The frames of one connection, each `gap` after the last one, flushed whenever they are due. Returns the number of writes.
int writesOf(int frames, std::chrono::microseconds gap, std::chrono::microseconds window, std::chrono::microseconds& longest_wait) {
  OutboxTotals totals;
  Outbox outbox(1 << 20, totals);
  Client client;
  Mono now{1h};
  Mono oldest{};
  const PushOptions options{.lane = Lane::messages, .shed = Shed::never, .collapse_key = 0, .flush_window = window};
  const auto flushIfDue = [&] {
    if (outbox.waiting() == 0 || outbox.due() > now) return;
    longest_wait = std::max(longest_wait, std::chrono::duration_cast<std::chrono::microseconds>(now - oldest));
    EXPECT_EQ(outbox.flush(client, now), Outbox::Flushed::all);
  };
  for (int at = 0; at < frames; ++at) {
    if (outbox.waiting() == 0) oldest = now;
    EXPECT_EQ(outbox.push(raw("x"), options, now), Pushed::queued);
    flushIfDue();
    for (const Mono next = now + gap; now < next; now += 10us) flushIfDue();
  }
  return client.writes;
}

TEST_F(OutboxTest, dropsTheEphemeralLaneButWhatWasBegun) {
  EXPECT_EQ(push("e1 ", ephemeral), Pushed::queued);
  client.room = 1;
  EXPECT_EQ(flush(), Outbox::Flushed::partly);
  EXPECT_EQ(push("e2 ", ephemeral), Pushed::queued);
  EXPECT_EQ(push("m1 "), Pushed::queued);
  outbox.discardEphemeral();
  EXPECT_EQ(outbox.waiting(), 5u);
  outbox.pushLast(raw("last"), now);
  client.room = 100;
  EXPECT_EQ(flush(), Outbox::Flushed::all);
  EXPECT_EQ(client.text, "e1 m1 last");
  EXPECT_EQ(totals.waiting, 0u);
}

TEST(AdaptiveFlush, aQuietConnectionWritesAtOnce) {
  std::chrono::microseconds longest{0};
  EXPECT_EQ(writesOf(100, 500us, 1000us, longest), 100);
  EXPECT_EQ(longest, 0us);
}

TEST(AdaptiveFlush, aBusyOneWritesOnceAWindow) {
  std::chrono::microseconds longest{0};
  const int writes = writesOf(1000, 100us, 1000us, longest);
  EXPECT_GE(writes, 100);
  EXPECT_LE(writes, 110);
  EXPECT_LE(longest, 1000us);
}

TEST(AdaptiveFlush, noWindowNoWait) {
  std::chrono::microseconds longest{0};
  EXPECT_EQ(writesOf(1000, 100us, 0us, longest), 1000);
}

TEST(AdaptiveFlush, anUrgentFrameTakesTheWaitingOnesAlong) {
  OutboxTotals totals;
  Outbox outbox(1 << 20, totals);
  Client client;
  const Mono now{1h};
  const PushOptions patient{.lane = Lane::messages, .shed = Shed::never, .collapse_key = 0, .flush_window = 5ms};
  EXPECT_EQ(outbox.flush(client, now), Outbox::Flushed::all);
  for (int at = 0; at < 3; ++at) EXPECT_EQ(outbox.push(raw("x"), patient, now + 10us), Pushed::queued);
  EXPECT_EQ(outbox.due(), now + 10us) << "three frames are not busy";
  EXPECT_EQ(outbox.flush(client, now + 10us), Outbox::Flushed::all);
  EXPECT_EQ(outbox.push(raw("x"), patient, now + 20us), Pushed::queued);
  EXPECT_EQ(outbox.due(), now + 10us + 5ms);
  EXPECT_EQ(outbox.push(raw("!"), message, now + 30us), Pushed::queued);
  EXPECT_EQ(outbox.due(), now + 30us);
}

}  // namespace
}  // namespace atrium
