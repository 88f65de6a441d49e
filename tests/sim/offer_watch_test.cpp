#include "sim/offer_watch.hpp"

#include <gtest/gtest.h>

#include "sim/desk_told.hpp"

// The checkers of the storms, held to what they must complain about.
namespace atrium::sim {
namespace {

const Wall noon = fromMillis(1'767'268'800'000);  // 2026-01-01T12:00:00Z, a Thursday.

class OfferWatchTest : public testing::Test {
 protected:
  OfferWatchTest() {
    rules.queues = {{.name = "flats", .skill_min = 0.5, .ramp_in_offers = 1}, {.name = "rest", .skill_field = "", .fallback_agent = "eve"}};
    watch.emplace(rules);
    watch->presence("ana", Status::online, 1, noon - std::chrono::hours(1));
  }
  // An agent, a lead and an offer as the store gets them, and what the watch says.
  std::string say(const std::string& agent, const std::string& offer = {}, const std::string& lead = {}) {
    take("agent", "ana", R"({"agent_id":"ana","capacity":2)" + agent + "}");
    const std::string id = "offer_" + std::to_string(++made);
    watch->take({{.key = {"lead", "acme", "lead_1"}, .value = leadText(id, lead)},
                 {.key = {"offer", "acme", id}, .value = offerText(id, offer)},
                 {.key = {"decision", "acme", "decision_1"}, .value = R"({"policy":{"name":"balanced"}})"},
                 {.key = {"decision", "acme", "decision_2"}, .value = R"({"policy":{"name":"by hand"}})"}});
    return watch->flaw();
  }
  std::string offerText(const std::string& id, const std::string& more) const {
    const std::string told = R"("kind":"routed","decision_id":"decision_1","by":null,"over_cap":false,"reason":null)";
    return R"({"offer_id":")" + id + R"(","lead_id":"lead_1","agent_id":"ana","state":"pending","channel":"lead","handoff_id":null,)" +
           R"("made_at":")" + formatTime(noon) + "\"," + (more.empty() ? told : more) + "}";
  }
  static std::string leadText(const std::string& offer_id, const std::string& more) {
    return R"({"state":"offered","offer_id":")" + offer_id + R"(","queue":"flats","owner":null,"queued":)" +
           std::to_string(toMillis(noon) - 5000) + (more.empty() ? R"(,"lead":{"property_type":"flat"})" : more) + "}";
  }
  void take(const std::string& collection, const std::string& id, std::string value) {
    watch->take({{.key = {collection, "acme", id}, .value = std::move(value)}});
  }

  CoordinationRules rules;
  std::optional<OfferWatch> watch;
  int made = 0;
  const std::string able = R"(,"skills":{"flat":0.9})";
};

TEST_F(OfferWatchTest, saysNothingOfAnOfferThatMayBe) {
  EXPECT_EQ(say(able + R"(,"languages":["en"],"shift":{"utc_offset_minutes":60,"days":{"thursday":[["13:00","13:01"]]}})", {},
                R"(,"lead":{"property_type":"flat","language":"en"},"declined":{"ben":9999999999999})"),
            "");
  EXPECT_EQ(watch->offers(), 1U);
}

TEST_F(OfferWatchTest, saysWhyAnAgentMustNotGetIt) {
  const std::string flat = R"(,"lead":{"property_type":"flat","language":"en","territory":"north"})";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {able + R"(,"paused":true)", "paused"},
      {able + R"(,"held_by":["a.plugin"])", "paused"},
      {able + R"(,"shift":{"utc_offset_minutes":0,"days":{"thursday":[["08:00","12:00"]],"friday":[["00:00","24:00"]]}})", "off shift"},
      {able + R"(,"queues":["rest"])", "nothing of flats"},
      {R"(,"skills":{"flat":0.4})", "of flat he knows"},
      {R"(,"skills":{"house":1})", "of flat he knows"},
      {able + R"(,"languages":["es"])", "does not speak en"},
      {able + R"(,"territories":["south"])", "does not work in north"},
      {able + R"(,"channels":{"lead":0})", "0 of 0 of lead"},
  };
  for (const auto& [agent, why] : wrong) {
    watch.emplace(rules);
    watch->presence("ana", Status::online, 1, noon - std::chrono::hours(1));
    EXPECT_NE(say(agent, {}, flat).find(why), std::string::npos) << agent << ": " << watch->flaw();
  }
}

