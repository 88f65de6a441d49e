#include "plugin/isolated/wire.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace atrium::test {
namespace {

using Got = WireInbox::Got;

class WireTest : public testing::Test {
 protected:
  WireTest() {
    auto ends = makeChannel();
    EXPECT_TRUE(ends);
    here = std::move(ends->first);
    there = std::move(ends->second);
  }
  Sent send(std::string_view payload, std::uint64_t call = 1) {
    std::size_t sent = 0;
    return sendMessage(here.get(), {.kind = WireKind::call, .method = 3, .call = call, .status = 0}, payload, sent, true);
  }
  // A datagram of any kind.
  void scribble(const WireHeader& header, std::string_view piece) {
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    bytes += piece;
    ASSERT_EQ(::send(here.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }

  Descriptor here, there;
  WireInbox inbox{std::size_t{1} << 20, true};
};

TEST_F(WireTest, carriesAMessageWithItsHeader) {
  ASSERT_EQ(send("hello", 42), Sent::all);
  ASSERT_EQ(inbox.receive(there.get(), false), Got::message);
  EXPECT_EQ(inbox.payload(), "hello");
  EXPECT_EQ(inbox.header().call, 42u);
  EXPECT_EQ(inbox.header().method, 3u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(inbox.payload().data()) % 16, 0u);
  EXPECT_EQ(inbox.receive(there.get(), false), Got::nothing);
}

TEST_F(WireTest, carriesAnEmptyMessage) {
  ASSERT_EQ(send(""), Sent::all);
  ASSERT_EQ(inbox.receive(there.get(), false), Got::message);
  EXPECT_TRUE(inbox.payload().empty());
}

TEST_F(WireTest, putsALargeMessageTogetherFromItsPieces) {
  std::string large(900'000, 'a');
  for (std::size_t at = 0; at < large.size(); ++at) large[at] = static_cast<char>('a' + at % 23);
  std::thread sender([&] {
    EXPECT_EQ(send(large, 7), Sent::all);
    EXPECT_EQ(send("behind it", 8), Sent::all);
  });
  ASSERT_EQ(inbox.receive(there.get(), true), Got::message);
  EXPECT_EQ(inbox.payload(), large);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(inbox.payload().data()) % 16, 0u);
  ASSERT_EQ(inbox.receive(there.get(), true), Got::message);
  EXPECT_EQ(inbox.payload(), "behind it");
  sender.join();
}

TEST_F(WireTest, goesOnWhereTheSocketWasFull) {
  const std::string large(900'000, 'b');
  std::size_t sent = 0;
  const WireHeader header{.kind = WireKind::call, .call = 1};
  ASSERT_EQ(sendMessage(here.get(), header, large, sent, false), Sent::full);
  EXPECT_GT(sent, 0u);
  EXPECT_LT(sent, large.size());
  Got got = Got::nothing;
  while (got == Got::nothing) {
    got = inbox.receive(there.get(), false);
    if (sent < large.size()) static_cast<void>(sendMessage(here.get(), header, large, sent, false));
  }
  ASSERT_EQ(got, Got::message);
  EXPECT_EQ(inbox.payload(), large);
}

TEST_F(WireTest, handsOverADescriptor) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const Descriptor read_end(pipe[0]);
  Descriptor write_end(pipe[1]);
  std::size_t sent = 0;
  ASSERT_EQ(sendMessage(here.get(), {.kind = WireKind::attach}, {}, sent, true, write_end.get()), Sent::all);
  write_end.reset();
  ASSERT_EQ(inbox.receive(there.get(), false), Got::message);
  const Descriptor taken = inbox.takeDescriptor();
  ASSERT_TRUE(taken);
  EXPECT_EQ(::write(taken.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(read_end.get(), &byte, 1), 1);
}

TEST_F(WireTest, givesWhatWasSentBeforeTheEnd) {
  ASSERT_EQ(send("last words"), Sent::all);
  here.reset();
  ASSERT_EQ(inbox.receive(there.get(), false), Got::message);
  EXPECT_EQ(inbox.receive(there.get(), false), Got::ended);
}

TEST_F(WireTest, isNotPutOffByAnEndWithSomethingUnread) {
  std::size_t sent = 0;
  ASSERT_EQ(sendMessage(there.get(), {.kind = WireKind::answer}, "never read", sent, true), Sent::all);
  ASSERT_EQ(send("last words"), Sent::all);
  here.reset();
  ASSERT_EQ(inbox.receive(there.get(), false), Got::message);
  EXPECT_EQ(inbox.payload(), "last words");
  EXPECT_EQ(inbox.receive(there.get(), false), Got::ended);
}

TEST_F(WireTest, tellsThatNobodyReads) {
  there.reset();
  EXPECT_EQ(send("hello"), Sent::ended);
}

TEST_F(WireTest, refusesWhatIsNoMessage) {
  const auto received = [&](const WireHeader& header, std::string_view piece) {
    scribble(header, piece);
    WireInbox fresh(1000);
    return fresh.receive(there.get(), false);
  };
  EXPECT_EQ(received({.kind = WireKind::answer, .total = 5}, "hello"), Got::message);
  EXPECT_EQ(received({.kind = WireKind::answer, .total = 4}, "hello"), Got::broken) << "more than it says";
  EXPECT_EQ(received({.kind = WireKind::answer, .total = 1001}, "hello"), Got::broken) << "larger than allowed";
  EXPECT_EQ(received({.kind = WireKind::answer, .total = 10, .offset = 5}, "hello"), Got::broken) << "begins in the middle";
  EXPECT_EQ(received({.kind = WireKind::answer, .total = 10, .offset = 11}, ""), Got::broken);
  EXPECT_EQ(received({.kind = WireKind::answer, .total = 10}, ""), Got::broken) << "a piece of nothing";
  ASSERT_EQ(::send(here.get(), "short", 5, 0), 5);
  EXPECT_EQ(inbox.receive(there.get(), false), Got::broken);
}

TEST_F(WireTest, refusesPiecesThatDoNotFollow) {
  scribble({.kind = WireKind::answer, .call = 1, .total = 10}, "hello");
  scribble({.kind = WireKind::answer, .call = 2, .total = 10, .offset = 5}, "world");
  EXPECT_EQ(inbox.receive(there.get(), false), Got::broken);
}

}  // namespace
}  // namespace atrium::test
