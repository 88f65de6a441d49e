#include "cli/http_call.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>

#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t answer_max = 4 * 1024 * 1024;
constexpr timeval patience{.tv_sec = 30, .tv_usec = 0};

struct Socket {
  ~Socket() {
    if (descriptor >= 0) ::close(descriptor);
  }
  int descriptor = -1;
};

// Leaves the descriptor at -1 when nobody answers there.
void dial(Socket& socket, const std::string& host, const std::string& port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) return;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  for (const addrinfo* address = found; address; address = address->ai_next) {
    socket.descriptor = ::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
    if (socket.descriptor < 0) continue;
    ::setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(socket.descriptor, address->ai_addr, address->ai_addrlen) == 0) return;
    ::close(socket.descriptor);
    socket.descriptor = -1;
  }
}

}  // namespace

Result<HttpAnswer> callHttp(std::string_view method, std::string_view url, std::string_view path, std::string_view token) {
  const auto refuse = [&](std::string_view why) { return fail(Code::plugin_failed, fmt::format("{}: {}", url, why)); };
  static constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return refuse("write the server's address as http://host:port");
  std::string authority(url.substr(scheme.size()));
  while (authority.ends_with('/')) authority.pop_back();
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  std::string host = authority.substr(0, has_port ? colon : authority.size());
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);

  Socket socket;
  dial(socket, host, has_port ? authority.substr(colon + 1) : "80");
  if (socket.descriptor < 0) return refuse("nobody answers there: is the server running?");
  const std::string request =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method, path,
                  authority, token);
  for (std::string_view rest = request; !rest.empty();) {
    const ssize_t put = ::send(socket.descriptor, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (put <= 0) return refuse("the connection broke off");
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  std::string answer;
  std::array<char, 16384> piece{};
  ssize_t got = 0;
  while ((got = ::recv(socket.descriptor, piece.data(), piece.size(), 0)) > 0 && answer.size() < answer_max)
    answer.append(piece.data(), static_cast<std::size_t>(got));
  if (got < 0) return refuse("it did not answer in time: " + std::generic_category().message(errno));

  HttpAnswer result;
  const auto body = answer.find("\r\n\r\n");
  if (body == std::string::npos || !answer.starts_with("HTTP/1.1 ") ||
      std::from_chars(answer.data() + 9, answer.data() + 12, result.status).ec != std::errc())
    return refuse("what answers there is no Atrium server");
  result.body = answer.substr(body + 4);
  return result;
}

}  // namespace atrium
