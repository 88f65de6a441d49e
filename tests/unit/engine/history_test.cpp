// Pages of a room's log: kernel/engine/history.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "user.hpp"

namespace atrium::sim {
namespace {

class History : public testing::Test {
 protected:
  void SetUp() override {
    for (int n = 1; n <= 7; ++n) ids.push_back(ana.post(message(room, "m" + std::to_string(n)))->root()["message_id"].text());
  }
  std::vector<std::int64_t> seqsOf(const HistoryPage& page) {
    std::vector<std::int64_t> found;
    const auto list = JsonDocument::parse(page.json);
    for (JsonView item = list->root().first(); item.exists(); item = item.sibling(list->root())) found.push_back(number(item["seq"]));
    return found;
  }
  using Seqs = std::vector<std::int64_t>;

  World world{1};
  User ana{world, "ana"}, ben{world, "ben"};
  std::string room = ana.room({"ben"});
  Strings ids;
};

TEST_F(History, comesNewestFirstInPages) {
  HistoryQuery query{.room_id = room, .limit = 3};
  std::vector<Seqs> pages;
  for (;;) {
    const auto page = ben.historyPage(query);
    ASSERT_EQ(codeOf(page), "ok");
    EXPECT_FALSE(page->forward);
    pages.push_back(seqsOf(*page));
    if (page->next_seq == 0) break;
    query.before = std::to_string(page->next_seq);
  }
  EXPECT_EQ(pages, std::vector<Seqs>({{7, 6, 5}, {4, 3, 2}, {1}}));
}

TEST_F(History, comesOldestFirstAfterACursor) {
  HistoryQuery query{.room_id = room, .limit = 4, .after = "0"};
  std::vector<Seqs> pages;
  for (;;) {
    const auto page = ben.historyPage(query);
    ASSERT_EQ(codeOf(page), "ok");
    EXPECT_TRUE(page->forward);
    pages.push_back(seqsOf(*page));
    if (page->next_seq == 0) break;
    query.after = std::to_string(page->next_seq);
  }
  EXPECT_EQ(pages, std::vector<Seqs>({{1, 2, 3, 4}, {5, 6, 7}}));
}

TEST_F(History, ofLargeMessagesComesInPagesOfBoundedSize) {
  const std::string large(60'000, 'x');
  for (int n = 8; n <= 50; ++n) ASSERT_TRUE(ana.post(message(room, large)));
  for (const bool forward : {false, true}) {
    HistoryQuery query{.room_id = room, .limit = 100, .after = forward ? "0" : ""};
    std::vector<Seqs> pages;
    Seqs all;
    for (;;) {
      const auto page = ben.historyPage(query);
      ASSERT_EQ(codeOf(page), "ok");
      EXPECT_LT(page->json.size(), page_bytes_max + 2 * large.size());
      pages.push_back(seqsOf(*page));
      all.insert(all.end(), pages.back().begin(), pages.back().end());
      if (page->next_seq == 0) break;
      (forward ? query.after : query.before) = std::to_string(page->next_seq);
    }
    EXPECT_EQ(pages.size(), 3u);
    if (!forward) std::ranges::reverse(all);
    Seqs expected(50);
    std::iota(expected.begin(), expected.end(), 1);
    EXPECT_EQ(all, expected);
  }
}

TEST_F(History, aPageThatEndsWithTheLogIsTheLast) {
  EXPECT_EQ(ben.historyPage({.room_id = room, .limit = 7})->next_seq, 0u);
  EXPECT_EQ(ben.historyPage({.room_id = room, .limit = 6})->next_seq, 2u);
}

TEST_F(History, takesMessageIdsAsCursors) {
  EXPECT_EQ(seqsOf(*ben.historyPage({.room_id = room, .before = ids[3]})), Seqs({3, 2, 1}));
  EXPECT_EQ(seqsOf(*ben.historyPage({.room_id = room, .after = ids[3]})), Seqs({5, 6, 7}));
  EXPECT_EQ(seqsOf(*ben.historyPage({.room_id = room, .after = ids[6]})), Seqs());
}

TEST_F(History, hasNothingBeforeTheFirst) {
  for (const std::string& first : {std::string("1"), ids[0], std::string("0")}) {
    const auto page = ben.historyPage({.room_id = room, .before = first});
    EXPECT_EQ(seqsOf(*page), Seqs()) << first;
    EXPECT_EQ(page->next_seq, 0u) << first;
  }
}

TEST_F(History, refusesCursorsThatMeanNothing) {
  for (const char* cursor : {"x", "-1", "1x", "9007199254740992", "msg_nonsense", "99999999999999999999"}) {
    EXPECT_EQ(pathsOf(ben.historyPage({.room_id = room, .before = cursor})), "/before") << cursor;
    EXPECT_EQ(pathsOf(ben.historyPage({.room_id = room, .after = cursor})), "/after") << cursor;
    EXPECT_EQ(pathsOf(ben.historyPage({.room_id = room, .thread = cursor})), "/thread") << cursor;
  }
  EXPECT_EQ(codeOf(ben.historyPage({.room_id = room, .before = "msg_01KEKQYS00R4X8W6M9ZB2T5VNC"})), "not_found");
  EXPECT_EQ(seqsOf(*ben.historyPage({.room_id = room, .after = "9007199254740991"})), Seqs());
}

TEST_F(History, refusesAPageThatNoStoreCouldGive) {
  for (const std::uint32_t limit : {0u, 1000u, UINT32_MAX})
    EXPECT_EQ(pathsOf(ben.historyPage({.room_id = room, .limit = limit})), "/limit") << limit;
  EXPECT_EQ(seqsOf(*ben.historyPage({.room_id = room, .limit = 999})).size(), 7u);
  EXPECT_EQ(seqsOf(*ben.historyPage({.room_id = room, .message_types = Strings(16, "text")})).size(), 7u);
  EXPECT_EQ(pathsOf(ben.historyPage({.room_id = room, .message_types = Strings(17, "text")})), "/message_type");
}

TEST_F(History, isFilteredByTypeSenderAndThread) {
  ASSERT_EQ(codeOf(ben.post(message(room, "m8", R"(,"message_type":"short")"))), "ok");
  ASSERT_EQ(codeOf(ben.post(message(room, "m9", R"(,"thread":")" + ids[0] + '"'))), "ok");
  ASSERT_EQ(codeOf(ana.post(message(room, "m10", R"(,"message_type":"checked","thread":")" + ids[0] + '"'))), "ok");
  EXPECT_EQ(seqsOf(*ana.historyPage({.room_id = room, .message_types = {"short", "checked"}})), Seqs({10, 8}));
  EXPECT_EQ(seqsOf(*ana.historyPage({.room_id = room, .sender = "ben"})), Seqs({9, 8}));
  EXPECT_EQ(seqsOf(*ana.historyPage({.room_id = room, .thread = ids[0]})), Seqs({10, 9}));
  EXPECT_EQ(seqsOf(*ana.historyPage({.room_id = room, .message_types = {"text"}, .sender = "ben", .thread = ids[0]})), Seqs({9}));
}

// A store looks at so many records at a time. What a filter wants may lie behind them: the page is short then, and says where to go on.
TEST(HistoryOfALongRoom, isReachedToItsEndThroughAFilter) {
  World world(1, {.store = {.looks_max = 3}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  for (int n = 1; n <= 100; ++n)
    ASSERT_EQ(codeOf(ana.post(message(room, "m", n == 2 || n == 3 || n == 60 ? R"(,"message_type":"short")" : ""))), "ok");
  const auto walk = [&](HistoryQuery query) {
    std::vector<std::int64_t> found;
    unsigned pages = 0, empty = 0;
    for (; pages < 100; ++pages) {
      const auto page = ana.historyPage(query);
      EXPECT_EQ(codeOf(page), "ok");
      const auto list = JsonDocument::parse(page->json);
      empty += !list->root().first().exists();
      for (JsonView item = list->root().first(); item.exists(); item = item.sibling(list->root())) found.push_back(number(item["seq"]));
      if (page->next_seq == 0) break;
      (page->forward ? query.after : query.before) = std::to_string(page->next_seq);
    }
    EXPECT_GT(empty, 0u) << "one request does not read the whole log";
    EXPECT_LT(pages, 10u) << "nor does the client have to ask for every look of the store";
    return found;
  };
  using Seqs = std::vector<std::int64_t>;
  EXPECT_EQ(walk({.room_id = room, .message_types = {"short"}}), Seqs({60, 3, 2}));
  EXPECT_EQ(walk({.room_id = room, .after = "0", .message_types = {"short"}}), Seqs({2, 3, 60}));
  EXPECT_EQ(walk({.room_id = room, .sender = "nobody"}), Seqs());
  EXPECT_EQ(ana.history({.room_id = room, .limit = 20})->root().size(), 20u) << "without a filter every page is full";
}

TEST_F(History, isForMembersAndOverseers) {
  EXPECT_EQ(codeOf(User(world, "dan").historyPage({.room_id = room})), "not_a_member");
  EXPECT_EQ(codeOf(User(world, "eve", ATRIUM_ROLE_SUPERVISOR).historyPage({.room_id = room})), "ok");
}

TEST_F(History, ofARoomWithoutMessagesIsEmpty) {
  const auto page = ana.historyPage({.room_id = ana.room()});
  EXPECT_EQ(page->json, "[]");
  EXPECT_EQ(page->next_seq, 0u);
}

TEST_F(History, saysWhenTheStoreDoesNotAnswer) {
  world.store.options.refuse_read = 1000;
  EXPECT_EQ(codeOf(ana.historyPage({.room_id = room})), "storage_unavailable");
  EXPECT_EQ(codeOf(ana.historyPage({.room_id = room, .before = ids[0]})), "storage_unavailable");
}

}  // namespace
}  // namespace atrium::sim
