#include "load/ws_frame.hpp"

#include <gtest/gtest.h>

#include "load/failure.hpp"

namespace atrium::bench {
namespace {

using namespace std::string_view_literals;

TEST(WsFrame, sendsMasked) {
  std::string out;
  appendFrame(out, Opcode::text, "Hello", 0x3d21fa37);  // The example of RFC 6455, section 5.7; the mask is stored low byte first.
  EXPECT_EQ(out, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"sv);
}

TEST(WsFrame, writesEveryLengthForm) {
  for (const std::size_t size : {125U, 126U, 65'535U, 65'536U}) {
    std::string out;
    appendFrame(out, Opcode::binary, std::string(size, 'x'), 1);
    EXPECT_EQ(out.size(), size + 4 + (size <= 125 ? 2 : size <= 65'535 ? 4 : 10));
  }
}

TEST(WsFrame, readsEveryLengthForm) {
  const auto server = [](std::size_t size) {
    std::string head = "\x82";
    if (size <= 125)
      head += static_cast<char>(size);
    else if (size <= 65'535)
      head += {126, static_cast<char>(size >> 8), static_cast<char>(size)};
    else
      head += {127, 0, 0, 0, 0, 0, static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size)};
    return head + std::string(size, 'x');
  };
  for (const std::size_t size : {0U, 125U, 126U, 65'535U, 65'536U}) {
    const std::string bytes = server(size);
    const auto frame = readFrame(bytes + "next");
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, Opcode::binary);
    EXPECT_EQ(frame->payload.size(), size);
    EXPECT_EQ(frame->size, bytes.size());
    for (std::size_t cut = 0; cut < std::min<std::size_t>(bytes.size(), 20); ++cut) EXPECT_FALSE(readFrame(bytes.substr(0, cut)));
    EXPECT_EQ(readFrame(std::string_view(bytes).substr(0, bytes.size() - 1)).has_value(), false);
  }
}

TEST(WsFrame, refusesWhatAServerMayNotSend) {
  EXPECT_THROW(static_cast<void>(readFrame("\x01\x01x"sv)), Failure);                  // A fragment.
  EXPECT_THROW(static_cast<void>(readFrame("\xc1\x01x"sv)), Failure);                  // A reserved bit.
  EXPECT_THROW(static_cast<void>(readFrame("\x81\x81\x01\x02\x03\x04x"sv)), Failure);  // Masked.
  EXPECT_THROW(static_cast<void>(readFrame("\x83\x01x"sv)), Failure);                  // An unknown opcode.
}

}  // namespace
}  // namespace atrium::bench
