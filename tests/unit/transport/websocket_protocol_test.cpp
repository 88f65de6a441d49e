#include "transport/websocket_protocol.hpp"

#include <gtest/gtest.h>

#include "transport_fixture.hpp"

namespace atrium {
namespace {

using Words = std::vector<std::string>;
std::string closeWith(unsigned code, std::string_view reason = {}) {
  return clientFrame(Opcode::close, std::string{static_cast<char>(code >> 8), static_cast<char>(code)}.append(reason));
}

using WebSocketProtocolTest = TransportTest;

TEST_F(WebSocketProtocolTest, handsMessagesOver) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  EXPECT_TRUE(client.send(clientFrame(Opcode::text, "one") + clientFrame(Opcode::binary, "two") +
                          clientFrame(Opcode::text, "thr", {.final = false})));
  EXPECT_TRUE(client.send(clientFrame(Opcode::continuation, "ee")));
  EXPECT_EQ(handler.journal.read(4), (Words{"open", "text one", "binary two", "text three"}));
}

TEST_F(WebSocketProtocolTest, echoesMessagesOfEverySize) {
  start();
  TestClient client = connect();
  client.upgrade("/echo");
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 32'000UL, 65'535UL, 65'536UL, 1'000'000UL}) {
    const std::string payload(size, 'e');
    EXPECT_TRUE(client.send(clientFrame(Opcode::binary, payload)));
    EXPECT_EQ(client.readFrame().payload, payload);
  }
}

TEST_F(WebSocketProtocolTest, answersPings) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  EXPECT_TRUE(client.send(clientFrame(Opcode::ping, "are you there?")));
  const auto pong = client.readFrame();
  EXPECT_EQ(pong.opcode, Opcode::pong);
  EXPECT_EQ(pong.payload, "are you there?");
}

TEST_F(WebSocketProtocolTest, answersACloseAndEnds) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  EXPECT_TRUE(client.send(closeWith(4242, "done") + clientFrame(Opcode::text, "behind the end")));
  EXPECT_EQ(client.readFrame().code(), 4242u);
  EXPECT_EQ(client.readToEnd(), "");
  EXPECT_EQ(handler.journal.read(2), (Words{"open", "closed clean"}));
}

TEST_F(WebSocketProtocolTest, closesAfterWhatWaits) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  handler.journal.read(1);
  onLoop([&] {
    EXPECT_EQ(handler.link->push(textFrame("somebody types"), {.lane = Lane::ephemeral}), Pushed::queued);
    EXPECT_EQ(handler.link->push(textFrame("last message"), {}), Pushed::queued);
    handler.link->close(CloseCode::removed, "you were removed", textFrame("last words"));
    EXPECT_EQ(handler.link->push(textFrame("too late"), {}), Pushed::closed);
    handler.link->close(CloseCode::shutdown, "only the first counts", {});
  });
  EXPECT_EQ(client.readFrame().payload, "last message");
  EXPECT_EQ(client.readFrame().payload, "last words");
  const auto close = client.readFrame();
  EXPECT_EQ(close.code(), 4503u);
  EXPECT_EQ(close.payload.substr(2), "you were removed");
  EXPECT_TRUE(client.send(clientFrame(Opcode::text, "not seen yet") + closeWith(4503)));
  EXPECT_EQ(client.readToEnd(), "");
  EXPECT_EQ(handler.journal.read(2), (Words{"open", "closed clean"}));
}

TEST_F(WebSocketProtocolTest, doesNotWaitForEverForTheClientsClose) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  handler.journal.read(1);
  onLoop([&] { handler.link->close(CloseCode::shutdown, "", {}); });
  EXPECT_EQ(client.readFrame().code(), 4001u);
  skip(limits.close_timeout);
  EXPECT_TRUE(client.isCut());
  EXPECT_EQ(handler.journal.read(2), (Words{"open", "closed"}));
}

TEST_F(WebSocketProtocolTest, tellsOfAnAbnormalEnd) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  handler.journal.read(1);
  client.close();
  EXPECT_EQ(handler.journal.read(2), (Words{"open", "closed"}));
}

