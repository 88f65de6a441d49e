#include "auth/base64url.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

TEST(Base64Url, writesTheExamplesOfTheStandardWithoutPadding) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF", "-_8"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(encodeBase64Url(bytes), text);
    std::string decoded;
    EXPECT_TRUE(decodeBase64Url(text, decoded));
    EXPECT_EQ(decoded, bytes);
  }
}

TEST(Base64Url, hasOneTextForEveryBytes) {
  std::string bytes(256, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string text = encodeBase64Url(std::string_view(bytes).substr(0, size));
    std::string decoded;
    ASSERT_TRUE(decodeBase64Url(text, decoded));
    ASSERT_EQ(decoded, bytes.substr(0, size));
  }
  for (const auto* wrong : {"Zg==", "Zh", "Zm9", "Z", "Zm9vY", "Zm+v", "Zm/v", "Zm 9v", "Zm9v\n", "Zm9v."}) {
    std::string decoded;
    EXPECT_FALSE(decodeBase64Url(wrong, decoded)) << wrong;
  }
}

}  // namespace
}  // namespace atrium
