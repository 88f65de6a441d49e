#include <gtest/gtest.h>

#include "coordination/agent.hpp"
#include "coordination/change.hpp"
#include "engine/event_log.hpp"
#include "protocol/errors.hpp"

// What a desk stores, as it is read from clients and back from the store.
namespace atrium {
namespace {

const Principal sue{
    .tenant_id = "acme", .user_id = "sue", .display_name = "sue", .name_verified = true, .roles = ATRIUM_ROLE_SUPERVISOR, .expires = {}};

JsonDocument json(std::string_view text) { return *JsonDocument::parse(text); }

std::vector<std::string> wrongFields(const Error& error) {
  std::vector<std::string> paths;
  for (const FieldProblem& problem : error.fields) paths.push_back(problem.path);
  return paths;
}

// 2026-11-30 is a Monday.
Wall monday(int hour, int minute) {
  return std::chrono::sys_days(std::chrono::year(2026) / 11 / 30) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

TEST(AgentRecords, aShiftCoversFromItsBeginningToBeforeItsEnd) {
  Shift shift;
  shift.days[0] = {{9 * 60, 17 * 60}};
  EXPECT_FALSE(shift.covers(monday(8, 59)));
  EXPECT_TRUE(shift.covers(monday(9, 0)));
  EXPECT_TRUE(shift.covers(monday(16, 59)));
  EXPECT_FALSE(shift.covers(monday(17, 0)));
  EXPECT_FALSE(shift.covers(monday(9, 0) + std::chrono::days(1)));
}

TEST(AgentRecords, aShiftIsReadFromItsOwnClock) {
  Shift shift;
  shift.days[0] = {{0, 60}};
  shift.utc_offset_minutes = 120;
  EXPECT_TRUE(shift.covers(monday(0, 30) - std::chrono::hours(2))) << "it is Monday there, and Sunday in UTC";
  EXPECT_FALSE(shift.covers(monday(0, 30)));
}

TEST(AgentRecords, whatIsStoredIsWhatWasRead) {
  const JsonDocument body = json(R"({"name":"Ana \"A\"","capacity":7,"paused":true,"skills":{"condo":0.1,"l\u00f6ft":0.30000000000000004},
    "channels":{"phone":1},"languages":["en","de"],"territories":["north"],"queues":["rest"],"satisfaction":4.333333333333333,
    "shift":{"utc_offset_minutes":-300,"days":{"monday":[["09:00","12:30"],["13:00","24:00"]]}}})");
  auto read = readAgent("ana", body.root(), sue);
  ASSERT_TRUE(read) << read.error().detail;
  const auto again = decodeAgent({.key = {"agent", "acme", "ana"}, .version = 3, .value = encodeAgent(*read)});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->skills, read->skills) << "to the last bit";
  EXPECT_EQ(again->satisfaction, read->satisfaction);
  EXPECT_EQ(encodeAgent(*again), encodeAgent(*read));
  EXPECT_EQ(again->version, 3U);
  EXPECT_TRUE(again->shift->covers(monday(28, 0))) << "until midnight there";
}

TEST(AgentRecords, everyWrongFieldIsNamed) {
  const JsonDocument body = json(R"({"capacity":0,"skills":{"condo":1.5},"channels":{"phone":-1},"shift":{"utc_offset_minutes":2000,
    "days":{"someday":[],"monday":[["17:00","09:00"]]}},"languages":[""],"conversion_rate":2})");
  const auto read = readAgent("ana", body.root(), sue);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::validation_failed);
  EXPECT_EQ(wrongFields(read.error()),
            (std::vector<std::string>{"/capacity", "/skills/condo", "/channels/phone", "/languages", "/shift/utc_offset_minutes",
                                      "/shift/days/someday", "/shift/days/monday", "/conversion_rate"}));
}

// A shift that was not understood would keep the agent from every lead.
TEST(AgentRecords, aShiftSaysWhichDaysInSoManyWords) {
  for (const auto& [text, path] : {std::pair{R"({"shift":{}})", "/shift/days"},
                                   {R"({"shift":{"days":"monday"}})", "/shift/days"},
                                   {R"({"shift":{"days":{},"utc_offset_minutes":"60"}})", "/shift/utc_offset_minutes"},
                                   {R"({"shift":{"days":{"monday":"09:00"}}})", "/shift/days/monday"}}) {
    const JsonDocument body = json(text);
    EXPECT_EQ(wrongFields(readAgent("ana", body.root(), sue).error()), (std::vector<std::string>{path})) << text;
  }
}

TEST(AgentRecords, theValueReceivedFadesByHalfEveryEightHours) {
  AgentRecord record;
  const Wall noon = monday(12, 0);
  record.receive(8, noon);
  EXPECT_DOUBLE_EQ(record.valueAt(noon + std::chrono::hours(8)), 4);
  record.receive(1, noon + std::chrono::hours(16));
  EXPECT_DOUBLE_EQ(record.valueAt(noon + std::chrono::hours(16)), 3);
}

