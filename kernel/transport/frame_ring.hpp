#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

namespace atrium {

// A queue that holds its first few entries in itself and more in one piece of memory, which it gives back when it runs empty: thousands
// of idle connections cost nothing, and a connection that sends one frame a turn never allocates.
template <typename T, std::uint32_t inline_count>
class FrameRing {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  // Counted from the front.
  [[nodiscard]] T& operator[](std::uint32_t index) { return place()[(head_ + index) & (capacity_ - 1)]; }
  [[nodiscard]] T& front() { return (*this)[0]; }

  void push(T entry) {
    if (size_ == capacity_) grow();
    (*this)[size_++] = std::move(entry);
  }
  void pop() {
    front() = T{};
    head_ = (head_ + 1) & (capacity_ - 1);
    if (--size_ == 0) release();
  }
  // Drops everything but the first `kept` entries.
  void truncate(std::uint32_t kept) {
    while (size_ > kept) (*this)[--size_] = T{};
    if (size_ == 0) release();
  }

 private:
  static_assert(inline_count != 0 && (inline_count & (inline_count - 1)) == 0, "capacities are powers of two");
  [[nodiscard]] T* place() { return heap_ ? heap_.get() : inline_.data(); }
  void grow() {
    auto larger = std::make_unique<T[]>(std::size_t{capacity_} * 4);
    for (std::uint32_t at = 0; at < size_; ++at) larger[at] = std::move((*this)[at]);
    heap_ = std::move(larger);
    capacity_ *= 4;
    head_ = 0;
  }
  void release() {
    heap_.reset();
    capacity_ = inline_count;
    head_ = 0;
  }

  std::array<T, inline_count> inline_{};
  std::unique_ptr<T[]> heap_;
  std::uint32_t capacity_ = inline_count;
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace atrium
