#include "transport/listener.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr int accepts_a_turn = 64;  // So that a storm of clients does not starve those that are there.
constexpr std::chrono::milliseconds retry_time{100};

// Linux hands these on to every accepted socket, which saves three calls a connection.
void setInherited(int descriptor) {
  const auto set = [descriptor](int level, int name, int value) { ::setsockopt(descriptor, level, name, &value, sizeof value); };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 128 * 1024);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 20'000);  // ms without an acknowledgement; then the peer is gone.
}

bool isLoopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
  if (address.ss_family != AF_INET6) return false;
  const in6_addr& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

int openReserve() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

ListenSocket::ListenSocket(std::unique_ptr<Poco::Net::ServerSocket> socket) : socket_(std::move(socket)) {}
ListenSocket::ListenSocket(ListenSocket&&) noexcept = default;
ListenSocket& ListenSocket::operator=(ListenSocket&&) noexcept = default;
ListenSocket::~ListenSocket() = default;

int ListenSocket::descriptor() const { return socket_->impl()->sockfd(); }
std::uint16_t ListenSocket::port() const { return socket_->address().port(); }

Result<std::vector<ListenSocket>> listenAt(const ListenOptions& options, unsigned count) {
  try {
    Poco::Net::SocketAddress address(options.address, options.port);
    if (options.port != 0) {
      // Sockets that share a port share it with every other process of this user that asks to; one that does not share finds that out.
      Poco::Net::ServerSocket probe;
      probe.bind(address, true, false);
      probe.listen(1);
    }
    std::vector<ListenSocket> sockets;
    for (unsigned at = 0; at < count; ++at) {
      auto socket = std::make_unique<Poco::Net::ServerSocket>();
      socket->bind(address, true, true);
      socket->listen(options.backlog);
      socket->setBlocking(false);
      address = socket->address();
      setInherited(socket->impl()->sockfd());
      sockets.emplace_back(std::move(socket));
    }
    return sockets;
  } catch (const Poco::Exception& exception) {
    return fail(Code::conflict,
                "cannot listen at " + options.address + ":" + std::to_string(options.port) + ": " + exception.displayText());
  }
}

Listener::Listener(Loop& loop, ListenSocket socket, Accepted accepted)
    : loop_(loop), socket_(std::move(socket)), accepted_(std::move(accepted)), retry_([this] { resume(); }), reserve_(openReserve()) {
  loop_.watch(socket_.descriptor(), EPOLLIN, *this);
}

Listener::~Listener() {
  pause();
  if (reserve_ >= 0) ::close(reserve_);
}

void Listener::pause() {
  retry_.disarm();
  if (!std::exchange(paused_, true)) loop_.unwatch(socket_.descriptor(), *this);
}

void Listener::resume() {
  if (std::exchange(paused_, false)) loop_.watch(socket_.descriptor(), EPOLLIN, *this);
}

void Listener::onReady(std::uint32_t) {
  for (int at = 0; at < accepts_a_turn; ++at) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int descriptor = ::accept4(socket_.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      accepted_(descriptor, isLoopback(peer));
      continue;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    // No descriptors or no memory. The queue stays readable, so watching it on would spin.
    shedOne();
    pause();
    loop_.timers().arm(retry_, loop_.now().mono + retry_time);
    return;
  }
}

// Lets go of the client at the head of the queue, so that it learns at once that it is not served.
void Listener::shedOne() {
  if (reserve_ < 0) return;
  ::close(reserve_);
  const int descriptor = ::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) ::close(descriptor);
  reserve_ = openReserve();
}

}  // namespace atrium
