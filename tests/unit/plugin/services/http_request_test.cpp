#include "plugin/services/http_request.hpp"

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <thread>

#include "protocol/json_index.hpp"

namespace atrium {
namespace {

// A server on a free port of this machine that takes one connection, reads a request's head and does what the test says.
class OneAnswer {
 public:
  explicit OneAnswer(std::function<void(Poco::Net::StreamSocket&)> then) : then_(std::move(then)) {
    listening_.bind(Poco::Net::SocketAddress("127.0.0.1", 0));
    listening_.listen();
    thread_ = std::thread([this] {
      Poco::Net::StreamSocket client = listening_.acceptConnection();
      char piece[4096];
      while (!head_.contains("\r\n\r\n")) {
        const int got = client.receiveBytes(piece, sizeof piece);
        if (got <= 0) return;
        head_.append(piece, static_cast<std::size_t>(got));
      }
      then_(client);
    });
  }
  ~OneAnswer() { thread_.join(); }
  OutboundRequest request() {
    OutboundRequest request;
    request.method = "GET";
    request.host = "127.0.0.1";
    request.port = listening_.address().port();
    request.target = "/path?q=1";
    return request;
  }
  [[nodiscard]] const std::string& head() const { return head_; }

 private:
  std::function<void(Poco::Net::StreamSocket&)> then_;
  Poco::Net::ServerSocket listening_;
  std::string head_;
  std::thread thread_;
};

auto says(std::string text) {
  return [text = std::move(text)](Poco::Net::StreamSocket& client) {
    client.sendBytes(text.data(), static_cast<int>(text.size()));
    client.shutdownSend();
  };
}

TEST(HttpRequest, bringsStatusHeadersAndBody) {
  OneAnswer server(says("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\n\r\nhello"));
  auto request = server.request();
  request.headers.emplace_back("Authorization", "Bearer x");
  SocketCut cut;
  const OutboundAnswer answer = carryOut(request, cut);
  ASSERT_EQ(answer.status, ATRIUM_OK) << answer.text;
  const auto document = JsonDocument::parse(answer.text);
  ASSERT_TRUE(document);
  std::int64_t status = 0;
  EXPECT_TRUE(document->root()["status"].integer(status));
  EXPECT_EQ(status, 200);
  EXPECT_EQ(document->root()["headers"]["content-type"].text(), "text/plain");
  EXPECT_EQ(document->root()["headers"]["x-a"].text(), "1, 2");
  EXPECT_EQ(document->root()["body"].text(), "hello");
  EXPECT_TRUE(server.head().starts_with("GET /path?q=1 HTTP/1.1\r\n")) << server.head();
  EXPECT_NE(server.head().find("Authorization: Bearer x\r\n"), std::string::npos);
}

// Each piece is handed on while the next one has not been sent.
TEST(HttpRequest, handsOnABodyWhileItComes) {
  std::promise<void> first_seen;
  OneAnswer server([&](Poco::Net::StreamSocket& client) {
    const auto send = [&](std::string_view text) { client.sendBytes(text.data(), static_cast<int>(text.size())); };
    send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    first_seen.get_future().wait();
    send("3\r\ntwo\r\n0\r\n\r\n");
    client.shutdownSend();
  });
  std::string seen;
  auto request = server.request();
  request.streamed = true;
  request.piece = [&](std::string_view piece) {
    if (seen.empty()) first_seen.set_value();
    seen += piece;
  };
  SocketCut cut;
  const OutboundAnswer answer = carryOut(request, cut);
  ASSERT_EQ(answer.status, ATRIUM_OK) << answer.text;
  EXPECT_EQ(seen, "onetwo");
  EXPECT_EQ(JsonDocument::parse(answer.text)->root()["body"].text(), "");
}

TEST(HttpRequest, aStreamedBodyHasTheSameBound) {
  OneAnswer server([](Poco::Net::StreamSocket& client) {
    const std::string head = "HTTP/1.1 200 OK\r\n\r\n", block(65536, 'x');
    client.sendBytes(head.data(), static_cast<int>(head.size()));
    try {
      for (int n = 0; n < 17; ++n) client.sendBytes(block.data(), static_cast<int>(block.size()));
    } catch (const Poco::Exception&) {  // It was cut off.
    }
  });
  std::size_t size = 0;
  auto request = server.request();
  request.piece = [&](std::string_view piece) { size += piece.size(); };
  SocketCut cut;
  EXPECT_EQ(carryOut(request, cut).status, ATRIUM_FAILED);
  EXPECT_LE(size, std::size_t{ATRIUM_HTTP_BODY_MAX});
}

TEST(HttpRequest, followsNoRedirect) {
  OneAnswer server(says("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));
  SocketCut cut;
  const OutboundAnswer answer = carryOut(server.request(), cut);
  EXPECT_EQ(answer.status, ATRIUM_OK);
  EXPECT_TRUE(answer.text.starts_with(R"({"status":302)")) << answer.text;
}

TEST(HttpRequest, encodesABodyThatIsNoText) {
  OneAnswer server(says(std::string("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\x00\x01", 41)));
  SocketCut cut;
  const OutboundAnswer answer = carryOut(server.request(), cut);
  EXPECT_NE(answer.text.find(R"("body_base64":"/wAB")"), std::string::npos) << answer.text;
}

TEST(HttpRequest, takesNoBodyAboveItsBound) {
  OneAnswer server([](Poco::Net::StreamSocket& client) {
    const std::string head = "HTTP/1.1 200 OK\r\n\r\n", piece(65536, 'x');
    try {
      client.sendBytes(head.data(), static_cast<int>(head.size()));
      for (int n = 0; n < 64; ++n) client.sendBytes(piece.data(), static_cast<int>(piece.size()));
    } catch (const Poco::Exception&) {  // The other side has enough.
    }
  });
  SocketCut cut;
  const OutboundAnswer answer = carryOut(server.request(), cut);
  EXPECT_EQ(answer.status, ATRIUM_FAILED);
  EXPECT_NE(answer.text.find("longer than"), std::string::npos) << answer.text;
}

TEST(HttpRequest, tellsAnAnswerThatEndsEarly) {
  OneAnswer server(says("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"));
  SocketCut cut;
  EXPECT_EQ(carryOut(server.request(), cut).status, ATRIUM_FAILED);
}

TEST(HttpRequest, isCutOffWhileTheOtherSideSaysNothing) {
  std::promise<void> asked;
  SocketCut cut;
  OneAnswer server([&](Poco::Net::StreamSocket& client) {
    asked.set_value();
    char nothing = 0;
    try {
      static_cast<void>(client.receiveBytes(&nothing, 1));  // Until the other side goes.
    } catch (const Poco::Exception&) {
    }
  });
  std::thread deadline([&] {
    asked.get_future().wait();
    cut.cut();
  });
  EXPECT_EQ(carryOut(server.request(), cut).status, ATRIUM_TIMED_OUT);
  deadline.join();
}

}  // namespace
}  // namespace atrium
