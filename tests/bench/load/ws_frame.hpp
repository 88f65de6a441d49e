#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The client's half of RFC 6455, as much as the generator needs: it sends whole masked frames and reads whole unmasked ones. A server that
// fragments, sets reserved bits or masks is an error here, because ours does none of that.
namespace atrium::bench {

enum class Opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Appends one frame; `mask` must differ from frame to frame, but nobody has to be unable to guess it: there is no proxy on loopback.
void appendFrame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask);

struct Frame {
  Opcode opcode{};
  std::string_view payload;  // A view into the bytes it was read from.
  std::size_t size = 0;      // Of the whole frame, with its header.
};

// The frame at the start of `bytes`; nothing when it is not complete yet. Throws Failure for what a server may not send.
[[nodiscard]] std::optional<Frame> readFrame(std::string_view bytes);

// The request that asks 127.0.0.1:port to open a WebSocket at `target`. `headers` are further header lines, each ended by CR LF.
[[nodiscard]] std::string upgradeRequest(std::uint16_t port, std::string_view target, std::string_view headers);
// The Sec-WebSocket-Accept that answers it.
[[nodiscard]] std::string_view upgradeAccept();

}  // namespace atrium::bench
