#include "load/ws_frame.hpp"

#include <array>
#include <cstring>

#include "load/failure.hpp"

namespace atrium::bench {

namespace {

// The example of RFC 6455, section 1.3. A key only proves that the other side speaks WebSocket; it need not be new.
constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

constexpr std::size_t size_short_max = 125;
constexpr std::size_t size_16_max = 0xffff;

void appendBigEndian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

std::uint64_t bigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

void appendFrame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask) {
  constexpr char masked = '\x80';
  out += static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode));
  if (payload.size() <= size_short_max) {
    out += static_cast<char>(masked | static_cast<char>(payload.size()));
  } else if (payload.size() <= size_16_max) {
    out += static_cast<char>(masked | 126);
    appendBigEndian(out, payload.size(), 2);
  } else {
    out += static_cast<char>(masked | 127);
    appendBigEndian(out, payload.size(), 8);
  }
  std::array<char, 4> mask_bytes;
  std::memcpy(mask_bytes.data(), &mask, sizeof mask);
  out.append(mask_bytes.data(), mask_bytes.size());
  const std::size_t start = out.size();
  out.append(payload);
  for (std::size_t i = 0; i < payload.size(); ++i) out[start + i] = static_cast<char>(out[start + i] ^ mask_bytes[i % 4]);
}

std::optional<Frame> readFrame(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  const auto opcode = static_cast<Opcode>(first & 0x0f);
  if ((first & 0xf0) != 0x80 || (second & 0x80) != 0)
    throw Failure("the server sent a frame that is a fragment, masked or has reserved bits");
  if (opcode != Opcode::text && opcode != Opcode::binary && opcode != Opcode::close && opcode != Opcode::ping && opcode != Opcode::pong) {
    throw Failure("the server sent a frame with an unknown opcode");
  }
  std::uint64_t size = second;
  std::size_t header = 2;
  if (size > size_short_max) {
    const std::size_t length_bytes = size == 126 ? 2 : 8;
    header += length_bytes;
    if (bytes.size() < header) return std::nullopt;
    size = bigEndian(bytes.substr(2, length_bytes));
  }
  if (bytes.size() - header < size) return std::nullopt;
  return Frame{.opcode = opcode, .payload = bytes.substr(header, size), .size = header + size};
}

std::string upgradeRequest(std::uint16_t port, std::string_view target, std::string_view headers) {
  std::string request = "GET ";
  request += target;
  request += " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
             "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  request += "Sec-WebSocket-Key: ";
  request += key;
  request += "\r\n";
  request += headers;
  request += "\r\n";
  return request;
}

std::string_view upgradeAccept() { return accept; }

}  // namespace atrium::bench
