#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(EggTimer, saysSoInTheRoomWhenTheTimeHasCome) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"minutes_max": 240})");
  const auto run = testkit::execute(plugin, R"({"minutes": "10", "text": "Call Mrs Baker"})", R"({"display_name": "Ana"})",
                                    R"({"tenant_id": "acme", "room_id": "room_7"})");
  EXPECT_EQ(run.result(), "I will, in 10 minutes.");
  host.advance_ms(10 * 60'000 - 1);
  EXPECT_TRUE(host.published.empty());
  host.advance_ms(1);
  ASSERT_EQ(host.published.size(), 1u);
  EXPECT_EQ(host.published[0].room_id, "room_7");
  EXPECT_EQ(host.published[0].content, "Ana asked to be reminded: Call Mrs Baker");
}

TEST(EggTimer, refusesWhatIsNoTime) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"minutes_max": 240})");
  for (const char* minutes : {"0", "241", "ten", "1x", "-5"}) {
    const auto run = testkit::execute(plugin, testkit::JsonText(std::string(R"({"text": "x", "minutes": ")") + minutes + "\"}"));
    EXPECT_EQ(run.status(), ATRIUM_INVALID) << minutes;
  }
}

TEST(EggTimer, doesNotStartWithoutWhatItNeeds) {
  testkit::FakeHost host;
  host.refuse("timer");
  EXPECT_THROW(testkit::Plugin(host, atrium_entry, R"({"minutes_max": 240})"), std::runtime_error);
}
