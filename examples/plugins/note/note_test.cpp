#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(Note, isSeenByItsAuthorAlone) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  const testkit::Verdict verdict = testkit::RoomCalls{}.check(plugin);
  EXPECT_TRUE(verdict.allowed());
  EXPECT_EQ(verdict.audience, std::vector<std::string>{"sender"});
}
