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

TEST(CrossChecks, knowAddressesOfRedis) {
  for (const auto* right : {"redis://localhost:6379", "redis://Cache_1", "rediss://user:p%40ss@cache.example:6380/2",
                            "redis://:pa@ss@cache", "redis://[::1]:6379/0"})
    EXPECT_TRUE(isRedisUrl(right)) << right;
  for (const auto* wrong : {"", "localhost:6379", "http://localhost", "redis://", "redis://host:port", "redis://host:70000",
                            "redis://host/name", "redis://host/0/1"})
    EXPECT_FALSE(isRedisUrl(wrong)) << wrong;
}

}  // namespace
}  // namespace atrium
