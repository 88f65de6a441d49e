#include "protocol/frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace atrium {
namespace {

std::string headerOf(std::size_t size, Opcode opcode = Opcode::text) {
  FrameBuilder out(0);
  out.append(std::string(size, 'x'));
  const FramePtr frame = out.finish(opcode);
  EXPECT_EQ(frame->payload(), std::string(size, 'x'));
  return std::string(frame->view().substr(0, frame->size() - size));
}

TEST(Frame, hasTheShortestHeaderForItsLength) {
  EXPECT_EQ(headerOf(0), std::string("\x81\x00", 2));
  EXPECT_EQ(headerOf(125), "\x81\x7d");
  EXPECT_EQ(headerOf(126), std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(headerOf(65535), "\x81\x7e\xff\xff");
  EXPECT_EQ(headerOf(65536), std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  EXPECT_EQ(headerOf(2, Opcode::close), "\x88\x02");
}

TEST(Frame, withoutAHeaderIsItsPayload) {
  FrameBuilder out;
  out.append("hello");
  const FramePtr frame = out.finishRaw();
  EXPECT_EQ(frame->view(), "hello");
  EXPECT_EQ(frame->payload(), "hello");
}

TEST(Frame, growsFromNothingByAnyMeans) {
  FrameBuilder out(0);
  std::string expected;
  for (int n = 0; n < 1000; ++n) {
    out.append(static_cast<char>('a' + n % 26));
    expected += static_cast<char>('a' + n % 26);
    std::memcpy(out.extend(3), "xyz", 3);
    out.shrinkBy(1);
    expected += "xy";
  }
  EXPECT_EQ(out.payloadSize(), expected.size());
  EXPECT_EQ(out.payload(), expected);
  EXPECT_EQ(out.finish()->payload(), expected);
}

TEST(Frame, isSharedAndComparedByIdentity) {
  FrameBuilder one, two;
  one.append("x");
  two.append("x");
  const FramePtr first = one.finish(), second = two.finish();
  FramePtr copy = first;
  EXPECT_EQ(copy, first);
  EXPECT_NE(first, second);
  copy = second;
  EXPECT_EQ(copy, second);
  const FramePtr moved = std::move(copy);
  EXPECT_EQ((*moved).payload(), "x");
  EXPECT_FALSE(FramePtr());
}

TEST(Frame, aBuilderThatIsNotFinishedLeavesNothingBehind) {
  FrameBuilder out;
  out.append("dropped");
  EXPECT_EQ(out.payload(), "dropped");
}

}  // namespace
}  // namespace atrium
