#include "transport/socket_stream.hpp"

#include <Poco/Net/StreamSocketImpl.h>
#include <sys/socket.h>

#include <cerrno>

namespace atrium {

namespace {

Stream::Moved outcome(ssize_t result) {
  if (result > 0) return {Stream::State::moved, static_cast<std::size_t>(result)};
  if (result == 0) return {Stream::State::ended, 0};
  return {errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Stream::State::again : Stream::State::broken, 0};
}

}  // namespace

SocketStream::SocketStream(int descriptor) : socket_(new Poco::Net::StreamSocketImpl(descriptor)), descriptor_(descriptor) {}

Stream::Moved SocketStream::read(std::span<char> into) { return outcome(::recv(descriptor_, into.data(), into.size(), 0)); }

Stream::Moved SocketStream::write(std::span<const iovec> pieces) {
  // One frame is the usual case, and send() spares the system the copy of a vector.
  if (pieces.size() == 1) return outcome(::send(descriptor_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL));
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return outcome(::sendmsg(descriptor_, &message, MSG_NOSIGNAL));
}

void SocketStream::endWrites() { ::shutdown(descriptor_, SHUT_WR); }

}  // namespace atrium
