#include "transport/websocket_codec.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

constexpr std::size_t control_max = 125;

bool isControl(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

std::uint64_t bigEndian(const char* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < size; ++at) value = value << 8 | static_cast<std::uint8_t>(bytes[at]);
  return value;
}

// The codes a peer may put on the wire: those of the RFC and its registry, libraries' (3000) and applications' (4000).
bool mayBeSent(std::uint16_t status) {
  return (status >= 1000 && status <= 1003) || (status >= 1007 && status <= 1014) || (status >= 3000 && status <= 4999);
}

WebSocketDecoder::Event failure(std::uint16_t status) { return {WebSocketDecoder::Kind::failed, status, {}}; }

}  // namespace

void unmask(std::span<char> bytes, std::array<char, 4>& mask) {
  char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t wide = 0;
  std::memcpy(&wide, mask.data(), 4);
  std::memcpy(reinterpret_cast<char*>(&wide) + 4, mask.data(), 4);
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, 8);
    eight ^= wide;
    std::memcpy(at, &eight, 8);
  }
  for (std::size_t i = 0; i < left; ++i) at[i] = static_cast<char>(at[i] ^ mask[i % 4]);
  std::rotate(mask.begin(), mask.begin() + static_cast<std::ptrdiff_t>(left % 4), mask.end());
}

// Moves bytes from the input into header_ until it holds `size`; false: the input ended before.
bool WebSocketDecoder::collect(std::span<char>& input, std::size_t size) {
  if (header_size_ >= size) return true;
  const std::size_t taken = std::min(input.size(), size - header_size_);
  if (taken == 0) return false;
  std::memcpy(header_.data() + header_size_, input.data(), taken);
  header_size_ = static_cast<std::uint8_t>(header_size_ + taken);
  input = input.subspan(taken);
  return header_size_ == size;
}

// What the first two bytes already show; 0: nothing wrong.
std::uint16_t WebSocketDecoder::checkStart() const {
  const auto first = static_cast<std::uint8_t>(header_[0]), second = static_cast<std::uint8_t>(header_[1]);
  const auto opcode = static_cast<Opcode>(first & 0x0FU);
  const bool known = (first & 0x0FU) <= 2 || ((first & 0x0FU) >= 8 && (first & 0x0FU) <= 10);
  const bool reserved_bits = (first & 0x70U) != 0, masked = (second & 0x80U) != 0;
  if (reserved_bits || !known || !masked) return websocket_status::protocol_error;
  if (isControl(opcode)) return (first & 0x80U) == 0 || (second & 0x7FU) > control_max ? websocket_status::protocol_error : 0;
  return (opcode == Opcode::continuation) == in_message_ ? 0 : websocket_status::protocol_error;
}

// Takes the whole header in header_ as the present frame; 0, or why it is refused.
std::uint16_t WebSocketDecoder::enterFrame() {
  const std::size_t length_size = header_size_ - 6U;
  left_ = static_cast<std::uint8_t>(header_[1]) & 0x7FU;
  if (length_size != 0) {
    left_ = bigEndian(header_.data() + 2, length_size);
    const bool shorter_form = length_size == 2 ? left_ < 126 : left_ < 65536;
    if (shorter_form || left_ >> 63 != 0) return websocket_status::protocol_error;
  }
  std::memcpy(mask_.data(), header_.data() + 2 + length_size, 4);
  header_size_ = 0;
  in_frame_ = true;
  final_ = (static_cast<std::uint8_t>(header_[0]) & 0x80U) != 0;
  frame_opcode_ = static_cast<Opcode>(static_cast<std::uint8_t>(header_[0]) & 0x0FU);
  if (isControl(frame_opcode_)) return 0;

  if (!in_message_) {
    in_message_ = true;
    message_opcode_ = frame_opcode_;
    fragments_ = 0;
    utf8_ = {};
  }
  if (left_ > message_max_ - message_.size()) return websocket_status::too_big;
  return ++fragments_ > fragments_max ? websocket_status::policy : 0;
}

