#include "base/gate.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace atrium {
namespace {

TEST(Gate, closesAtOnceWhenNobodyIsInside) {
  Gate gate;
  bool closed = false;
  gate.close([&closed] { closed = true; });
  EXPECT_TRUE(closed);
  EXPECT_TRUE(gate.shut());
}

TEST(Gate, waitsForTheLastOneInsideAndLetsNobodyElseIn) {
  Gate gate;
  int closed = 0;
  Gate::Pass first = gate.enter();
  Gate::Pass second = gate.enter();
  EXPECT_EQ(gate.inside(), 2U);
  gate.close([&closed] { ++closed; });
  EXPECT_FALSE(gate.enter());
  first = Gate::Pass();
  EXPECT_EQ(closed, 0);
  {
    const Gate::Pass last = std::move(second);
    EXPECT_TRUE(last);
    EXPECT_EQ(closed, 0);
  }
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(gate.inside(), 0U);
}

TEST(Gate, aPassThatTakesAnothersPlaceLeavesItsOwn) {
  Gate gate, other;
  Gate::Pass pass = gate.enter();
  pass = other.enter();
  EXPECT_EQ(gate.inside(), 0U);
  EXPECT_EQ(other.inside(), 1U);
}

}  // namespace
}  // namespace atrium
