#include "cli/http_call.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace atrium::test {

namespace {

// Answers one connection with whatever it is told to, and keeps what was asked.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size);
    url = "http://127.0.0.1:" + std::to_string(::ntohs(here.sin_port));
    thread_ = std::thread([this, answer = std::move(answer)] {
      const int peer = ::accept(socket_, nullptr, nullptr);
      std::array<char, 4096> buffer{};
      while (asked.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(peer, buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        asked.append(buffer.data(), static_cast<std::size_t>(got));
      }
      ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(peer);
    });
  }
  ~OneAnswer() {
    join();
    ::close(socket_);
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  std::string url;
  std::string asked;  // After join().

 private:
  int socket_;
  std::thread thread_;
};

}  // namespace

TEST(HttpCall, bringsTheStatusAndTheBody) {
  OneAnswer server("HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\n\r\n{\"detail\":\"no\"}");
  const auto answer = callHttp("POST", server.url + "/", "/api/v1/admin/plugins/x/reload", "t0ken");
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 409);
  EXPECT_EQ(answer->body, "{\"detail\":\"no\"}");
  server.join();
  EXPECT_TRUE(server.asked.starts_with("POST /api/v1/admin/plugins/x/reload HTTP/1.1\r\n")) << server.asked;
  EXPECT_NE(server.asked.find("\r\nAuthorization: Bearer t0ken\r\n"), std::string::npos);
}

TEST(HttpCall, saysWhatIsWrongAtThatAddress) {
  OneAnswer stranger("220 mail.example ESMTP\r\n");
  EXPECT_NE(callHttp("GET", stranger.url, "/", "").error().detail.find("no Atrium server"), std::string::npos);
  EXPECT_NE(callHttp("GET", "https://localhost", "/", "").error().detail.find("http://host:port"), std::string::npos);
  OneAnswer gone("");
  EXPECT_NE(callHttp("GET", gone.url, "/", "").error().detail.find("no Atrium server"), std::string::npos);
}

}  // namespace atrium::test
