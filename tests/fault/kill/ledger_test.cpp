#include "kill/ledger.hpp"

#include <gtest/gtest.h>

namespace atrium::fault {
namespace {

Place at(std::uint64_t seq) { return {.epoch = "e", .seq = seq, .message_id = "msg_" + std::to_string(seq)}; }

// A room to which a, b and c were sent; the clients were told of a and b.
struct LedgerTest : testing::Test {
  Ledger ledger;
  LedgerTest() {
    for (const char* text : {"a", "b", "c"}) ledger.sent("room", text);
    ledger.told("room", "a", at(1));
    ledger.told("room", "b", at(2));
  }
  void expectProblem(const std::vector<Stored>& history, const std::string& part) {
    const auto problems = ledger.compare("room", history);
    ASSERT_FALSE(problems.empty());
    EXPECT_NE(problems.front().find(part), std::string::npos) << problems.front();
  }
};

TEST_F(LedgerTest, acceptsAHistoryWithOrWithoutWhatNobodyWasToldOf) {
  EXPECT_TRUE(ledger.compare("room", {{"a", at(1)}, {"b", at(2)}}).empty());
  EXPECT_TRUE(ledger.compare("room", {{"a", at(1)}, {"b", at(2)}, {"c", at(3)}}).empty());
  EXPECT_EQ(ledger.untold("room"), std::vector<std::string>{"c"});
  EXPECT_EQ(ledger.toldCount(), 2U);
}

TEST_F(LedgerTest, seesALoss) { expectProblem({{"a", at(1)}}, "b is lost"); }

TEST_F(LedgerTest, seesADouble) { expectProblem({{"a", at(1)}, {"b", at(2)}, {"c", at(3)}, {"c", at(4)}}, "c is doubled"); }

TEST_F(LedgerTest, seesAMove) {
  expectProblem({{"b", at(1)}, {"a", at(2)}}, "a has moved");
  expectProblem({{"a", at(1)}, {"b", {.epoch = "other", .seq = 2, .message_id = "msg_2"}}}, "b has moved");
  expectProblem({{"a", at(1)}, {"b", {.epoch = "e", .seq = 2, .message_id = "msg_9"}}}, "b has moved");
}

TEST_F(LedgerTest, seesAGap) { expectProblem({{"a", at(1)}, {"b", at(2)}, {"c", at(4)}}, "position 3 holds"); }

TEST_F(LedgerTest, seesWhatNobodySent) { expectProblem({{"a", at(1)}, {"b", at(2)}, {"x", at(3)}}, "nobody sent x"); }

TEST_F(LedgerTest, seesTwoStoriesAboutOneMessage) {
  ledger.told("room", "b", at(3));
  expectProblem({{"a", at(1)}, {"c", at(2)}, {"b", at(3)}}, "b was said to stand at");
}

}  // namespace
}  // namespace atrium::fault
