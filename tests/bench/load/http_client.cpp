#include "load/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "load/failure.hpp"

namespace atrium::bench {

namespace {

constexpr time_t timeout_s = 10;

// The value of a header field, without regard to the case of its name; empty when it is missing.
std::string headerValue(std::string_view head, std::string_view name) {
  for (std::size_t start = head.find("\r\n"); start != std::string_view::npos;) {
    start += 2;
    const std::size_t end = head.find("\r\n", start);
    const std::string_view line = head.substr(start, end == std::string_view::npos ? end : end - start);
    const bool same = line.size() > name.size() && line[name.size()] == ':' &&
                      std::equal(name.begin(), name.end(), line.begin(),
                                 [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    if (same) {
      std::string_view value = line.substr(name.size() + 1);
      value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
      return std::string(value);
    }
    start = end;
  }
  return {};
}

}  // namespace

HttpClient::HttpClient(std::uint16_t port, std::string token) : port_(port), token_(std::move(token)) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) failErrno("socket");
  const timeval timeout{.tv_sec = timeout_s, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  const int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    failErrno("connect");
  }
}

HttpClient::~HttpClient() { ::close(fd_); }

HttpAnswer HttpClient::request(std::string_view method, std::string_view target, std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1:").append(std::to_string(port_)).append("\r\n");
  if (!token_.empty()) text.append("Authorization: Bearer ").append(token_).append("\r\n");
  if (!body.empty()) text.append("Content-Type: application/json\r\n");
  text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t count = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) failErrno("send");
    sent += static_cast<std::size_t>(count);
  }

  std::size_t head_size;
  while ((head_size = unread_.find("\r\n\r\n")) == std::string::npos) readMore();
  const std::string_view head = std::string_view(unread_).substr(0, head_size);
  HttpAnswer answer;
  const bool status_read =
      head.starts_with("HTTP/1.1 ") && std::from_chars(head.data() + 9, head.data() + head.size(), answer.status).ec == std::errc{};
  if (!status_read) throw Failure("the server's answer is not HTTP/1.1");
  std::size_t length = 0;
  const std::string length_text = headerValue(head, "content-length");
  std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  const std::size_t start = head_size + 4;
  while (unread_.size() < start + length) readMore();
  answer.body = unread_.substr(start, length);
  unread_.erase(0, start + length);
  return answer;
}

std::string HttpClient::expect(int expected, std::string_view method, std::string_view target, std::string_view body) {
  HttpAnswer answer = request(method, target, body);
  if (answer.status != expected) {
    throw Failure(std::string(method) + " " + std::string(target) + " answered " + std::to_string(answer.status) + ": " + answer.body);
  }
  return std::move(answer.body);
}

void HttpClient::readMore() {
  char buffer[64 * 1024];
  const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
  if (count == 0) throw Failure("the server closed the connection instead of answering");
  if (count < 0) failErrno("recv");
  unread_.append(buffer, static_cast<std::size_t>(count));
}

std::string_view jsonMember(std::string_view json, std::string_view name) {
  for (std::size_t at = json.find(name); at != std::string_view::npos; at = json.find(name, at + 1)) {
    std::size_t value = at + name.size();
    if (at == 0 || json[at - 1] != '"' || value >= json.size() || json[value] != '"') continue;
    ++value;
    if (value < json.size() && json[value] == ':')
      ++value;
    else
      continue;
    while (value < json.size() && json[value] == ' ') ++value;
    if (value >= json.size()) return {};
    const bool text = json[value] == '"';
    if (text) ++value;
    const std::size_t end = json.find_first_of(text ? "\"" : ",}] ", value);
    return end == std::string_view::npos ? std::string_view{} : json.substr(value, end - value);
  }
  return {};
}

}  // namespace atrium::bench
