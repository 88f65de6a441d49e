#include "transport/chunked_body.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

TEST(ChunkedBody, joinsChunksAndLeavesWhatFollows) {
  ChunkedBody chunked(100);
  const std::string text = "5\r\nhello\r\n6;name=\"v\"\r\n world\r\n0\r\nDigest: x\r\n\r\nGET";
  std::span<const char> input(text);
  std::string body;
  const auto ended = chunked.feed(input, body);
  ASSERT_TRUE(ended);
  EXPECT_TRUE(*ended);
  EXPECT_EQ(body, "hello world");
  EXPECT_EQ(std::string_view(input.data(), input.size()), "GET");
}

TEST(ChunkedBody, takesItByteByByte) {
  ChunkedBody chunked(100);
  const std::string text = "A\r\n0123456789\r\n00\r\n\r\n";
  std::string body;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::span<const char> input(text.data() + at, 1);
    const auto ended = chunked.feed(input, body);
    ASSERT_TRUE(ended) << at;
    EXPECT_EQ(*ended, at + 1 == text.size());
  }
  EXPECT_EQ(body, "0123456789");
}

TEST(ChunkedBody, refusesFromTheSizeWhatIsTooLarge) {
  ChunkedBody chunked(10);
  const std::string text = "6\r\n123456\r\n5";
  std::span<const char> input(text);
  std::string body;
  const auto ended = chunked.feed(input, body);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::too_large);
  EXPECT_EQ(body, "123456");
}

TEST(ChunkedBody, boundsExtensionsAndTrailers) {
  for (const std::string& text :
       {"1;" + std::string(ChunkedBody::extension_max + 1, 'x'), "0\r\na:" + std::string(ChunkedBody::trailer_max, 'x'),
        "0\r\n" + std::string(ChunkedBody::trailer_max + 1, 'x')}) {
    ChunkedBody chunked(10);
    std::span<const char> input(text);
    std::string body;
    EXPECT_FALSE(chunked.feed(input, body)) << text.substr(0, 10);
  }
}

}  // namespace
}  // namespace atrium
