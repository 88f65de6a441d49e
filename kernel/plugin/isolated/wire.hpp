#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/result.hpp"

// What goes between the server and a runner: messages over AF_UNIX sockets of type SEQPACKET, whose datagrams keep their bounds. A message
// is a header and a payload; one that is larger than a piece goes in several datagrams, one behind the other. A message of one piece, which
// is nearly every one, is used where it was received. Neither side trusts what it reads: sizes are checked before anything is kept.
namespace atrium {

enum class WireKind : std::uint32_t {
  load = 1,      // To the runner, first of all: what to load, and how.
  ready = 2,     // From it: the plugin is there, and this is what it offers.
  refuse = 3,    // From it: the plugin cannot be used; the payload is the sentence.
  attach = 4,    // To it: a channel to serve; the descriptor comes along.
  call = 5,      // On a channel: `method` with its request.
  progress = 6,  // On a channel: something on the way to the answer of the oldest call. On the line of services: likewise of the call of
                 // that number.
  answer = 7,    // On a channel: the answer to the oldest call. On the line of services: to the call of that number.
  services = 8,  // To it, behind load when that says so: the line to the server's services; the descriptor comes along.
};

struct WireHeader {
  WireKind kind{};
  std::uint32_t method = 0;
  std::uint64_t call = 0;
  std::int32_t status = 0;
  std::uint32_t total = 0;   // Bytes of the whole payload.
  std::uint32_t offset = 0;  // Where in it this piece begins.
  std::uint32_t reserved = 0;
};
static_assert(sizeof(WireHeader) == 32);

inline constexpr std::size_t wire_piece_max = std::size_t{64} * 1024;
inline constexpr std::size_t wire_request_max = std::size_t{4} * 1024 * 1024;  // What a runner takes.
inline constexpr std::size_t wire_answer_max = std::size_t{2} * 1024 * 1024;   // What the server takes.

// Both ends of a new socket, closed on exec. Fails with plugin_failed.
[[nodiscard]] Result<std::pair<Descriptor, Descriptor>> makeChannel();

enum class Sent : std::uint8_t {
  all,
  full,  // The socket takes no more at present: go on later with the same `sent`.
  ended  // Nobody is there to read it.
};

// Sends what of the message has not been sent; `sent` is 0 at first and is moved on. `passed`: a descriptor to go with it, or -1; only with
// a message of one piece. `wait`: blocks instead of telling `full`.
[[nodiscard]] Sent sendMessage(int socket, WireHeader header, std::string_view payload, std::size_t& sent, bool wait, int passed = -1);

// Takes messages from one socket. One thread.
class WireInbox {
 public:
  enum class Got : std::uint8_t { message, nothing, ended, broken };

  // `max`: the largest payload that is taken. A descriptor that comes where none is taken is the system's to close, and the message broken.
  explicit WireInbox(std::size_t max, bool takes_descriptors = false);

  // The next whole message; `nothing`, unless `wait`, while it is not there yet. `broken`: what came is no message.
  [[nodiscard]] Got receive(int socket, bool wait);
  // Of the last message; valid until the next receive(). The payload begins at a multiple of 16.
  [[nodiscard]] const WireHeader& header() const { return header_; }
  [[nodiscard]] std::string_view payload() const { return payload_; }
  // The descriptor that came with it; none when there was none.
  [[nodiscard]] Descriptor takeDescriptor() { return std::move(passed_); }

 private:
  [[nodiscard]] Got accept(std::size_t size);
  struct alignas(16) Block {
    std::byte bytes[16];
  };

  std::size_t max_;
  bool takes_descriptors_;
  std::unique_ptr<Block[]> datagram_;
  std::unique_ptr<Block[]> whole_;  // Of a message in several pieces.
  std::size_t whole_size_ = 0;      // bytes there is room for
  std::size_t filled_ = 0;
  bool collecting_ = false;
  WireHeader header_;
  std::string_view payload_;
  Descriptor passed_;
};

}  // namespace atrium
