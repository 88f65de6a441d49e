#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/frame.hpp"
#include "transport/utf8.hpp"

namespace atrium {

// Status codes of RFC 6455, 7.4.1, that this server sends itself. Ours (4000 and up) are CloseCode.
namespace websocket_status {
inline constexpr std::uint16_t normal = 1000, protocol_error = 1002, none = 1005, invalid_text = 1007, policy = 1008, too_big = 1009;
}  // namespace websocket_status

// Reads the frames of one client (RFC 6455 without extensions), however they are cut into pieces. Strict: every fault is found at the
// earliest byte that shows it, a length from its header alone. Memory: nothing while no message is in progress; a message that arrives
// whole is shown where it lies; otherwise at most about twice what has arrived of it, and never more than `message_max` of it.
// No I/O, one thread.
class WebSocketDecoder {
 public:
  static constexpr std::uint32_t fragments_max = 16384;  // Of one message; more is a fault (1008).

  // `message_max` is in bytes; what is larger is a fault (1009).
  explicit WebSocketDecoder(std::size_t message_max) : message_max_(message_max) {}

  enum class Kind : std::uint8_t {
    more,    // All input is taken and nothing is whole.
    text,    // A message; valid UTF-8.
    binary,  // A message.
    ping,
    pong,
    close,  // `code` is the peer's, websocket_status::none if it gave none; `payload` its reason. Last event.
    failed  // `code` says why the connection has to be closed. Last event.
  };
  struct Event {
    Kind kind = Kind::more;
    std::uint16_t code = 0;
    std::string_view payload;  // Valid until the next call; in a message followed by JsonIndexer::padding readable bytes.
  };

  // Takes bytes from the front of `input`, unmasking them in place, up to the end of the next message or control frame.
  // `input` is followed by JsonIndexer::padding readable bytes. Not to be called after a last event.
  [[nodiscard]] Event next(std::span<char>& input);

  // Whether a message or frame has begun and not ended.
  [[nodiscard]] bool midway() const { return header_size_ != 0 || in_frame_ || in_message_; }

 private:
  bool readHeader(std::span<char>& input, Event& fault);
  bool collect(std::span<char>& input, std::size_t size);
  [[nodiscard]] std::uint16_t checkStart() const;
  [[nodiscard]] std::uint16_t enterFrame();
  Event controlEvent(std::string_view payload);
  Event messageEvent(std::string_view payload);

  std::size_t message_max_;
  std::string message_;     // What has arrived of a message that did not come whole.
  std::string control_;     // The same of a control frame.
  std::uint64_t left_ = 0;  // Bytes of the present frame still to come.
  std::uint32_t fragments_ = 0;
  std::array<char, 14> header_{};
  std::array<char, 4> mask_{};  // Turned so that its first byte is for the next one.
  std::uint8_t header_size_ = 0;
  Opcode frame_opcode_{};
  Opcode message_opcode_{};
  bool final_ = false;
  bool in_frame_ = false;
  bool in_message_ = false;  // A first fragment has come and the final one has not.
  bool shown_ = false;       // `message_` or `control_` was shown by the last event and is to be dropped.
  Utf8Validator utf8_;
};

// Applies `mask` to `bytes`; afterwards `mask` is turned to fit what follows them.
void unmask(std::span<char> bytes, std::array<char, 4>& mask);

// A close frame. `status` websocket_status::none makes an empty one; a reason too long for a control frame is cut at a character.
[[nodiscard]] FramePtr closeFrame(std::uint16_t status, std::string_view reason);
// A ping or pong; `payload` of at most 125 bytes.
[[nodiscard]] FramePtr controlFrame(Opcode opcode, std::string_view payload);

}  // namespace atrium
