// A decision as it is kept and shown: kernel/coordination/decision_record.cpp, decision_inputs.cpp and decision_words.cpp.
#include "coordination/decision_record.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "coordination/decision_inputs.hpp"
#include "fake_panel.hpp"

namespace atrium::test {
namespace {

class DecisionRecordTest : public testing::Test {
 protected:
  Decision decided(Question asked) {
    std::optional<Decision> decision;
    decider.decide(shared(std::move(asked)), [&decision](Decision made) { decision = std::move(made); });
    return std::move(*decision);
  }
  static Question villa() {
    Question asked = question(Side::agents, {{"match", 3}, {"load", 1}});
    asked.trigger = Trigger::slot_freed;
    asked.leads = {lead("l1", 0, R"({"name":"Kim","property_type":"villa"})")};
    asked.agents = {agent("ana", 2, 4, R"({"skills":{"villa":0.8}})"), agent("ben", 0, 4, R"({"skills":{"villa":0.4}})")};
    asked.excluded = {{agent("cleo", 0).profile, Exclusion::at_cap},
                      {agent("dora", 0).profile, Exclusion::away},
                      {agent("eve", 0).profile, Exclusion::at_cap}};
    return asked;
  }
  static std::string part(std::string_view json, const char* key) {
    const auto document = JsonDocument::parse(json);
    if (!document) return "no JSON: " + std::string(json);
    const JsonView value = document->root()[key];
    return value.exists() ? std::string(value.raw()) : "absent";
  }
  static std::vector<Document> documents(const std::vector<DocumentWrite>& writes) {
    std::vector<Document> out;
    for (std::size_t at = 1; at < writes.size(); ++at) out.push_back({writes[at].key, 1, *writes[at].value});
    return out;
  }

