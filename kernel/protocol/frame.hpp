#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace atrium {

// Bytes on their way to sockets: one allocation, immutable once built, counted in place, shared by every outbox that holds them.
// It carries a whole server-to-client WebSocket frame (header and payload), so that an outbox hands it to writev as it is.
class Frame {
 public:
  // The largest WebSocket header a server sends.
  static constexpr std::size_t header_max = 10;

  [[nodiscard]] const char* data() const { return bytes() + begin_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] std::string_view view() const { return {data(), size()}; }
  // The text or binary payload, without the WebSocket header.
  [[nodiscard]] std::string_view payload() const { return {bytes() + header_max, end_ - header_max}; }

 private:
  friend class FramePtr;
  friend class FrameBuilder;
  explicit Frame(std::uint32_t capacity) : capacity_(capacity) {}
  [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }

  std::atomic<std::uint32_t> count_{1};
  std::uint32_t begin_ = header_max;
  std::uint32_t end_ = header_max;
  std::uint32_t capacity_;
};

// Shared ownership of a frame. Any thread may hold one; the frame itself never changes.
class FramePtr {
 public:
  FramePtr() = default;
  FramePtr(const FramePtr& other) : frame_(other.frame_) {
    if (frame_) frame_->count_.fetch_add(1, std::memory_order_relaxed);
  }
  FramePtr(FramePtr&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FramePtr& operator=(FramePtr other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FramePtr() { release(); }

  explicit operator bool() const { return frame_ != nullptr; }
  const Frame* operator->() const { return frame_; }
  const Frame& operator*() const { return *frame_; }
  friend bool operator==(const FramePtr&, const FramePtr&) = default;

 private:
  friend class FrameBuilder;
  explicit FramePtr(Frame* frame) : frame_(frame) {}
  void release();
  Frame* frame_ = nullptr;
};

// WebSocket opcodes a frame can carry.
enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Builds one frame by appending. One thread; a builder is used once.
class FrameBuilder {
 public:
  // `expected` bytes of payload are reserved; more makes it grow.
  explicit FrameBuilder(std::size_t expected = 512);
  FrameBuilder(const FrameBuilder&) = delete;
  FrameBuilder& operator=(const FrameBuilder&) = delete;
  ~FrameBuilder();

  void append(std::string_view text) {
    if (text.size() > capacity_ - end_) grow(text.size());
    if (!text.empty()) std::memcpy(place_ + end_, text.data(), text.size());
    end_ += static_cast<std::uint32_t>(text.size());
  }
  void append(char c) {
    if (end_ == capacity_) grow(1);
    place_[end_++] = c;
  }
  // `size` bytes to be written by the caller at once; valid until the next append.
  [[nodiscard]] char* extend(std::size_t size) {
    if (size > capacity_ - end_) grow(size);
    char* at = place_ + end_;
    end_ += static_cast<std::uint32_t>(size);
    return at;
  }
  void shrinkBy(std::size_t size) { end_ -= static_cast<std::uint32_t>(size); }
  [[nodiscard]] std::size_t payloadSize() const { return end_ - Frame::header_max; }
  [[nodiscard]] std::string_view payload() const { return {place_ + Frame::header_max, payloadSize()}; }

  // Writes the WebSocket header in front of what was appended and hands the frame over.
  [[nodiscard]] FramePtr finish(Opcode opcode = Opcode::text);
  // Hands over what was appended without a header: for HTTP.
  [[nodiscard]] FramePtr finishRaw();

 private:
  void grow(std::size_t more);
  FramePtr handOver(std::uint32_t begin);
  Frame* frame_;
  char* place_;
  std::uint32_t end_ = Frame::header_max;
  std::uint32_t capacity_;
};

}  // namespace atrium
