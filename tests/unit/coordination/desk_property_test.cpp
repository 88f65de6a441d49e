#include <gtest/gtest.h>

#include "sim/desk_storm.hpp"

namespace atrium {
namespace {

// Everything at once, in an order that a seed draws: leads, answers, handoffs, people who come and go, a store that fails and is slow,
// scorers that fail, agents who may not have any more what they are being offered, and a process that is killed, or whose machine loses its
// power. bench_offers does the same a million offers long.
constexpr std::uint64_t storm_offers = ATRIUM_SLOWED ? 120 : 300;

class DeskStorm : public testing::TestWithParam<std::uint64_t> {};

TEST_P(DeskStorm, neverGivesALeadTwoOwnersNorToAnAgentWhoMayNotHaveIt) {
  sim::DeskStorm storm(GetParam());
  storm.listen();
  while (storm.offers() < storm_offers && storm.flaw().empty()) storm.step();
  EXPECT_EQ(storm.flaw(), "");
  EXPECT_EQ(storm.end(), "") << "and everything that was confirmed is there in the end, and was told";
  EXPECT_GT(storm.accepted(), storm_offers / 8);
  EXPECT_GE(storm.watch().offers(), storm.offers()) << "each was looked at";
  if (!ATRIUM_SLOWED) {
    EXPECT_GT(storm.kills(), 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, DeskStorm, testing::Range(std::uint64_t{1}, std::uint64_t{5}));

}  // namespace
}  // namespace atrium
