#include "transport/http_protocol.hpp"

#include <gtest/gtest.h>

#include "transport_fixture.hpp"

namespace atrium {
namespace {

using namespace std::string_literals;

std::string get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

using HttpProtocolTest = TransportTest;

TEST_F(HttpProtocolTest, answersOneRequestAfterTheOther) {
  start();
  TestClient client = connect();
  for (int at = 0; at < 3; ++at) {
    EXPECT_TRUE(client.send(get("/hello")));
    const auto answer = client.readAnswer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_TRUE(answer.head.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << answer.head;
    EXPECT_NE(answer.head.find("Content-Type: text/plain\r\nContent-Length: 5\r\n"), std::string::npos);
  }
  EXPECT_EQ(metrics.sum(Metric::connections), 1);
  EXPECT_EQ(metrics.sum(Metric::http_requests), 3);
}

TEST_F(HttpProtocolTest, answersInTheOrderOfTheRequests) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/later?1") + get("/later?2") + get("/hello")));
  handler.journal.read(2);
  onLoop([&] { handler.waiting[1].send({200, "", "second", {}}); });
  onLoop([&] { handler.waiting[0].send({200, "", "first", {}}); });
  EXPECT_EQ(client.readAnswer().body, "first");
  EXPECT_EQ(client.readAnswer().body, "second");
  EXPECT_EQ(client.readAnswer().body, "hello");
}

TEST_F(HttpProtocolTest, sharedBytesFollowTheirHead) {
  start();
  TestClient client = connect();
  FrameBuilder bytes;
  bytes.append(std::string(200'000, 'x'));
  const FramePtr shared = bytes.finishRaw();
  const auto answerWith = [&](std::size_t at) {
    handler.journal.read(at + 1);
    onLoop([&] {
      HttpResponse response{200, "text/plain", "", {}};
      response.shared_body = shared;
      handler.waiting[at].send(std::move(response));
    });
  };
  EXPECT_TRUE(client.send(get("/later?0") + get("/hello")));
  answerWith(0);
  const auto answer = client.readAnswer();
  EXPECT_EQ(answer.body, std::string(200'000, 'x'));
  EXPECT_NE(answer.head.find("Content-Length: 200000\r\n"), std::string::npos);
  EXPECT_EQ(client.readAnswer().body, "hello");
}

TEST_F(HttpProtocolTest, headIsToldTheSizeOfSharedBytesAlone) {
  start();
  TestClient client = connect();
  FrameBuilder bytes;
  bytes.append("hello");
  EXPECT_TRUE(client.send("HEAD /later HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  handler.journal.read(1);
  onLoop([&] {
    HttpResponse response{200, "text/plain", "", {}};
    response.shared_body = bytes.finishRaw();
    handler.waiting[0].send(std::move(response));
  });
  const std::string all = client.readToEnd();
  EXPECT_NE(all.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
}

TEST_F(HttpProtocolTest, boundsTheRequestsInWork) {
  limits.pipelined_max = 2;
  start();
  TestClient client = connect();
  std::string requests;
  for (int at = 0; at < 5; ++at) requests += get("/later?" + std::to_string(at));
  EXPECT_TRUE(client.send(requests));
  EXPECT_EQ(handler.journal.read(2).size(), 2u);
  for (int at = 0; at < 5; ++at) {
    handler.journal.read(std::min<std::size_t>(5, static_cast<std::size_t>(at) + 2));
    onLoop([&] { handler.waiting[static_cast<std::size_t>(at)].send({200, "", std::to_string(at), {}}); });
    EXPECT_EQ(client.readAnswer().body, std::to_string(at));
  }
}

// A turn's steps have run when the flush takes a request that waited behind others: it is served in a turn of its own, not whenever some
// other client happens to stir.
TEST_F(HttpProtocolTest, aRequestThatWaitedIsServedThoughNothingElseHappens) {
  limits.pipelined_max = 1;
  limits.head_timeout = limits.keep_alive_timeout = std::chrono::hours{24};  // So that no timer helps.
  before_flush = [this] {
    for (Responder& responder : std::exchange(handler.waiting, {})) responder.send({200, "", "served", {}});
  };
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/later?1") + get("/later?2") + get("/later?3")));
  for (int at = 0; at < 3; ++at) ASSERT_EQ(client.readAnswer().body, "served");
}

// Answers that fill the outbox leave at once; the request that waited because of them is not forgotten.
TEST_F(HttpProtocolTest, aRequestThatWaitsForAFullOutboxIsTakenWhenItIsEmpty) {
  limits.pipelined_max = 2;
  limits.outbox_max = 8 * 1024;
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/later?0") + get("/later?1") + get("/later?2")));
  ASSERT_EQ(handler.journal.read(2).size(), 2u);
  onLoop([&] {
    for (Responder& responder : std::exchange(handler.waiting, {})) responder.send({200, "", std::string(6 * 1024, 'a'), {}});
  });
  for (int at = 0; at < 2; ++at) EXPECT_EQ(client.readAnswer().body.size(), 6u * 1024);
  ASSERT_EQ(handler.journal.read(3).size(), 3u);
  onLoop([&] { handler.waiting[0].send({200, "", "the last", {}}); });
  EXPECT_EQ(client.readAnswer().body, "the last");
}

TEST_F(HttpProtocolTest, takesBodiesWholeInPiecesAndChunked) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"));
  EXPECT_EQ(client.readAnswer().body, "abc");
  const std::string large(900'000, 'l');
  EXPECT_TRUE(client.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + large));
  EXPECT_EQ(client.readAnswer().body, large);
  EXPECT_TRUE(client.send("POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nch\r\n4\r\nunks\r\n0\r\n\r\n"));
  EXPECT_EQ(client.readAnswer().body, "chunks");
}

TEST_F(HttpProtocolTest, saysContinueWhenTheAnswersBeforeAreOut) {
  start();
  TestClient client = connect();
  const std::string expecting = "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_TRUE(client.send(expecting));
  EXPECT_EQ(client.readAnswer().status, 100);
  EXPECT_TRUE(client.send("ok"));
  EXPECT_EQ(client.readAnswer().body, "ok");

  EXPECT_TRUE(client.send(get("/later?") + expecting));
  handler.journal.read(1);
  onLoop([&] { handler.waiting[0].send({200, "", "before", {}}); });
  EXPECT_EQ(client.readAnswer().body, "before");
  EXPECT_EQ(client.readAnswer().status, 100);
  EXPECT_TRUE(client.send("ok"));
  EXPECT_EQ(client.readAnswer().body, "ok");
}

TEST_F(HttpProtocolTest, headHasNoBody) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n" + get("/hello")));
  EXPECT_NE(client.readAnswer(false).head.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(client.readAnswer().body, "hello");
}

TEST_F(HttpProtocolTest, closesWhenAskedTo) {
  start();
  for (const char* last : {"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /hello HTTP/1.0\r\n\r\n"}) {
    TestClient client = connect();
    EXPECT_TRUE(client.send(last + get("/hello")));
    const std::string all = client.readToEnd();
    EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(all.find("HTTP/1.1 200", 1), std::string::npos) << "nothing behind the last request is answered";
  }
}

TEST_F(HttpProtocolTest, anUnansweredRequestIsA500) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/drop") + get("/hello")));
  EXPECT_EQ(client.readAnswer().status, 500);
  EXPECT_EQ(client.readAnswer().status, 200);
}

TEST_F(HttpProtocolTest, anAnswerToAClientThatHasGoneIsHarmless) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/later?")));
  handler.journal.read(1);
  client.close();
  TestClient other = connect();  // Its answer tells that the loop has seen the other's end.
  EXPECT_TRUE(other.send(get("/hello")));
  EXPECT_EQ(other.readAnswer().status, 200);
  onLoop([&] { handler.waiting[0].send({200, "", "", {}}); });
  onLoop([&] { handler.waiting.clear(); });
}

TEST_F(HttpProtocolTest, aClientThatEndsItsSideGetsItsAnswers) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/later?")));
  handler.journal.read(1);
  client.endWrites();
  onLoop([&] { handler.waiting[0].send({200, "", "late", {}}); });
  EXPECT_EQ(client.readAnswer().body, "late");
  EXPECT_EQ(client.readToEnd(), "");
}

TEST_F(HttpProtocolTest, aRefusalIsReadableThoughInputIsLeftUnread) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + std::string(200'000, 'j')));
  const auto answer = client.readAnswer();
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(answer.body.find("\"code\":\"bad_request\""), std::string::npos);
  EXPECT_EQ(client.readToEnd(), "");
  EXPECT_EQ(metrics.sum(Metric::http_refused), 1);
}

TEST_F(HttpProtocolTest, aRefusedClientThatGoesOnIsCutOff) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"));
  EXPECT_EQ(client.readAnswer().status, 413);
  const std::string junk(64 * 1024, 'j');
  int sent = 0;
  while (client.send(junk)) ASSERT_LT(++sent, 1000);
}

TEST_F(HttpProtocolTest, aRefusalWaitsForTheAnswersBefore) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/later?") + "BAD\r\n\r\n"));
  handler.journal.read(1);
  onLoop([&] { handler.waiting[0].send({200, "", "good", {}}); });
  EXPECT_EQ(client.readAnswer().body, "good");
  EXPECT_EQ(client.readAnswer().status, 400);
  EXPECT_EQ(client.readToEnd(), "");
}

TEST_F(HttpProtocolTest, aSlowHeadIs408) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/hello") + "GET / HT"));
  EXPECT_EQ(client.readAnswer().status, 200);
  skip(limits.head_timeout / 2);
  EXPECT_TRUE(client.send("T"));  // A drip does not help.
  skip(limits.head_timeout / 2);
  EXPECT_EQ(client.readAnswer().status, 408);
  EXPECT_EQ(client.readToEnd(), "");
}

TEST_F(HttpProtocolTest, aSlowHeadBehindAnAnswerThatIsBeingMadeIsRefusedOnce) {
  start();
  TestClient client = connect(), ended = connect(), other = connect();
  for (TestClient* one : {&client, &ended}) EXPECT_TRUE(one->send(get("/later?") + "GET / HT"));
  handler.journal.read(2);
  ended.endWrites();
  EXPECT_TRUE(other.send(get("/hello")));  // Its answer tells that the loop has seen the other's end.
  EXPECT_EQ(other.readAnswer().status, 200);
  skip(limits.head_timeout);
  for (int turns = 0; turns < 5; ++turns) skip(std::chrono::milliseconds{10});
  EXPECT_EQ(metrics.sum(Metric::http_refused), 1);
  onLoop([&] {
    for (Responder& responder : std::exchange(handler.waiting, {})) responder.send({200, "", "made", {}});
  });
  for (TestClient* one : {&client, &ended}) EXPECT_EQ(one->readAnswer().body, "made");
  EXPECT_EQ(client.readAnswer().status, 408);
  for (TestClient* one : {&client, &ended}) EXPECT_EQ(one->readToEnd(), "");
}

TEST_F(HttpProtocolTest, aSlowBodyIs408) {
  start();
  const std::string head = "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n";
  TestClient silent = connect();
  EXPECT_TRUE(silent.send(head));
  EXPECT_EQ(silent.readAnswer().status, 100);
  skip(limits.body_pause);
  EXPECT_EQ(silent.readAnswer().status, 408);

  onLoop([&] { limits.body_pause = limits.body_timeout * 2; });
  TestClient dripping = connect();
  EXPECT_TRUE(dripping.send(head));
  EXPECT_EQ(dripping.readAnswer().status, 100);
  skip(limits.body_timeout);
  EXPECT_EQ(dripping.readAnswer().status, 408);
}

TEST_F(HttpProtocolTest, aDrippingBodyIs408AndASteadyOneIsNot) {
  start();
  const auto part = limits.body_pause * 6 / 10;
  const std::size_t whole = 2 * limits.body_rate_min * 10;
  const std::string head =
      "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(whole) + "\r\nExpect: 100-continue\r\n\r\n";
  TestClient dripping = connect(), steady = connect();
  for (TestClient* client : {&dripping, &steady}) {
    EXPECT_TRUE(client->send(head));
    EXPECT_EQ(client->readAnswer().status, 100);
  }
  skip(part);
  EXPECT_TRUE(dripping.send("x"));
  EXPECT_TRUE(steady.send(std::string(whole / 2, 'x')));
  skip(part);  // Neither paused for body_pause; both are past it.
  EXPECT_TRUE(steady.send(std::string(whole / 2, 'x')));
  EXPECT_EQ(dripping.readAnswer().status, 408);
  EXPECT_EQ(steady.readAnswer().status, 200);
}

TEST_F(HttpProtocolTest, anIdleClientIsClosedWithoutAWord) {
  start();
  TestClient fresh = connect();
  TestClient used = connect();
  EXPECT_TRUE(used.send(get("/hello")));
  EXPECT_EQ(used.readAnswer().status, 200);
  skip(limits.head_timeout);
  EXPECT_EQ(fresh.readToEnd(), "");
  EXPECT_TRUE(used.send(get("/hello")));
  EXPECT_EQ(used.readAnswer().status, 200);
  skip(limits.keep_alive_timeout);
  EXPECT_EQ(used.readToEnd(), "");
}

TEST_F(HttpProtocolTest, timeIsTheHandlersBusinessWhileItWorks) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/later?")));
  handler.journal.read(1);
  skip(std::chrono::hours{1});
  onLoop([&] { handler.waiting[0].send({200, "", "at last", {}}); });
  EXPECT_EQ(client.readAnswer().body, "at last");
}

TEST_F(HttpProtocolTest, aLargeAnswerWaitsForItsReaderButNotForEver) {
  start();
  TestClient slow = connect(4096), stuck = connect(4096);
  EXPECT_TRUE(slow.send("GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  EXPECT_TRUE(stuck.send(get("/big")));
  EXPECT_EQ(slow.read(1000).size(), 1000u);
  EXPECT_EQ(stuck.read(1000).size(), 1000u);
  EXPECT_GT(1000 + slow.readToEnd().size(), 8U << 20);
  skip(limits.write_timeout);
  while (metrics.sum(Metric::connections) != 0) onLoop([] {});
  EXPECT_LT(stuck.read(8U << 20).size(), 8U << 20);
}

TEST_F(HttpProtocolTest, refusesABadHandshake) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(
      client.send("GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"));
  EXPECT_EQ(client.readAnswer().status, 400);
  EXPECT_TRUE(
      client.send("GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
                  "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n"));
  const auto answer = client.readAnswer();
  EXPECT_EQ(answer.status, 426);
  EXPECT_NE(answer.head.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
  EXPECT_TRUE(client.send(get("/echo")));
  EXPECT_EQ(client.readAnswer().status, 426);
}

TEST_F(HttpProtocolTest, aRefusedUpgradeLeavesHttp) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(TestClient::handshake("/later?") + get("/hello")));
  handler.journal.read(1);
  onLoop([&] { handler.waiting[0].sendProblem({Code::forbidden, "", 0, {}}); });
  EXPECT_EQ(client.readAnswer().status, 403);
  EXPECT_EQ(client.readAnswer().body, "hello");
}

TEST_F(HttpProtocolTest, anUpgradeMayBeAcceptedLaterAndLosesNothing) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/later?1") + TestClient::handshake("/later?2") + clientFrame(Opcode::text, "early")));
  handler.journal.read(2);
  EXPECT_TRUE(client.send(clientFrame(Opcode::text, "later")));
  onLoop([&] { handler.waiting[0].send({200, "", "first", {}}); });
  onLoop([&] { handler.waiting[1].upgrade(EchoHandler::options(), std::make_unique<EchoHandler>()); });
  EXPECT_EQ(client.readAnswer().body, "first");
  EXPECT_EQ(client.readAnswer().status, 101);
  EXPECT_EQ(client.readFrame().payload, "early");
  EXPECT_EQ(client.readFrame().payload, "later");
}

TEST_F(HttpProtocolTest, aHeaderValueCannotBeginAnotherHeader) {
  start();
  TestClient client = connect();
  EXPECT_TRUE(client.send(get("/later?")));
  handler.journal.read(1);
  onLoop([&] { handler.waiting[0].send({200, "", "", {{"X-Value", "a\r\nX-Evil: b"}}}); });
  EXPECT_NE(client.readAnswer().head.find("X-Value: a  X-Evil: b\r\n"), std::string::npos);
}

}  // namespace
}  // namespace atrium