TEST(LeadRecords, whatIsStoredIsWhatWas) {
  Lead lead;
  lead.lead_id = "crm/7";
  lead.fields = std::make_shared<const JsonDocument>(json(R"({"name":"A","budget":1500000.5})"));
  lead.queue = "rest";
  lead.state = LeadState::active;
  lead.owner = "ana";
  lead.arrived = monday(9, 0);
  lead.declined = {{"ben", monday(9, 5)}};
  const auto again = decodeLead({.key = {"lead", "acme", "crm/7"}, .version = 1, .value = encodeLead(lead)});
  ASSERT_TRUE(again);
  EXPECT_EQ(encodeLead(*again), encodeLead(lead));
  EXPECT_EQ(again->value(), 1500000.5) << "a budget is what it is worth";
  EXPECT_FALSE(decodeLead({.key = {"lead", "acme", "x"}, .version = 1, .value = "{}"}));
  EXPECT_FALSE(decodeLead({.key = {"lead", "acme", "x"}, .version = 1, .value = "["}));
}

// As deep as a request may be, and as much as a lead may say: the desk and the outbox put it into something else.
TEST(LeadRecords, whatAClientMaySayIsReadAgain) {
  const std::string deep = std::string(62, '[') + std::string(62, ']');
  std::string list = "0";
  while (list.size() < 16'000) list += ",0";
  const auto body = JsonDocument::parse(R"({"lead":{"name":"A","deep":)" + deep + R"(,"list":[)" + list + "]}}");
  ASSERT_TRUE(body);
  auto read = readRouteLead(body->root(), sue);
  ASSERT_TRUE(read) << read.error().detail;
  Lead lead;
  lead.lead_id = "x";
  lead.fields = std::make_shared<const JsonDocument>(std::move(read->fields));
  for (std::size_t n = 0; n < Lead::declined_max; ++n) lead.declined.emplace_back("agent_" + std::to_string(n), monday(9, 5));
  EXPECT_TRUE(decodeLead({.key = {"lead", "acme", "x"}, .version = 1, .value = encodeLead(lead)}));
  Handoff handoff;
  handoff.lead_json = lead.fields->text();
  handoff.commitments.assign(20, "a call");
  EXPECT_TRUE(decodeHandoff({.key = {"handoff", "acme", "y"}, .version = 1, .value = encodeHandoff(handoff)}));
  for (const std::string& data : {leadJson(lead, {}), encodeHandoff(handoff)}) {
    const std::string event = encodeOutboxEvent({EventType::handoff_started, "acme", data}, {});
    EXPECT_TRUE(decodeOutboxEvent({.key = {"event_outbox", std::string(16, 'x')}, .version = 1, .value = event}));
  }
}

TEST(LeadRecords, aLeadNeedsItsName) {
  const JsonDocument body = json(R"({"lead":{"score":101,"budget":-1,"urgency":7}})");
  const auto read = readRouteLead(body.root(), sue);
  ASSERT_FALSE(read);
  EXPECT_EQ(wrongFields(read.error()), (std::vector<std::string>{"/lead/urgency", "/lead/name", "/lead/score", "/lead/budget"}));
  const JsonDocument rich = json(R"({"lead":{"name":"A","budget":1e300,"value":1e13}})");
  EXPECT_EQ(wrongFields(readRouteLead(rich.root(), sue).error()), (std::vector<std::string>{"/lead/budget", "/lead/value"}));
  const JsonDocument none = json("{}");
  EXPECT_EQ(wrongFields(readRouteLead(none.root(), sue).error()), (std::vector<std::string>{"/lead"}));
  const JsonDocument long_one = json(R"({"lead":{"name":"A","notes":")" + std::string(16 << 10, 'x') + R"("}})");
  EXPECT_EQ(wrongFields(readRouteLead(long_one.root(), sue).error()), (std::vector<std::string>{"/lead"}));
}

TEST(OfferRecords, whatIsStoredIsWhatWas) {
  LeadOffer offer;
  offer.offer_id = "offer_1";
  offer.lead_id = "lead";
  offer.agent_id = "ana";
  offer.kind = OfferKind::direct;
  offer.state = OfferState::wrapping;
  offer.reason = "she asked for it";
  offer.over_cap = true;
  offer.made = monday(9, 0) + std::chrono::milliseconds(123);
  offer.accepted = monday(9, 1);
  offer.value = 0.1;
  const auto again = decodeOffer({.key = {"offer", "acme", "offer_1"}, .version = 1, .value = encodeOffer(offer)});
  ASSERT_TRUE(again);
  EXPECT_EQ(encodeOffer(*again), encodeOffer(offer));
  EXPECT_EQ(again->made, offer.made);
  EXPECT_EQ(again->ended, Wall{});
}

}  // namespace
}  // namespace atrium
