#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(FairShare, prefersTheEmptierDesk) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"idle_minutes": 30, "waiting_minutes": 15})");
  const auto scores = testkit::score(plugin, "{}", {R"({"active_leads": 4, "capacity": 5})", R"({"active_leads": 0, "capacity": 5})"});
  EXPECT_LT(scores[0].value, scores[1].value);
}