  FakePanel panel;
  ManualClock clock;
  Decider decider{panel, clock};
};

TEST_F(DecisionRecordTest, theSummarySaysWhatAPersonAsks) {
  const auto writes = decisionWrites(decided(villa()), {.decision_id = "dec_1", .offer_id = "offer_1"});
  ASSERT_EQ(writes.size(), 2u);
  EXPECT_EQ(writes[0].key, (DocumentKey{"decision", "acme", "dec_1"}));
  EXPECT_EQ(writes[1].key, (DocumentKey{"decision_inputs", "acme", "dec_1", "00"}));
  const std::string& summary = *writes[0].value;
  EXPECT_EQ(part(summary, "decision_id"), R"("dec_1")");
  EXPECT_EQ(part(summary, "trigger"), R"("slot_freed")");
  EXPECT_EQ(part(summary, "agent_id"), R"("ana")");
  EXPECT_EQ(part(summary, "lead_id"), R"("l1")");
  EXPECT_EQ(part(summary, "offer_id"), R"("offer_1")");
  EXPECT_EQ(part(summary, "winner"), R"({"agent_id":"ana","agent_name":"Agent ana"})");
  EXPECT_EQ(part(summary, "reasoning"), R"("Agent ana fits match and fits load.")");
  EXPECT_EQ(part(summary, "match_score"), "0.709");
  EXPECT_EQ(part(summary, "margin"), "0.175");
  EXPECT_EQ(part(summary, "alternatives"), R"([{"agent_id":"ben","agent_name":"Agent ben","match_score":0.534,"behind":0.175}])");
  EXPECT_EQ(
      part(summary, "scorers"),
      R"([{"scorer":"match","version":"1.0.0","weight":3,"failure":null},{"scorer":"load","version":"1.0.0","weight":1,"failure":null}])");
  EXPECT_EQ(part(summary, "excluded_counts"), R"({"away":1,"at_cap":2})");
  EXPECT_EQ(part(summary, "replayable"), "true");
  EXPECT_NE(summary.find(R"({"scorer":"match","weight":3,"value":0.8,"contribution":0.6,"reason":"fits match"})"), std::string::npos)
      << summary;
  EXPECT_NE(summary.find(R"({"agent_id":"dora","agent_name":"Agent dora","rule":"away"})"), std::string::npos) << summary;
}

TEST_F(DecisionRecordTest, aDecisionForNobodySaysWhy) {
  Question asked = villa();
  asked.agents.clear();
  const Decision decision = decided(asked);
  const std::string reply = routeReply(decision, {.decision_id = "dec_1"}, {.lead_id = "l1", .queued = true});
  EXPECT_EQ(part(reply, "agent_name"), "null");
  EXPECT_EQ(part(reply, "queued"), "true");
  EXPECT_EQ(part(reply, "match_score"), "0");
  EXPECT_EQ(part(reply, "reasoning"), R"("Nobody can take it: 1 away, 2 at_cap.")");
  EXPECT_EQ(part(decisionWrites(decision, {.decision_id = "dec_1"})[0].value.value(), "winner"), "null");
}

TEST_F(DecisionRecordTest, theReplyHasTheSeedsWords) {
  const Decision decision = decided(villa());
  std::string reply = routeReply(decision, {.decision_id = "dec_1"}, {.lead_id = "l1", .took = 1500us});
  EXPECT_EQ(part(reply, "agent_name"), R"("Agent ana")");
  EXPECT_EQ(part(reply, "match_score"), "0.709");
  EXPECT_EQ(part(reply, "confidence"), "0.247");
  EXPECT_EQ(part(reply, "assignment_time_ms"), "1.5");
  EXPECT_EQ(part(reply, "decision_id"), R"("dec_1")");
  EXPECT_EQ(part(reply, "degraded"), "false");
  reply = routeReply(decision, {.decision_id = "dec_1", .note = "They had gone."}, {.lead_id = "l1", .queued = true});
  EXPECT_EQ(part(reply, "agent_id"), "null") << "who was found did not get it";
  EXPECT_EQ(part(reply, "reasoning"), R"("They had gone.")");
  EXPECT_EQ(part(routeReply(decision, {.decision_id = "dec_1"}, {.lead_id = "l1", .dry_run = true}), "decision_id"), "null");
}

TEST_F(DecisionRecordTest, whatScorersFailedAtStandsInIt) {
  Question asked = villa();
  RoutingPolicy policy = *asked.policy;
  policy.agents = {{"gone", 1}};
  asked.policy = std::make_shared<const RoutingPolicy>(policy);
  const std::string summary = *decisionWrites(decided(asked), {.decision_id = "d"})[0].value;
  EXPECT_EQ(part(summary, "degraded"), "true");
  EXPECT_EQ(part(summary, "basis"), R"("load")");
  EXPECT_EQ(part(summary, "scorers"), R"([{"scorer":"gone","version":"1.0.0","weight":1,"failure":"is not there"}])");
  EXPECT_EQ(part(summary, "reasoning"), R"("Agent ben has the least to do; no scorer answered.")");
}

TEST_F(DecisionRecordTest, theWholeDecisionShowsEveryone) {
  Question asked = villa();
  for (int n = 0; n < 40; ++n) asked.agents.push_back(agent("more" + std::to_string(n), 1));
  for (int n = 0; n < 300; ++n) asked.excluded.push_back({agent("out" + std::to_string(n), 0).profile, Exclusion::offline});
  const auto writes = decisionWrites(decided(asked), {.decision_id = "d"});
  const auto summary = JsonDocument::parse(*writes[0].value);
  EXPECT_EQ(summary->root()["candidates"].size(), 20u);
  EXPECT_EQ(summary->root()["excluded"].size(), 200u);
  EXPECT_EQ(summary->root()["candidate_count"].raw(), "42");
  const auto inputs = readInputs(documents(writes));
  ASSERT_TRUE(inputs);
  const std::string whole = decisionJson(*writes[0].value, &*inputs);
  const auto document = JsonDocument::parse(whole);
  ASSERT_TRUE(document) << whole;
  EXPECT_EQ(document->root()["every_candidate"].size(), 42u);
  EXPECT_EQ(document->root()["every_exclusion"].size(), 303u);
  EXPECT_EQ(decisionJson(*writes[0].value, nullptr), *writes[0].value);
}

TEST_F(DecisionRecordTest, inputsBeyondOneDocumentAreInParts) {
  Question asked = villa();
  const std::string large = R"({"note":")" + std::string(60'000, 'x');
  for (int n = 0; n < 30; ++n) asked.agents.push_back(agent("more" + std::to_string(n), 1, 5, large + std::to_string(n) + R"("})"));
  const auto writes = decisionWrites(decided(asked), {.decision_id = "d"});
  ASSERT_EQ(writes.size(), 3u);
  EXPECT_EQ(writes[2].key.back(), "01");
  EXPECT_LE(writes[1].value->size(), std::size_t{ATRIUM_VALUE_MAX});
  std::vector<Document> parts = documents(writes);
  ASSERT_TRUE(readInputs(parts));
  EXPECT_EQ(readInputs(parts)->question->agents.back().fields->text(), asked.agents.back().fields->text());
  parts.pop_back();
  EXPECT_FALSE(readInputs(parts)) << "one is missing";
}

TEST_F(DecisionRecordTest, inputsBeyondAllBoundsAreNotKept) {
  Question asked = villa();
  const std::string large = R"({"note":")" + std::string(1'000'000, 'x');
  for (int n = 0; n < 17; ++n) asked.agents.push_back(agent("more" + std::to_string(n), 1, 5, large + std::to_string(n) + R"("})"));
  const auto writes = decisionWrites(decided(asked), {.decision_id = "d"});
  ASSERT_EQ(writes.size(), 1u);
  EXPECT_EQ(part(*writes[0].value, "replayable"), "false");
}

// Every cut and every changed byte is refused or read as another decision, and nothing is read beyond the end.
TEST_F(DecisionRecordTest, damagedInputsAreRefused) {
  const std::string whole = encodeInputs(decided(villa()));
  ASSERT_TRUE(decodeInputs(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decodeInputs(std::string_view(whole).substr(0, size))) << size;
  EXPECT_FALSE(decodeInputs(whole + '\0'));
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const char other : {'\x00', '\xFF', '\x01'}) {
      std::string damaged = whole;
      damaged[at] = other;
      const auto read = decodeInputs(damaged);
      EXPECT_TRUE(!read || read->ranking.order.size() == read->question->candidates());
    }
}

TEST_F(DecisionRecordTest, thePolicysHashChangesWithAnythingInIt) {
  RoutingPolicy policy = *villa().policy;
  const std::string before = policyHash(policy);
  EXPECT_EQ(before.size(), 16u);
  EXPECT_EQ(policyHash(policy), before);
  policy.agents[0].weight = std::nextafter(policy.agents[0].weight, 9);
  EXPECT_NE(policyHash(policy), before);
}

}  // namespace
}  // namespace atrium::test
