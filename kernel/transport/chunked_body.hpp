#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"

namespace atrium {

// Takes a chunked body (RFC 9112, 7.1) out of its coding, however it is cut into pieces. Strict: sizes are bare hexadecimal digits, lines
// end with CRLF, chunk data does too; extensions and trailer fields are checked, bounded and dropped, and a trailer that names a framing
// field is refused. One body, one thread.
class ChunkedBody {
 public:
  static constexpr std::size_t extension_max = 256;  // Bytes of extensions of one chunk.
  static constexpr std::size_t trailer_max = 4096;   // Bytes of all trailer fields.

  explicit ChunkedBody(std::size_t body_max) : body_max_(body_max) {}

  // Takes bytes from the front of `input` and appends content to `body`. True: the body has ended, and `input` is what follows it.
  // False: more is needed and `input` is empty. Fails with bad_request or too_large.
  [[nodiscard]] Result<bool> feed(std::span<const char>& input, std::string& body);

 private:
  enum class State : std::uint8_t {
    size_start,
    size,
    extension,
    size_end,
    data,
    data_cr,
    data_lf,
    line_start,
    trailer_name,
    trailer_value,
    trailer_end,
    last_lf,
    ended
  };
  [[nodiscard]] Result<void> take(char c);
  [[nodiscard]] Result<void> takeSizeDigit(char c);
  [[nodiscard]] Result<void> takeTrailerName(char c);

  State state_ = State::size_start;
  std::size_t body_max_;
  std::uint64_t left_ = 0;  // Of the present chunk.
  std::size_t taken_ = 0;   // Of the body, so far.
  std::size_t extension_ = 0;
  std::size_t trailer_ = 0;
  std::string trailer_name_;
};

}  // namespace atrium