TEST_F(OfferWatchTest, looksAtPeopleAsTheyWereWhenTheOfferWasMade) {
  watch->presence("ana", Status::away, 1, noon + std::chrono::milliseconds(1));
  EXPECT_EQ(say(able), "") << "she went away afterwards";
  watch.emplace(rules);
  watch->presence("ana", Status::away, 1, noon);
  EXPECT_NE(say(able).find("status is away"), std::string::npos);
}

TEST_F(OfferWatchTest, complainsOfWhoIsNotHereOrNotOnTheRoster) {
  watch->presence("ana", Status::online, 0, noon - std::chrono::seconds(1));
  EXPECT_NE(say(able).find("no session"), std::string::npos);
  watch.emplace(rules);
  take("offer", "offer_1", offerText("offer_1", {}));
  EXPECT_NE(watch->flaw().find("on the roster"), std::string::npos);
}

TEST_F(OfferWatchTest, countsPlacesAndWhatARefusedBatchTook) {
  EXPECT_EQ(say(able), "");
  EXPECT_EQ(say(able), "");
  watch->takeBack();
  EXPECT_EQ(say(able), "") << "the second one was not stored";
  EXPECT_NE(say(able).find("he has 2 of 2"), std::string::npos);
}

TEST_F(OfferWatchTest, complainsOfWhoLetItPassAndOfAFlood) {
  EXPECT_NE(say(able, {}, R"(,"lead":{"property_type":"flat"},"declined":{"ana":)" + std::to_string(toMillis(noon) + 1) + "}")
                .find("let it pass"),
            std::string::npos);
  watch.emplace(rules);
  take("agent", "ana", R"({"agent_id":"ana","capacity":2})");
  watch->presence("ana", Status::online, 1, noon - std::chrono::seconds(1));
  EXPECT_EQ(say(able), "");
  EXPECT_NE(say(able).find("came back a moment ago"), std::string::npos);
}

TEST_F(OfferWatchTest, letsPeopleOverruleSkillsAndNothingElse) {
  const std::string by_sue = R"("kind":"direct","decision_id":"decision_2","by":"sue","over_cap":false,"reason":null)";
  EXPECT_EQ(say("", by_sue), "");
  EXPECT_NE(say(R"(,"paused":true)", by_sue).find("paused"), std::string::npos);
  watch.emplace(rules);
  watch->presence("ana", Status::online, 1, noon - std::chrono::hours(1));
  EXPECT_NE(say("", R"("kind":"direct","decision_id":"decision_2","by":"sue","over_cap":true,"reason":null)").find("without a reason"),
            std::string::npos);
  watch.emplace(rules);
  EXPECT_NE(say("", R"("kind":"direct","decision_id":"decision_2","by":null,"over_cap":false,"reason":null)").find("nobody has named him"),
            std::string::npos);
}

TEST(DeskTold, missesWhatWasToldAndIsNotThere) {
  DeskTold told("acme");
  std::map<std::vector<std::string>, std::string> stored;
  const auto find = [&stored](const std::vector<std::string>& key) -> std::optional<std::string> {
    const auto found = stored.find(key);
    return found == stored.end() ? std::nullopt : std::optional(found->second);
  };
  told.offer("offer_1", "pending");
  told.offer("offer_1", "active");
  EXPECT_EQ(told.accepted(), 1U);
  EXPECT_NE(told.missing(find), "");
  stored[{"offer", "acme", "offer_1"}] = R"({"state":"pending"})";
  EXPECT_EQ(told.missing(find), "offer_1 was told to be active and is pending");
  stored.clear();
  stored[{"offer_ended", "acme", "offer_1"}] = R"({"state":"closed"})";
  EXPECT_EQ(told.missing(find), "") << "it has moved on";
  told.lead("lead_1");
  EXPECT_EQ(told.missing(find), "lead_1 was told and is nowhere");
  stored[{"lead", "acme", "lead_1"}] = "{}";
  told.agent("ana", 7);
  stored[{"agent", "acme", "ana"}] = R"({"name":"ana 6"})";
  EXPECT_NE(told.missing(find), "");
  stored[{"agent", "acme", "ana"}] = R"({"name":"ana 8"})";
  EXPECT_EQ(told.missing(find), "");
  stored.erase({"offer_ended", "acme", "offer_1"});
  EXPECT_EQ(told.missing(find), "") << "what is over is looked at in the end";
  EXPECT_NE(told.missingInTheEnd(find), "");
}

}  // namespace
}  // namespace atrium::sim
