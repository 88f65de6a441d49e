// Who has which place in a room: kernel/engine/places.cpp.
#include "engine/places.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace atrium {
namespace {

const Mono start{};

TEST(Places, areGivenOutFromTheFirst) {
  Places places(100ms);
  EXPECT_TRUE(places.empty());
  EXPECT_EQ(places.enter("ana", start), 0u);
  EXPECT_EQ(places.enter("ben", start), 1u);
  EXPECT_EQ(places.enter("ana", start), 0u) << "another session of hers";
  EXPECT_EQ(places.find("ben"), 1u);
  EXPECT_EQ(places.find("cleo"), std::nullopt);
  EXPECT_FALSE(places.empty());
}

TEST(Places, areLeftWithTheLastSession) {
  Places places(100ms);
  places.enter("ana", start);
  places.enter("ana", start);
  EXPECT_FALSE(places.leave(0, start));
  EXPECT_EQ(places.find("ana"), 0u);
  EXPECT_TRUE(places.leave(0, start));
  EXPECT_EQ(places.find("ana"), std::nullopt);
  EXPECT_EQ(places.users()[0].user_id, "ana") << "a report may still name her";
  EXPECT_EQ(places.users()[0].sessions, 0u);
  EXPECT_TRUE(places.empty());
}

TEST(Places, restBeforeAnotherUserGetsThem) {
  Places places(100ms);
  places.enter("ana", start);
  places.leave(0, start + 5ms);
  EXPECT_EQ(places.enter("ben", start + 104ms), 1u);
  EXPECT_EQ(places.enter("cleo", start + 105ms), 0u);
  EXPECT_EQ(places.users()[0].user_id, "cleo");
  EXPECT_EQ(places.users()[0].sessions, 1u);
}

TEST(Places, thatWereLeftFirstAreGivenAwayFirst) {
  Places places(100ms);
  for (const char* user : {"a", "b", "c", "d"}) places.enter(user, start);
  places.leave(2, start + 1ms);
  places.leave(0, start + 2ms);
  places.leave(3, start + 3ms);
  EXPECT_EQ(places.enter("e", start + 1s), 2u);
  EXPECT_EQ(places.enter("f", start + 1s), 0u);
  EXPECT_EQ(places.enter("g", start + 1s), 3u);
  EXPECT_EQ(places.enter("h", start + 1s), 4u);
}

TEST(Places, areNoMoreThanThereWereUsersAtOnce) {
  Places places(100ms);
  Mono now = start;
  for (int n = 0; n < 5000; ++n, now += 50ms) {
    const std::uint32_t ordinal = places.enter("u" + std::to_string(n), now);
    places.leave(ordinal, now);
  }
  EXPECT_LE(places.users().size(), 3u);
}

}  // namespace
}  // namespace atrium
