#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace atrium {

inline constexpr std::size_t digest_size = 32;
using Digest = std::array<unsigned char, digest_size>;

// The SHA-256 of `bytes`, with `zeroed` bytes from `hole` on taken as zeros; the hole lies within the bytes. Any thread.
[[nodiscard]] Digest sha256(std::span<const std::byte> bytes, std::size_t hole = 0, std::size_t zeroed = 0);

// Lower-case hexadecimal.
[[nodiscard]] std::string toHex(const Digest& digest);

}  // namespace atrium
