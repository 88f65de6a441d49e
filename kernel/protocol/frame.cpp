#include "protocol/frame.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/assert.hpp"

namespace atrium {

void FramePtr::release() {
  if (!frame_ || frame_->count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  frame_->~Frame();
  std::free(frame_);
}

FrameBuilder::FrameBuilder(std::size_t expected) : capacity_(static_cast<std::uint32_t>(Frame::header_max + expected)) {
  void* memory = std::malloc(sizeof(Frame) + capacity_);
  ATRIUM_ASSERT(memory, "out of memory for a frame");
  frame_ = new (memory) Frame(capacity_);
  place_ = frame_->bytes();
}

FrameBuilder::~FrameBuilder() {
  if (!frame_) return;
  frame_->~Frame();
  std::free(frame_);
}

void FrameBuilder::grow(std::size_t more) {
  const std::size_t wanted = std::max<std::size_t>(std::size_t{capacity_} * 2, std::size_t{end_} + more);
  ATRIUM_ASSERT(wanted < (std::size_t{1} << 31), "a frame is far smaller than 2 GiB");
  void* memory = std::realloc(static_cast<void*>(frame_), sizeof(Frame) + wanted);
  ATRIUM_ASSERT(memory, "out of memory for a frame");
  frame_ = static_cast<Frame*>(memory);
  place_ = frame_->bytes();
  capacity_ = static_cast<std::uint32_t>(wanted);
  frame_->capacity_ = capacity_;
}

FramePtr FrameBuilder::handOver(std::uint32_t begin) {
  frame_->begin_ = begin;
  frame_->end_ = end_;
  return FramePtr(std::exchange(frame_, nullptr));
}

FramePtr FrameBuilder::finish(Opcode opcode) {
  const std::uint64_t size = payloadSize();
  const std::uint32_t header = size < 126 ? 2 : size < 65536 ? 4 : 10;
  const std::uint32_t begin = static_cast<std::uint32_t>(Frame::header_max) - header;
  auto* out = reinterpret_cast<std::uint8_t*>(place_ + begin);
  out[0] = static_cast<std::uint8_t>(0x80U | static_cast<unsigned>(opcode));
  if (header == 2) {
    out[1] = static_cast<std::uint8_t>(size);
  } else {
    out[1] = header == 4 ? 126 : 127;
    const std::uint32_t length_bytes = header - 2;
    for (std::uint32_t at = 0; at < length_bytes; ++at) out[2 + at] = static_cast<std::uint8_t>(size >> (8 * (length_bytes - 1 - at)));
  }
  return handOver(begin);
}

FramePtr FrameBuilder::finishRaw() { return handOver(static_cast<std::uint32_t>(Frame::header_max)); }

}  // namespace atrium
