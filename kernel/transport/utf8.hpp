#pragma once

#include <cstdint>
#include <string_view>

namespace atrium {

// Checks UTF-8 (RFC 3629: shortest forms only, no surrogates, nothing above U+10FFFF) that arrives in pieces. A value.
class Utf8Validator {
 public:
  // Takes the next piece. False as soon as no continuation could make the text valid; what follows is then of no account.
  [[nodiscard]] bool feed(std::string_view piece);
  // Whether the text may end here.
  [[nodiscard]] bool complete() const { return needed_ == 0; }

 private:
  std::uint8_t needed_ = 0;  // Continuation bytes still to come…
  std::uint8_t low_ = 0x80;  // …and the range the next one must be in.
  std::uint8_t high_ = 0xBF;
};

// Whether a text that came whole is UTF-8.
[[nodiscard]] inline bool wholeUtf8(std::string_view text) {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}

}  // namespace atrium
