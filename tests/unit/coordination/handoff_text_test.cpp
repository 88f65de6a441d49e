#include <gtest/gtest.h>

#include "coordination/handoff.hpp"
#include "protocol/json_index.hpp"

namespace atrium {
namespace {

Handoff handoffOf(std::size_t lead, std::size_t summary, std::size_t commitment) {
  Handoff handoff;
  handoff.handoff_id = "handoff_1";
  handoff.lead_id = "lead_1";
  handoff.lead_json = R"({"name":")" + std::string(lead, 'n') + R"("})";
  handoff.summary = std::string(summary, 's');
  handoff.commitments = std::vector<std::string>(20, std::string(commitment, 'c'));
  return handoff;
}

TEST(HandoffText, isWholeWhereItFits) {
  const Handoff handoff = handoffOf(100, 100, 10);
  EXPECT_EQ(handoffWithin(handoff, 16'000), encodeHandoff(handoff));
}

TEST(HandoffText, leavesOutWhatIsElsewhereRatherThanTheMessage) {
  const auto parts = [](const Handoff& handoff) {
    const std::string text = handoffWithin(handoff, 16'000);
    EXPECT_LE(text.size(), 16'000U);
    const auto read = JsonDocument::parse(text);
    const JsonView root = read->root();
    return std::string(root["lead"]["name"].exists() ? "lead " : "") + (root["summary"].isString() ? "summary " : "") +
           (root["commitments"].size() > 0 ? "commitments" : "");
  };
  EXPECT_EQ(parts(handoffOf(16'000, 100, 10)), "summary commitments");
  EXPECT_EQ(parts(handoffOf(16'000, 8'000, 500)), "commitments");
  Handoff quoted = handoffOf(16'000, 8'000, 0);
  quoted.commitments = std::vector<std::string>(20, std::string(500, '"'));
  EXPECT_EQ(parts(quoted), "");
}

}  // namespace
}  // namespace atrium
