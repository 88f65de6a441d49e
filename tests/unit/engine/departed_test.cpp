#include "engine/departed.hpp"

#include <gtest/gtest.h>

#include <string>

namespace atrium {
namespace {

UserKey user(const std::string& id) { return {"acme", id}; }

TEST(Departed, remembersUntilHeIsBack) {
  Departed<int> departed(2);
  departed.remember(user("ana"), 7);
  ASSERT_TRUE(departed.find(user("ana")));
  EXPECT_EQ(*departed.find(user("ana")), 7);
  EXPECT_FALSE(departed.find({"other", "ana"}));
  EXPECT_EQ(departed.take(user("ana")), 7);
  EXPECT_FALSE(departed.find(user("ana")));
  EXPECT_FALSE(departed.take(user("ana")));
}

TEST(Departed, theLongestGoneGivesWay) {
  Departed<int> departed(2);
  departed.remember(user("ana"), 1);
  departed.remember(user("ben"), 2);
  departed.remember(user("cleo"), 3);
  EXPECT_FALSE(departed.find(user("ana")));
  EXPECT_TRUE(departed.find(user("ben")));
  EXPECT_TRUE(departed.find(user("cleo")));
}

TEST(Departed, whoComesAndGoesAllTheTimeDrivesNobodyOut) {
  Departed<int> departed(2);
  departed.remember(user("ana"), 1);
  for (int n = 0; n < 5; ++n) {
    departed.remember(user("ben"), n);
    EXPECT_EQ(departed.take(user("ben")), n);
  }
  departed.remember(user("ben"), 5);
  departed.remember(user("ben"), 6);
  EXPECT_TRUE(departed.find(user("ana")));
  EXPECT_EQ(*departed.find(user("ben")), 6);
}

}  // namespace
}  // namespace atrium
