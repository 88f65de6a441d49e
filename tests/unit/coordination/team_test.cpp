// What keeps an agent from a lead: kernel/coordination/team.cpp.
#include "coordination/team.hpp"

#include <gtest/gtest.h>

namespace atrium::test {
namespace {

// 2026-11-30 is a Monday; ten o'clock.
const Wall monday_ten = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30) + std::chrono::hours(10);

class Hindrances : public testing::Test {
 protected:
  void SetUp() override {
    lead.fields = std::make_shared<const JsonDocument>(
        *JsonDocument::parse(R"({"name":"A lead","property_type":"villa","language":"de","territory":"north"})"));
    lead.queue = "luxury";
    lead.channel = "phone";
    lead.queued = monday_ten;
    ana.agent_id = ana.name = "ana";
    ana.skills = {{"villa", 0.7}};
    seat.presence = Status::online;
    seat.sessions = 1;
  }
  std::string first() {
    seat.profile = std::make_shared<const AgentProfile>(ana);
    const auto found = Team::hindrance(seat, lead, rule, monday_ten);
    return found ? std::string(word(found->rule)) : "nothing";
  }
  void busyWith(int offers) {
    for (int number = 0; number < offers; ++number) seat.offers.insert("offer_" + std::to_string(number));
  }

  AgentProfile ana;
  Seat seat;
  Lead lead;
  QueueRule rule{.name = "luxury", .skill_min = 0.6};
};

// From the last rule to the first: each that is added comes before those that were there.
TEST_F(Hindrances, theFirstRuleThatSpeaksAgainstHimIsNamed) {
  EXPECT_EQ(first(), "nothing");
  seat.back = monday_ten - std::chrono::seconds(30);
  seat.lately = {monday_ten, monday_ten, monday_ten};
  EXPECT_EQ(first(), "ramping_in");
  ana.channels = {{"phone", 0}};
  EXPECT_EQ(first(), "channel_full");
  busyWith(5);
  EXPECT_EQ(first(), "at_cap");
  lead.declined = {{"ana", monday_ten + std::chrono::minutes(1)}};
  EXPECT_EQ(first(), "declined");
  ana.territories = {"south"};
  EXPECT_EQ(first(), "other_territory");
  ana.languages = {"en"};
  EXPECT_EQ(first(), "lacks_language");
  ana.skills = {{"villa", 0.5}};
  EXPECT_EQ(first(), "lacks_skill");
  ana.queues = {"rest"};
  EXPECT_EQ(first(), "other_queue");
  for (const auto& [status, rules] : {std::pair{Status::busy, "busy"}, {Status::in_call, "in_call"}, {Status::away, "away"}}) {
    seat.presence = status;
    EXPECT_EQ(first(), rules);
  }
  seat.sessions = 0;
  EXPECT_EQ(first(), "offline");
  ana.shift = Shift{};  // Never on.
  EXPECT_EQ(first(), "off_shift");
  ana.held_by = {"calendar"};
  EXPECT_EQ(first(), "paused");
}

TEST_F(Hindrances, whoNamesNoLanguagesTerritoriesOrQueuesTakesAll) {
  ana.languages = {"en", "de"};
  ana.territories = {"north"};
  ana.queues = {"luxury", "rest"};
  EXPECT_EQ(first(), "nothing");
  ana.languages = ana.territories = ana.queues = {};
  EXPECT_EQ(first(), "nothing");
}

TEST_F(Hindrances, aQueueAsksForLessAfterAWhile) {
  ana.skills = {};
  EXPECT_EQ(first(), "lacks_skill");
  rule.skill_relax_after = std::chrono::minutes(2);
  lead.queued = monday_ten - std::chrono::minutes(2);
  EXPECT_EQ(first(), "nothing");
}

}  // namespace
}  // namespace atrium::test
