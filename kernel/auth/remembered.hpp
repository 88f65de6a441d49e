#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "auth/hmac.hpp"

namespace atrium {

struct DigestHash {
  std::size_t operator()(const Digest& digest) const {
    std::size_t front = 0;  // Of a SHA-256: as good as random.
    std::memcpy(&front, digest.data(), sizeof front);
    return front;
  }
};

// What is known of tokens, by their hash. When the young generation is full it becomes the old one, whose rest is forgotten: whoever is
// used stays, at two look-ups and no list to keep. At most twice `capacity`. One thread.
template <typename T>
class Remembered {
 public:
  explicit Remembered(std::size_t capacity) : capacity_(std::max<std::size_t>(1, capacity)) {}

  // Valid until the next call.
  [[nodiscard]] const T* find(const Digest& digest) {
    if (const auto young = young_.find(digest); young != young_.end()) return &young->second;
    const auto old = old_.find(digest);
    if (old == old_.end()) return nullptr;
    T known = std::move(old->second);
    old_.erase(old);
    return &add(digest, std::move(known));
  }

  const T& add(const Digest& digest, T known) {
    if (young_.size() >= capacity_) {
      old_ = std::move(young_);
      young_.clear();
    }
    return young_.insert_or_assign(digest, std::move(known)).first->second;
  }

  void forget(const Digest& digest) {
    young_.erase(digest);
    old_.erase(digest);
  }
  void clear() {
    young_.clear();
    old_.clear();
  }

 private:
  std::size_t capacity_;
  std::unordered_map<Digest, T, DigestHash> young_, old_;
};

}  // namespace atrium