TEST_F(WebSocketProtocolTest, answersAFaultWithItsCode) {
  handler.socket_options.message_max = 100;
  start();
  const std::pair<std::string, unsigned> faults[] = {{clientFrame(Opcode::text, "x", {.masked = false}), 1002},
                                                     {clientFrame(Opcode::text, "\xFF"), 1007},
                                                     {clientFrame(Opcode::text, "", {.claimed = 101}), 1009}};
  std::size_t words = 0;
  for (const auto& [bytes, code] : faults) {
    TestClient client = connect();
    client.upgrade("/ws");
    EXPECT_TRUE(client.send(bytes + std::string(50'000, 'j')));
    EXPECT_EQ(client.readFrame().code(), code);
    EXPECT_EQ(client.readToEnd(), "");
    EXPECT_EQ(handler.journal.read(words += 2).back(), "closed");
  }
}

TEST_F(WebSocketProtocolTest, pingsTheSilentAndGivesUpTheDead) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  handler.journal.read(1);
  skip(std::chrono::seconds{20});
  EXPECT_TRUE(client.send(clientFrame(Opcode::text, "alive")));
  handler.journal.read(2);
  skip(std::chrono::seconds{20});  // Silent for 20 s only.
  skip(std::chrono::seconds{11});
  EXPECT_EQ(client.readFrame().opcode, Opcode::ping);
  EXPECT_TRUE(client.send(clientFrame(Opcode::pong, "") + clientFrame(Opcode::text, "still alive")));
  handler.journal.read(3);
  skip(std::chrono::seconds{31});
  EXPECT_EQ(client.readFrame().opcode, Opcode::ping);
  skip(std::chrono::seconds{31});
  EXPECT_EQ(client.readFrame().payload, "bye 4012");
  EXPECT_EQ(client.readFrame().code(), 4012u);
  EXPECT_EQ(handler.journal.read(4).back(), "closed");
}

TEST_F(WebSocketProtocolTest, writesOnceATurnHoweverManyFrames) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  handler.journal.read(1);
  onLoop([] {});  // The handshake's answer is out.
  const std::int64_t before = metrics.sum(Metric::writes);
  onLoop([&] {
    for (int at = 0; at < 50; ++at) EXPECT_EQ(handler.link->push(textFrame(std::to_string(at)), {}), Pushed::queued);
    EXPECT_EQ(handler.link->queued(), 50u);
    EXPECT_EQ(handler.link->flushed(), 0u);
    EXPECT_GT(handler.link->waiting(), 0u);
  });
  for (int at = 0; at < 50; ++at) EXPECT_EQ(client.readFrame().payload, std::to_string(at));
  onLoop([&] {
    EXPECT_EQ(handler.link->flushed(), 50u);
    EXPECT_EQ(handler.link->waiting(), 0u);
  });
  EXPECT_EQ(metrics.sum(Metric::writes), before + 1);
}

TEST_F(WebSocketProtocolTest, framesThatWaitForCompanyAllLeave) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  handler.journal.read(1);
  onLoop([] {});  // The handshake's answer is out.
  const std::int64_t before = metrics.sum(Metric::writes);
  const PushOptions patient{.lane = Lane::messages, .shed = Shed::never, .collapse_key = 0, .flush_window = std::chrono::milliseconds{20}};
  for (int at = 0; at < 200; ++at) onLoop([&] { EXPECT_EQ(handler.link->push(textFrame(std::to_string(at)), patient), Pushed::queued); });
  for (int at = 0; at < 200; ++at) EXPECT_EQ(client.readFrame().payload, std::to_string(at));
  EXPECT_LT(metrics.sum(Metric::writes) - before, 150);
}

TEST_F(WebSocketProtocolTest, aSlowClientIsToldAndCutAndOthersAreNot) {
  limits.outbox_max = 256 * 1024;
  start();
  TestClient slow = connect(4096);
  slow.upgrade("/ws");
  handler.journal.read(1);
  Link* const link = handler.link;
  const FramePtr frame = textFrame(std::string(16 * 1024, 's'));
  // Turn by turn, until neither the system nor the outbox takes any more.
  bool full = false;
  for (int turn = 0; !full; ++turn) {
    ASSERT_LT(turn, 10'000);
    onLoop([&] { full = link->push(frame, {}) == Pushed::full; });
  }
  TestClient good = connect();
  good.upgrade("/echo");
  skip(limits.slow_timeout - std::chrono::seconds{1});
  EXPECT_TRUE(good.send(clientFrame(Opcode::text, "fine")));
  EXPECT_EQ(good.readFrame().payload, "fine");
  onLoop([&] { EXPECT_EQ(link->push(frame, {}), Pushed::full); });
  skip(std::chrono::seconds{1});
  EXPECT_EQ(handler.journal.read(2), (Words{"open", "closed"}));
  EXPECT_EQ(metrics.sum(Metric::slow_closed), 1);
  EXPECT_GE(metrics.sum(Metric::dropped_outbox_full), 2);
  // Once it reads again, it finds out why.
  unsigned code = 0;
  std::string last;
  while (code == 0) {
    const auto received = slow.readFrame();
    code = received.code();
    if (code == 0) last = received.payload;
    ASSERT_TRUE(code != 0 || !received.payload.empty());
  }
  EXPECT_EQ(last, "bye 4008");
  EXPECT_EQ(code, 4008u);
}

TEST_F(WebSocketProtocolTest, doesNotReadFromAClientThatDoesNotRead) {
  start();
  TestClient client = connect(4096);
  client.upgrade("/echo");
  const std::string frame = clientFrame(Opcode::binary, std::string(100'000, 'e'));
  // Send until the way is stopped up to this end.
  std::string unsent;
  std::size_t frames = 0;
  for (int idle = 0; idle < 50;) {
    if (unsent.empty()) {
      unsent = frame;
      ++frames;
      ASSERT_LT(frames, 1000u) << "the server takes everything";
    }
    const std::size_t sent = client.trySend(unsent);
    unsent.erase(0, sent);
    idle = sent == 0 ? idle + 1 : 0;
    onLoop([] {});
  }
  EXPECT_LT(metrics.sum(Metric::outbox_bytes), static_cast<std::int64_t>(4 * EchoHandler::message_max));
  // Nothing is lost: what went in comes out.
  std::thread sender([&] { EXPECT_TRUE(client.send(unsent)); });
  for (std::size_t at = 0; at < frames; ++at) EXPECT_EQ(client.readFrame().payload.size(), 100'000u);
  sender.join();
}

TEST_F(WebSocketProtocolTest, aClientWhoseInputIsNotReadLivesWhileItTakesOutput) {
  start();
  TestClient client = connect(4096);
  client.upgrade("/echo");
  const std::string frame = clientFrame(Opcode::binary, std::string(1'000'000, 'e'));
  for (int at = 0; at < 3; ++at) EXPECT_TRUE(client.send(frame));
  for (int at = 0; at < 3; ++at) {
    EXPECT_EQ(client.readFrame().payload.size(), 1'000'000u);
    skip(std::chrono::seconds{25});
  }
  EXPECT_TRUE(client.send(clientFrame(Opcode::text, "here")));
  auto received = client.readFrame();
  if (received.opcode == Opcode::ping) received = client.readFrame();
  EXPECT_EQ(received.payload, "here");
}

}  // namespace
}  // namespace atrium
