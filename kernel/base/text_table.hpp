#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace atrium {

// Texts, each once, in the order they came. It looks at the texts where they are: they outlive it.
class TextTable {
 public:
  // Where `text` stands, which is put at the end if it is new.
  std::uint32_t place(std::string_view text) {
    // Most tables have a few texts, over and over: to look at these takes less than to hash one.
    for (std::uint32_t at = 0; at < std::min<std::size_t>(texts_.size(), looked_at); ++at)
      if (texts_[at] == text) return at;
    const auto [found, fresh] = places_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()));
    if (fresh) texts_.push_back(text);
    return found->second;
  }
  [[nodiscard]] std::span<const std::string_view> texts() const { return texts_; }

 private:
  static constexpr std::size_t looked_at = 4;
  std::vector<std::string_view> texts_;
  std::unordered_map<std::string_view, std::uint32_t> places_;
};

}  // namespace atrium