// True: the header of a frame is whole and good. Otherwise `fault` says whether it is bad or merely not all there.
bool WebSocketDecoder::readHeader(std::span<char>& input, Event& fault) {
  if (!collect(input, 2)) return false;
  if (const std::uint16_t status = checkStart()) return fault = failure(status), false;
  const unsigned short_length = static_cast<std::uint8_t>(header_[1]) & 0x7FU;
  if (!collect(input, 6U + (short_length == 126 ? 2U : short_length == 127 ? 8U : 0U))) return false;
  if (const std::uint16_t status = enterFrame()) return fault = failure(status), false;
  return true;
}

WebSocketDecoder::Event WebSocketDecoder::next(std::span<char>& input) {
  if (shown_) {
    std::string().swap(isControl(frame_opcode_) ? control_ : message_);
    shown_ = false;
  }
  while (true) {
    Event fault;
    if (!in_frame_ && !readHeader(input, fault)) return fault;

    const auto piece = input.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
    const std::string_view text(piece.data(), piece.size());
    input = input.subspan(piece.size());
    left_ -= piece.size();
    unmask(piece, mask_);

    const bool control = isControl(frame_opcode_);
    if (!control && message_opcode_ == Opcode::text && !utf8_.feed(text)) return failure(websocket_status::invalid_text);
    std::string& kept = control ? control_ : message_;
    const bool whole_here = left_ == 0 && kept.empty() && (control || final_);
    if (!whole_here) kept.append(text);
    if (left_ != 0) return {};

    in_frame_ = false;
    if (!control && !final_) continue;
    shown_ = !whole_here;
    std::string_view payload = text;
    if (!whole_here) {
      const std::size_t size = kept.size();
      kept.append(JsonIndexer::padding, '\0');
      payload = std::string_view(kept).substr(0, size);
    }
    return control ? controlEvent(payload) : messageEvent(payload);
  }
}

WebSocketDecoder::Event WebSocketDecoder::messageEvent(std::string_view payload) {
  in_message_ = false;
  if (message_opcode_ == Opcode::binary) return {Kind::binary, 0, payload};
  if (!utf8_.complete()) return failure(websocket_status::invalid_text);
  return {Kind::text, 0, payload};
}

WebSocketDecoder::Event WebSocketDecoder::controlEvent(std::string_view payload) {
  if (frame_opcode_ == Opcode::ping) return {Kind::ping, 0, payload};
  if (frame_opcode_ == Opcode::pong) return {Kind::pong, 0, payload};
  if (payload.empty()) return {Kind::close, websocket_status::none, {}};
  if (payload.size() < 2) return failure(websocket_status::protocol_error);
  const auto status = static_cast<std::uint16_t>(bigEndian(payload.data(), 2));
  if (!mayBeSent(status)) return failure(websocket_status::protocol_error);
  Utf8Validator reason;
  if (!reason.feed(payload.substr(2)) || !reason.complete()) return failure(websocket_status::invalid_text);
  return {Kind::close, status, payload.substr(2)};
}

FramePtr closeFrame(std::uint16_t status, std::string_view reason) {
  FrameBuilder builder(control_max);
  if (status != websocket_status::none) {
    std::size_t size = std::min(reason.size(), control_max - 2);
    while (size < reason.size() && size > 0 && (static_cast<std::uint8_t>(reason[size]) & 0xC0U) == 0x80U) --size;
    builder.append(static_cast<char>(status >> 8));
    builder.append(static_cast<char>(status & 0xFFU));
    builder.append(reason.substr(0, size));
  }
  return builder.finish(Opcode::close);
}

FramePtr controlFrame(Opcode opcode, std::string_view payload) {
  ATRIUM_ASSERT(payload.size() <= control_max, "a control frame has at most 125 bytes");
  FrameBuilder builder(payload.size());
  builder.append(payload);
  return builder.finish(opcode);
}

}  // namespace atrium
