#include "cli/settling.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

using namespace std::chrono_literals;

TEST(Settling, waitsUntilTheFilesAreQuiet) {
  const Settling::Time start{};
  Settling settling(100ms);
  EXPECT_EQ(settling.patience(start), -1);
  EXPECT_EQ(settling.settled(start), std::nullopt);
  settling.changed("a.cpp", start);
  EXPECT_EQ(settling.patience(start), 100);
  settling.changed("b.cpp", start + 60ms);
  EXPECT_EQ(settling.settled(start + 100ms), std::nullopt);
  EXPECT_EQ(settling.settled(start + 160ms), "b.cpp");
  EXPECT_EQ(settling.settled(start + 160ms), std::nullopt) << "once";
  EXPECT_EQ(settling.patience(start + 160ms), -1);
}

// A server that logs every 50 ms woke the loop before its patience ended, and a change was never built.
TEST(Settling, isNotPutOffByWhatElseHappens) {
  const Settling::Time start{};
  Settling settling(100ms);
  settling.changed("a.cpp", start);
  EXPECT_EQ(settling.settled(start + 50ms), std::nullopt);
  EXPECT_EQ(settling.patience(start + 50ms), 50);
  EXPECT_EQ(settling.settled(start + 100ms), "a.cpp");
}

}  // namespace
}  // namespace atrium
