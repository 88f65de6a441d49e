#include "transport/transport.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>

#include "transport_fixture.hpp"

namespace atrium {
namespace {

const std::string hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(TransportTest, tellsClientsAboveTheBudget) {
  connections_max = 2;
  start();
  TestClient one = connect(), two = connect();
  for (TestClient* client : {&one, &two}) {
    EXPECT_TRUE(client->send(hello));
    EXPECT_EQ(client->readAnswer().status, 200);
  }
  {
    TestClient three = connect();
    EXPECT_TRUE(three.send(hello));
    const auto answer = three.readAnswer();
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.head.find("Retry-After: 5\r\n"), std::string::npos);
    EXPECT_EQ(three.readToEnd(), "");
  }
  EXPECT_EQ(metrics.sum(Metric::connections_refused), 1);
  one.close();
  while (metrics.sum(Metric::connections) > 1) onLoop([] {});
  TestClient four = connect();
  EXPECT_TRUE(four.send(hello));
  EXPECT_EQ(four.readAnswer().status, 200);
}

TEST_F(TransportTest, boundsTheClientsBeingTold) {
  connections_max = 0;
  limits.refusals_max = 2;
  start();
  TestClient told[] = {connect(), connect()};
  for (TestClient& client : told) EXPECT_EQ(client.readAnswer().status, 503);
  EXPECT_EQ(connect().readToEnd(), "");
  skip(limits.linger_timeout);  // Those told did not end their side.
  while (metrics.sum(Metric::connections) != 0) onLoop([] {});
  EXPECT_EQ(connect().readAnswer().status, 503);
}

TEST_F(TransportTest, spreadsClientsOverItsLoops) {
  start(2);
  std::vector<TestClient> clients;
  for (int at = 0; at < 200; ++at) {
    clients.push_back(connect());
    EXPECT_TRUE(clients.back().send(hello));
    EXPECT_EQ(clients.back().readAnswer().status, 200);
  }
  std::size_t counts[2] = {};
  for (unsigned at = 0; at < 2; ++at) on(at, [&] { counts[at] = transports[at]->connections(); });
  EXPECT_EQ(counts[0] + counts[1], 200u);
  EXPECT_GE(std::min(counts[0], counts[1]), 60u);
}

TEST_F(TransportTest, keepsServingWhenDescriptorsRunOut) {
  start();
  TestClient served = connect();
  EXPECT_TRUE(served.send(hello));
  EXPECT_EQ(served.readAnswer().status, 200);
  onLoop([&] { transports[0]->pauseAccepting(); });
  std::vector<TestClient> waiting;
  for (int at = 0; at < 3; ++at) waiting.push_back(connect());

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  int highest = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    highest = std::max(highest, std::stoi(entry.path().filename()));
  std::vector<int> filler;
  for (int descriptor = ::dup(0); descriptor >= 0 && descriptor <= highest; descriptor = ::dup(0)) filler.push_back(descriptor);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(highest) + 1, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  onLoop([&] { transports[0]->resumeAccepting(); });
  // The first in the queue learns at once that it is not served; those that are served go on.
  EXPECT_TRUE(waiting[0].isCut());
  EXPECT_TRUE(served.send(hello));
  EXPECT_EQ(served.readAnswer().status, 200);

  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  for (const int descriptor : filler) ::close(descriptor);
  skip(std::chrono::milliseconds{200});
  for (int at : {1, 2}) {
    EXPECT_TRUE(waiting[static_cast<std::size_t>(at)].send(hello));
    EXPECT_EQ(waiting[static_cast<std::size_t>(at)].readAnswer().status, 200);
  }
}

TEST_F(TransportTest, drainsInGoodOrder) {
  start();
  TestClient idle = connect(), busy = connect(), midway = connect(), socket = connect();
  EXPECT_TRUE(idle.send(hello));
  EXPECT_EQ(idle.readAnswer().status, 200);
  EXPECT_TRUE(busy.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n"));
  handler.journal.read(1);
  EXPECT_TRUE(midway.send(hello + hello.substr(0, 10)));
  EXPECT_EQ(midway.readAnswer().status, 200);
  socket.upgrade("/echo");

  std::promise<void> closed;
  onLoop([&] { transports[0]->drain(std::chrono::seconds{30}, [&] { closed.set_value(); }); });
  EXPECT_EQ(idle.readToEnd(), "");
  EXPECT_EQ(socket.readFrame().code(), 4001u);
  EXPECT_TRUE(socket.send(clientFrame(Opcode::close, "")));
  EXPECT_EQ(socket.readToEnd(), "");
  EXPECT_TRUE(midway.send(hello.substr(10)));
  EXPECT_NE(midway.readAnswer().head.find("Connection: close\r\n"), std::string::npos);
  onLoop([&] { handler.waiting[0].send({200, "", "done", {}}); });
  const auto answer = busy.readAnswer();
  EXPECT_EQ(answer.body, "done");
  EXPECT_NE(answer.head.find("Connection: close\r\n"), std::string::npos);
  for (TestClient* client : {&idle, &busy, &midway, &socket}) client->close();
  closed.get_future().wait();
}

TEST_F(TransportTest, losesPatienceWithWhatDoesNotEnd) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  handler.journal.read(1);
  std::promise<void> closed;
  onLoop([&] { transports[0]->drain(std::chrono::seconds{30}, [&] { closed.set_value(); }); });
  skip(std::chrono::seconds{30});
  closed.get_future().wait();
  EXPECT_TRUE(client.isCut());
  EXPECT_EQ(handler.journal.read(2).back(), "closed");
}

TEST_F(TransportTest, drainsAtOnceWhenNobodyIsThere) {
  start();
  bool closed = false;
  onLoop([&] { transports[0]->drain(std::chrono::seconds{30}, [&] { closed = true; }); });
  EXPECT_TRUE(closed);
}

TEST_F(TransportTest, tellsHandlersWhenItIsDestroyed) {
  start();
  TestClient client = connect();
  client.upgrade("/ws");
  handler.journal.read(1);
  loops->stop();
  transports.clear();
  EXPECT_EQ(handler.journal.read(2).back(), "closed");
  EXPECT_EQ(budget->taken(), 0u);
}

TEST(ListenAt, refusesAnAddressInUseThoughItIsShared) {
  auto sockets = listenAt({}, 2);
  ASSERT_TRUE(sockets);
  EXPECT_EQ((*sockets)[0].port(), (*sockets)[1].port());
  const auto again = listenAt({.address = "127.0.0.1", .port = (*sockets)[0].port()}, 1);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().detail.find(std::to_string((*sockets)[0].port())), std::string::npos);
  EXPECT_FALSE(listenAt({.address = "no such address"}, 1));
}

TEST(ListenAt, acceptedSocketsAreReadyForSmallWrites) {
  auto sockets = listenAt({}, 1);
  ASSERT_TRUE(sockets);
  TestClient client(sockets->front().port());
  const int accepted = ::accept4(sockets->front().descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
  ASSERT_GE(accepted, 0);
  const auto option = [accepted](int name) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(accepted, IPPROTO_TCP, name, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(option(TCP_NODELAY), 1);
  EXPECT_EQ(option(TCP_NOTSENT_LOWAT), 128 * 1024);
  EXPECT_EQ(option(TCP_USER_TIMEOUT), 20'000);
  ::close(accepted);
}

}  // namespace
}  // namespace atrium
