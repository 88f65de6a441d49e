#include "load/peer_loop.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "load/failure.hpp"

namespace atrium::bench {

namespace {
constexpr std::size_t buffer_size = 1024 * 1024;
constexpr std::size_t read_min = 64 * 1024;  // Room that must be left behind what a connection kept.
constexpr int events_max = 512;
}  // namespace

Peer::~Peer() {
  if (fd_ >= 0) ::close(fd_);
}

void Peer::drop() {
  if (fd_ < 0) return;
  ::close(fd_);  // Leaves the epoll set with it.
  fd_ = -1;
  unread_.clear();
  out_.clear();
}

std::string& Peer::out() {
  if (!dirty_ && loop_ != nullptr) {
    dirty_ = true;
    loop_->dirty_.push_back(this);
  }
  return out_;
}

PeerLoop::PeerLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(buffer_size) {
  if (epoll_ < 0) failErrno("epoll_create1");
}

PeerLoop::~PeerLoop() { ::close(epoll_); }

void PeerLoop::connect(Peer& peer, std::uint16_t port) {
  peer.fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (peer.fd_ < 0) failErrno("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // On loopback a blocking connect waits for room in the listener's queue only.
  if (::connect(peer.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) failErrno("connect");
  const int one = 1;
  setsockopt(peer.fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  peer.loop_ = this;
  watch(peer, false, EPOLL_CTL_ADD);
}

void PeerLoop::setTimer(Nanos when, std::function<void()> tick) {
  timer_ = when;
  tick_ = std::move(tick);
}

bool PeerLoop::run(const std::function<bool()>& done, Nanos limit) {
  const Nanos deadline = now() + limit;
  while (!done()) {
    if (now() >= deadline) return false;
    turn(deadline);
  }
  return true;
}

void PeerLoop::turn(Nanos wake) {
  // Those who called out() in the last turn's handlers, or before the first turn.
  flushing_.swap(dirty_);
  for (Peer* peer : flushing_) {
    peer->dirty_ = false;
    if (peer->open() && !peer->wants_write_) writeTo(*peer);
  }
  flushing_.clear();

  if (timer_ != 0) wake = std::min(wake, timer_);
  const Nanos wait = std::max<Nanos>(0, wake - now());
  const timespec timeout{.tv_sec = wait / second, .tv_nsec = wait % second};
  std::array<epoll_event, events_max> events;
  const int ready = epoll_pwait2(epoll_, events.data(), events_max, &timeout, nullptr);
  if (ready < 0 && errno != EINTR) failErrno("epoll_pwait2");
  for (int i = 0; i < ready; ++i) {
    Peer& peer = *static_cast<Peer*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (!peer.open()) continue;
    if ((events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0) writeTo(peer);
    if ((events[static_cast<std::size_t>(i)].events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) readFrom(peer);
  }
  if (timer_ != 0 && now() >= timer_) {
    timer_ = 0;
    const auto tick = std::move(tick_);
    tick();
  }
}

void PeerLoop::readFrom(Peer& peer) {
  const std::size_t kept = peer.unread_.size();
  if (kept + read_min > buffer_.size()) buffer_.resize(kept + buffer_size);
  std::ranges::copy(peer.unread_, buffer_.begin());
  const ssize_t count = recv(peer.fd_, buffer_.data() + kept, buffer_.size() - kept, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    peer.drop();
    peer.onEnd();
    return;
  }
  const Nanos when = now();
  ++reads_;
  bytes_read_ += static_cast<std::uint64_t>(count);
  const std::string_view bytes(buffer_.data(), kept + static_cast<std::size_t>(count));
  const std::size_t used = peer.onBytes(bytes, when);
  if (peer.open()) peer.unread_.assign(bytes.substr(used));
}

void PeerLoop::writeTo(Peer& peer) {
  std::size_t sent = 0;
  while (sent < peer.out_.size()) {
    const ssize_t count = ::send(peer.fd_, peer.out_.data() + sent, peer.out_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      peer.drop();
      peer.onEnd();
      return;
    }
    sent += static_cast<std::size_t>(count);
  }
  peer.out_.erase(0, sent);
  const bool short_write = !peer.out_.empty();
  if (short_write != peer.wants_write_) {
    peer.wants_write_ = short_write;
    watch(peer, short_write, EPOLL_CTL_MOD);
  }
}

void PeerLoop::watch(Peer& peer, bool writable, int operation) {
  epoll_event event{};
  event.events = writable ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.ptr = &peer;
  if (epoll_ctl(epoll_, operation, peer.fd_, &event) != 0) failErrno("epoll_ctl");
}

}  // namespace atrium::bench
