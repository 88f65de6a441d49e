#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(Poll, hasTwoAnswersAtLeastAndNoMoreThanTheOperatorAllows) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"answers_max": 3})");
  testkit::RoomCalls calls;
  calls.message = R"({"metadata": {"question": "When?", "answers": ["Now", "Later"]}})";
  EXPECT_TRUE(calls.check(plugin).allowed());
  for (const char* message : {R"({"metadata": {"answers": ["Now"]}})", R"({"metadata": {"answers": ["a", "b", "c", "d"]}})",
                              R"({"metadata": {"answers": [1, 2]}})", R"({"metadata": {"answers": ["a", ""]}})",
                              R"({"metadata": {"answers": {"a": "b", "c": "d"}}})", R"({"metadata": {}})"}) {
    calls.message = message;
    EXPECT_EQ(calls.check(plugin).denied_fields.count("/metadata/answers"), 1u) << message;
  }
}
