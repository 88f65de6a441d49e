#include "transport/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace atrium {
namespace {

using namespace std::string_literals;

bool validWhole(std::string_view text) {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}
bool validByteByByte(std::string_view text) {
  Utf8Validator validator;
  for (const char c : text)
    if (!validator.feed({&c, 1})) return false;
  return validator.complete();
}

// Encodes without asking whether the value may be encoded.
std::string encoded(std::uint32_t value, int size) {
  std::string out(static_cast<std::size_t>(size), '\0');
  for (int at = size - 1; at > 0; --at, value >>= 6) out[static_cast<std::size_t>(at)] = static_cast<char>(0x80U | (value & 0x3FU));
  constexpr unsigned leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
  out[0] = static_cast<char>(leads[size] | value);
  return out;
}

TEST(Utf8, takesEveryScalarValueInItsShortestFormOnly) {
  for (std::uint32_t value = 0; value < 0x110000; ++value) {
    const int size = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
    const bool surrogate = value >= 0xD800 && value < 0xE000;
    ASSERT_EQ(validWhole(encoded(value, size)), !surrogate) << std::hex << value;
    if (size > 1 && size < 4) {
      ASSERT_FALSE(validWhole(encoded(value, size + 1))) << std::hex << value;
    }
  }
  for (std::uint32_t value = 0; value < 0x80; ++value) ASSERT_FALSE(validWhole(encoded(value, 2))) << std::hex << value;
  for (std::uint32_t value = 0x110000; value < 0x200000; value += 0x111) ASSERT_FALSE(validWhole(encoded(value, 4))) << std::hex << value;
}

TEST(Utf8, agreesWithItselfHoweverTheTextIsCut) {
  for (const std::string& text : {"plain ascii, longer than eight bytes"s, "\xCE\xBA\xE1\xBD\xB9 and \xF0\x9F\x98\x80 in between"s, "\0"s,
                                  "a\xC0\xAF"s, "\xF4\x90\x80\x80"s, "abcdefgh\xFF"s, "cut \xE2\x82"s, "\x80"s, "\xFE"s, ""s}) {
    EXPECT_EQ(validWhole(text), validByteByByte(text)) << text;
  }
}

TEST(Utf8, failsAtTheFirstByteThatCannotBeContinued) {
  Utf8Validator validator;
  EXPECT_TRUE(validator.feed("\xF4"));
  EXPECT_FALSE(validator.feed("\x90"));
}

}  // namespace
}  // namespace atrium
