#include "coaching/tip_book.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

class TipBookTest : public testing::Test {
 protected:
  std::string add(std::string agent_id) {
    Tip tip{.id = ids.next(now.wall),
            .task = "coaching",
            .agent_id = std::move(agent_id),
            .asked_by = "ana",
            .assistant = "playbook",
            .stage = {},
            .room_id = {},
            .text = "Listen.",
            .wanted = {},
            .why = {},
            .created_at = now.wall,
            .judged_by = {}};
    book.add("acme", tip, {}, [](const Result<void>& kept) { EXPECT_TRUE(kept); });
    return formatId(tip_prefix, tip.id);
  }
  Result<Tip> judge(const PrincipalPtr& caller, const std::string& id, TipState verdict) {
    Result<Tip> told = fail(Code::internal);
    book.judge(caller, id, verdict, [&](Result<Tip> tip) { told = std::move(tip); });
    return told;
  }
  Result<JsonDocument> list(const PrincipalPtr& caller, TipQuery query = {}) {
    Result<JsonDocument> told = fail(Code::internal);
    book.list(*caller, query,
              [&](Result<std::string> page) { told = page ? JsonDocument::parse(*page) : Result<JsonDocument>(fail(page.error())); });
    return told;
  }
  std::vector<std::string> idsIn(const JsonDocument& page) {
    std::vector<std::string> found;
    const JsonView items = page.root()["items"];
    for (JsonView item = items.first(); item.exists(); item = item.sibling(items)) found.push_back(item["tip_id"].text());
    return found;
  }

  Now now{Mono{1h}, fromMillis(1'767'225'600'000)};
  DocumentStore store;
  IdSource ids{Random(7)};
  TipBook book{store, now, 24h};
  const PrincipalPtr ana = who("ana"), ben = who("ben"), sue = who("sue", ATRIUM_ROLE_SUPERVISOR);
};

TEST_F(TipBookTest, showsTheNewestFirstAndAgentsTheirOwn) {
  const std::string first = add("ana"), second = add("ben"), third = add("ana");
  EXPECT_EQ(idsIn(*list(sue)), (std::vector<std::string>{third, second, first}));
  EXPECT_EQ(idsIn(*list(ana)), (std::vector<std::string>{third, first}));
  EXPECT_EQ(idsIn(*list(sue, {.agent_id = "ben", .cursor = {}})), std::vector<std::string>{second});
  EXPECT_EQ(list(ana, {.agent_id = "ben", .cursor = {}}).error().code, Code::forbidden);
  EXPECT_TRUE(idsIn(*list(who("eve", ATRIUM_ROLE_ADMIN, "other"))).empty());
}

TEST_F(TipBookTest, goesOnWhereAPageEnded) {
  const std::string first = add("ana"), second = add("ana"), third = add("ana");
  const auto page = list(ana, {.agent_id = {}, .cursor = {}, .limit = 2});
  EXPECT_EQ(idsIn(*page), (std::vector<std::string>{third, second}));
  const auto rest = list(ana, {.agent_id = {}, .cursor = page->root()["next_cursor"].text(), .limit = 2});
  EXPECT_EQ(idsIn(*rest), std::vector<std::string>{first});
  EXPECT_TRUE(rest->root()["next_cursor"].isNull());
  EXPECT_EQ(list(ana, {.agent_id = {}, .cursor = "x"}).error().code, Code::validation_failed);
}

TEST_F(TipBookTest, itsAgentOrASupervisorJudgesOnce) {
  const std::string tip = add("ana");
  EXPECT_EQ(judge(ben, tip, TipState::accepted).error().code, Code::not_found);
  EXPECT_EQ(judge(who("eve", ATRIUM_ROLE_ADMIN, "other"), tip, TipState::accepted).error().code, Code::not_found);
  EXPECT_EQ(judge(ana, "tip_x", TipState::accepted).error().code, Code::not_found);
  const auto accepted = judge(ana, tip, TipState::accepted);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->judged_by, "ana");
  EXPECT_EQ(judge(ana, tip, TipState::accepted)->judged_at, now.wall) << "the same again changes nothing";
  const auto other = judge(sue, tip, TipState::dismissed);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::tip_judged);
  EXPECT_EQ(other.error().detail, "ana has accepted it at 2026-01-01T00:00:00.000Z.");
}

// Two judge at once: the store lets one of them win, and the other one hears who.
TEST_F(TipBookTest, ofTwoWhoJudgeAtOnceOneWins) {
  const std::string tip = add("ana");
  store.before_write = [&] { EXPECT_TRUE(judge(sue, tip, TipState::dismissed)); };
  const auto late = judge(ana, tip, TipState::accepted);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::tip_judged);
  EXPECT_TRUE(late.error().detail.starts_with("sue has dismissed it"));
}

TEST_F(TipBookTest, forgetsWhatIsOld) {
  const std::string old = add("ana");
  now.wall += 25h;
  EXPECT_TRUE(idsIn(*list(ana)).empty()) << "not shown any more";
  EXPECT_EQ(judge(ana, old, TipState::accepted).error().code, Code::not_found);
  EXPECT_EQ(store.documents.size(), 1u);
  const std::string young = add("ana");
  EXPECT_EQ(store.documents.size(), 1u) << "and removed with the next one";
  EXPECT_EQ(idsIn(*list(ana)), std::vector<std::string>{young});
}

}  // namespace
}  // namespace atrium::test
