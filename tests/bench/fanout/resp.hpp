#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// As much of Redis' protocol (RESP2) as publishing and subscribing need.
namespace atrium::bench {

// Appends a command: an array of bulk strings.
template <std::size_t Count>
void appendCommand(std::string& out, const std::array<std::string_view, Count>& words) {
  out.append("*").append(std::to_string(Count)).append("\r\n");
  for (const std::string_view word : words) out.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
}

// An answer: an integer, or an array of three elements (what a subscriber gets), whose last may be an integer.
struct RespReply {
  bool array = false;
  std::array<std::string_view, 3> elements;  // Views into the bytes read.
  std::int64_t integer = 0;
  std::size_t size = 0;  // Bytes it took.
};

// The reply at the start of `bytes`; nothing when it is not complete. Throws Failure for anything else, an error reply above all.
[[nodiscard]] std::optional<RespReply> readReply(std::string_view bytes);

}  // namespace atrium::bench
