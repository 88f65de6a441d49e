#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "client_frame.hpp"

namespace atrium {

// A client on a blocking socket. Whatever takes longer than ten seconds is a failure.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (receive_buffer != 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int now = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  TestClient(TestClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}
  TestClient& operator=(TestClient&&) = delete;
  ~TestClient() { close(); }

  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void endWrites() const { ::shutdown(socket_, SHUT_WR); }

  // False once the server has cut the connection.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // As much as the system takes at once; how much.
  std::size_t trySend(std::string_view bytes) const {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

  // Exactly that many bytes; fewer if the connection ends first.
  std::string read(std::size_t size) {
    while (buffer_.size() < size && more()) {
    }
    return take(std::min(size, buffer_.size()));
  }
  std::string readThrough(std::string_view mark) {
    std::size_t at = 0;
    while ((at = buffer_.find(mark)) == std::string::npos) {
      if (!more()) return take(buffer_.size());
    }
    return take(at + mark.size());
  }
  // Everything up to the server's end, which must be orderly.
  std::string readToEnd() {
    while (more()) {
    }
    EXPECT_EQ(failure_, 0) << "the connection was reset, or did not end";
    return take(buffer_.size());
  }
  // Whether the connection ends, in whatever way.
  bool isCut() {
    while (more()) {
    }
    return failure_ != EAGAIN;
  }

  struct Answer {
    int status = 0;
    std::string head, body;
  };
  Answer readAnswer(bool with_body = true) {
    Answer answer;
    answer.head = readThrough("\r\n\r\n");
    if (answer.head.size() > 12) std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
    const std::string_view mark = "Content-Length: ";
    const std::size_t at = answer.head.find(mark);
    std::size_t size = 0;
    if (at != std::string::npos) std::from_chars(answer.head.data() + at + mark.size(), answer.head.data() + answer.head.size(), size);
    if (with_body) answer.body = read(size);
    return answer;
  }

  static std::string handshake(std::string_view path) {
    return "GET " + std::string(path) +
           " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
           "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  }
  // Sends the handshake and expects it to be taken.
  void upgrade(std::string_view path) {
    EXPECT_TRUE(send(handshake(path)));
    EXPECT_EQ(readAnswer().status, 101);
  }

  struct Received {
    Opcode opcode{};
    std::string payload;
    // A close frame's code; 0 for none.
    [[nodiscard]] unsigned code() const {
      return opcode == Opcode::close && payload.size() >= 2
                 ? static_cast<std::uint8_t>(payload[0]) << 8U | static_cast<std::uint8_t>(payload[1])
                 : 0U;
    }
  };
  Received readFrame() {
    const std::string start = read(2);
    if (start.size() < 2) {
      ADD_FAILURE() << "no frame";
      return {};
    }
    std::size_t size = static_cast<std::uint8_t>(start[1]);
    if (size >= 126) {
      const std::string length = read(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : length) size = size << 8 | static_cast<std::uint8_t>(c);
    }
    return {static_cast<Opcode>(static_cast<std::uint8_t>(start[0]) & 0x0FU), read(size)};
  }

 private:
  bool more() {
    char piece[65536];
    const ssize_t got = ::recv(socket_, piece, sizeof piece, 0);
    if (got > 0) buffer_.append(piece, static_cast<std::size_t>(got));
    failure_ = got < 0 ? errno : 0;
    return got > 0;
  }
  std::string take(std::size_t size) {
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  int socket_;
  int failure_ = 0;
  std::string buffer_;
};

}  // namespace atrium
