#include "plugin/isolated/wire.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t block_size = 16;
std::size_t blocksFor(std::size_t bytes) { return (bytes + block_size - 1) / block_size; }

}  // namespace

Result<std::pair<Descriptor, Descriptor>> makeChannel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(Code::plugin_failed, "no channel can be made: " + std::generic_category().message(errno));
  return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

Sent sendMessage(int socket, WireHeader header, std::string_view payload, std::size_t& sent, bool wait, int passed) {
  header.total = static_cast<std::uint32_t>(payload.size());
  do {
    const std::string_view piece = payload.substr(sent, wire_piece_max);
    header.offset = static_cast<std::uint32_t>(sent);
    iovec parts[2] = {{&header, sizeof header}, {const_cast<char*>(piece.data()), piece.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = piece.empty() ? 1 : 2;
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
    if (passed >= 0) {
      message.msg_control = room;
      message.msg_controllen = sizeof room;
      cmsghdr* control = CMSG_FIRSTHDR(&message);
      control->cmsg_level = SOL_SOCKET;
      control->cmsg_type = SCM_RIGHTS;
      control->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(control), &passed, sizeof passed);
    }
    const ssize_t put = ::sendmsg(socket, &message, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN || errno == ENOBUFS ? Sent::full : Sent::ended;
    sent += piece.size();
  } while (sent < payload.size());
  return Sent::all;
}

WireInbox::WireInbox(std::size_t max, bool takes_descriptors)
    : max_(max),
      takes_descriptors_(takes_descriptors),
      datagram_(std::make_unique_for_overwrite<Block[]>(blocksFor(sizeof(WireHeader) + wire_piece_max))) {}

WireInbox::Got WireInbox::receive(int socket, bool wait) {
  for (;;) {
    iovec part{datagram_.get(), sizeof(WireHeader) + wire_piece_max};
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = takes_descriptors_ ? room : nullptr;
    message.msg_controllen = takes_descriptors_ ? sizeof room : 0;
    const ssize_t got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    // ECONNRESET is told once when the other side ended with something unread; what it had sent before is still there.
    if (got < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (got < 0) return errno == EAGAIN ? Got::nothing : Got::ended;
    if (const cmsghdr* control = CMSG_FIRSTHDR(&message); control && control->cmsg_type == SCM_RIGHTS) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(control), sizeof descriptor);
      passed_ = Descriptor(descriptor);
      if (control->cmsg_len != CMSG_LEN(sizeof descriptor)) {  // There is room for two.
        std::memcpy(&descriptor, CMSG_DATA(control) + sizeof descriptor, sizeof descriptor);
        const Descriptor unasked(descriptor);
        return Got::broken;
      }
    }
    if (got == 0) return Got::ended;
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return Got::broken;
    if (const Got state = accept(static_cast<std::size_t>(got)); state != Got::nothing) return state;
  }
}

// A datagram of `size` bytes has come; `nothing`: there are pieces to follow.
WireInbox::Got WireInbox::accept(std::size_t size) {
  if (size < sizeof(WireHeader)) return Got::broken;
  WireHeader header;
  std::memcpy(static_cast<void*>(&header), datagram_.get(), sizeof header);
  const auto* piece = reinterpret_cast<const std::byte*>(datagram_.get()) + sizeof header;
  const std::size_t piece_size = size - sizeof header;
  if (header.total > max_ || header.offset > header.total ||
      piece_size != std::min<std::size_t>(wire_piece_max, header.total - header.offset))
    return Got::broken;  // A message comes in as few pieces as it can: nobody is kept busy with small ones.
  if (header.offset == 0 && !collecting_) {
    header_ = header;
    payload_ = {reinterpret_cast<const char*>(piece), piece_size};
    if (piece_size == header.total) return Got::message;
    if (piece_size == 0) return Got::broken;
    if (whole_size_ < header.total) {
      whole_ = std::make_unique_for_overwrite<Block[]>(blocksFor(header.total));
      whole_size_ = header.total;
    }
    collecting_ = true;
    filled_ = 0;
  } else if (!collecting_ || header.call != header_.call || header.kind != header_.kind || header.total != header_.total ||
             header.offset != filled_ || piece_size == 0) {
    return Got::broken;
  }
  auto* whole = reinterpret_cast<std::byte*>(whole_.get());
  std::memcpy(whole + filled_, piece, piece_size);
  filled_ += piece_size;
  if (filled_ < header_.total) return Got::nothing;
  collecting_ = false;
  payload_ = {reinterpret_cast<const char*>(whole), filled_};
  return Got::message;
}

}  // namespace atrium
