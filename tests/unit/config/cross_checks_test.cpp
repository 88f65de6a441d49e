#include "config/cross_checks.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

TEST(CrossChecks, knowOrigins) {
  for (const auto* right :
       {"https://app.example.com", "http://localhost:3000", "http://127.0.0.1:8000", "http://[::1]:8000", "https://xn--bcher-kva.example"})
    EXPECT_TRUE(isOrigin(right)) << right;
  for (const auto* wrong : {"", "*", "null", "app.example.com", "https://", "https://App.example.com", "https://*.example.com",
                            "https://a.example/", "https://a.example:0", "https://a.example:65536", "https://a.example:",
                            "https://a.example:1x", "ftp://a.example", "https://u@a.example", "https://[::1", "https://[]:1"})
    EXPECT_FALSE(isOrigin(wrong)) << wrong;
}

}  // namespace
}  // namespace atrium
