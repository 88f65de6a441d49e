// Rooms' logs: positions, pages, heads, trimming.
#include <algorithm>
#include <numeric>
#include <random>

#include "backend.hpp"

namespace atrium::test {
namespace {

class StorageLog : public StorageContract {};
STORAGE_SUITE(StorageLog);

std::vector<std::uint64_t> upTo(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> seqs(last - first + 1);
  std::iota(seqs.begin(), seqs.end(), first);
  return seqs;
}

std::vector<std::uint64_t> downTo(std::uint64_t first, std::uint64_t last) {
  auto seqs = upTo(last, first);
  std::ranges::reverse(seqs);
  return seqs;
}

TEST_P(StorageLog, saysWhatItIs) {
  const atrium_storage_info& info = *store().table().info;
  EXPECT_EQ(std::string(info.name.data, info.name.size), GetParam().name);
  EXPECT_GE(info.struct_size, sizeof(atrium_storage_info));
  EXPECT_LE(info.durability_max, static_cast<std::uint32_t>(ATRIUM_DURABILITY_REPLICATED));
  EXPECT_GE(info.durability_max, static_cast<std::uint32_t>(persistent() ? ATRIUM_DURABILITY_STORED : ATRIUM_DURABILITY_RECEIVED));
}

TEST_P(StorageLog, anUnknownRoomIsEmptyInEveryWay) {
  EXPECT_EQ(store().head(room_).status, ATRIUM_NOT_FOUND);
  EXPECT_EQ(store().locate(room_, id('m', 1)), 0u);
  const Page page = store().page(room_);
  EXPECT_EQ(page.status, ATRIUM_OK);
  EXPECT_TRUE(page.records.empty());
  EXPECT_EQ(page.next, 0u);
  EXPECT_EQ(store().trim(room_, 0, 0, 1), 0u);
}

TEST_P(StorageLog, numbersFromOneAndNamesTheEpoch) {
  const Item first = item(room_), second = item(room_);
  const auto outcomes = store().append({first, second});
  for (std::size_t n = 0; n < 2; ++n) {
    EXPECT_EQ(outcomes[n].status, ATRIUM_OK);
    EXPECT_EQ(outcomes[n].seq, n + 1);
    EXPECT_EQ(outcomes[n].durability, store().table().info->durability_max);
    EXPECT_FALSE(outcomes[n].epoch.empty());
  }
  EXPECT_TRUE(outcomes[0].message == first.message);
  EXPECT_EQ(outcomes[1].sent_at_ms, second.sent_at_ms);
  const Head head = store().head(room_);
  EXPECT_EQ(head.status, ATRIUM_OK);
  EXPECT_EQ(head.first_seq, 1u);
  EXPECT_EQ(head.last_seq, 2u);
  EXPECT_EQ(head.epoch, outcomes[0].epoch);
  EXPECT_EQ(outcomes[1].epoch, outcomes[0].epoch);
}

TEST_P(StorageLog, roomsInOneBatchAreNumberedEachForItselfInTheOrderGiven) {
  constexpr std::size_t rooms = 17;
  std::mt19937 random(7);
  std::vector<std::vector<Item>> expected(rooms);
  for (int round = 0; round < 5; ++round) {
    std::vector<Item> batch;
    for (int n = 0; n < 300; ++n) {
      const std::size_t room = random() % rooms;
      batch.push_back(item(id('r', room + 1)));
      batch.back().body = "{\"n\":" + std::to_string(n) + "}";
      expected[room].push_back(batch.back());
      batch.back().expected_seq = expected[room].size();
    }
    for (const Outcome& outcome : store().append(batch)) ASSERT_EQ(outcome.status, ATRIUM_OK);
  }
  for (std::size_t room = 0; room < rooms; ++room) {
    const Page page = store().page(id('r', room + 1), {.forward = true});
    ASSERT_EQ(page.seqs(), upTo(1, expected[room].size()));
    for (std::size_t n = 0; n < expected[room].size(); ++n) {
      EXPECT_TRUE(page.records[n].message == expected[room][n].message);
      EXPECT_EQ(page.records[n].body, expected[room][n].body);
    }
  }
}

TEST_P(StorageLog, tenantsWithTheSameRoomIdHaveLogsOfTheirOwn) {
  Item theirs = item(room_);
  theirs.tenant_id = "tenant_b";
  fill(room_, 3);
  EXPECT_EQ(store().append(theirs).seq, 1u);
  EXPECT_EQ(store().head(room_).last_seq, 3u);
  EXPECT_EQ(store().head(room_, "tenant_b").last_seq, 1u);
  EXPECT_EQ(store().locate(room_, theirs.message), 0u);
}

TEST_P(StorageLog, anExpectedPositionThatIsNotTheNextOneIsRefusedWithTheLast) {
  fill(room_, 2);
  Item right = item(room_), behind = item(room_), ahead = item(room_), after = item(room_);
  right.expected_seq = 3;
  behind.expected_seq = 3;
  ahead.expected_seq = 9;
  after.expected_seq = 4;
  const auto outcomes = store().append({right, behind, ahead, after});
  EXPECT_EQ(outcomes[0].status, ATRIUM_OK);
  EXPECT_EQ(outcomes[1].status, ATRIUM_PRECONDITION);
  EXPECT_EQ(outcomes[1].seq, 3u);
  EXPECT_EQ(outcomes[2].status, ATRIUM_PRECONDITION);
  EXPECT_EQ(outcomes[2].seq, 3u);
  EXPECT_EQ(outcomes[3].status, ATRIUM_OK);
  EXPECT_EQ(outcomes[3].seq, 4u);
  EXPECT_EQ(store().page(room_).seqs(), downTo(4, 1));
}

TEST_P(StorageLog, aRefusedFirstAppendLeavesTheRoomUnknown) {
  Item early = item(room_);
  early.expected_seq = 2;
  const Outcome outcome = store().append(early);
  EXPECT_EQ(outcome.status, ATRIUM_PRECONDITION);
  EXPECT_EQ(outcome.seq, 0u);
  EXPECT_EQ(store().head(room_).status, ATRIUM_NOT_FOUND);
}

TEST_P(StorageLog, givesBackEveryByteItWasGiven) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  Item full = item(room_);
  full.thread = id('t', 5);
  full.sender_id = std::string("a\0na", 4) + std::string(ATRIUM_SENDER_MAX - 4, 's');
  full.message_type = std::string(ATRIUM_MESSAGE_TYPE_MAX, 't');
  full.audience = bytes + std::string(ATRIUM_AUDIENCE_MAX - bytes.size(), '\0');
  full.body = bytes + std::string(70'000, 'b') + bytes;
  full.body_format = 200;
  full.kind = 3;
  full.sent_at_ms = 1'799'999'999'999;
  Item bare = item(room_);
  bare.sender_id.clear();
  bare.body.clear();
  store().append({full, bare});

  const Page page = store().page(room_, {.forward = true});
  ASSERT_EQ(page.records.size(), 2u);
  const Record& record = page.records[0];
  EXPECT_TRUE(record.message == full.message);
  EXPECT_TRUE(record.thread == full.thread);
  EXPECT_EQ(record.sender_id, full.sender_id);
  EXPECT_EQ(record.message_type, full.message_type);
  EXPECT_EQ(record.audience, full.audience);
  EXPECT_EQ(record.body, full.body);
  EXPECT_EQ(record.body_format, full.body_format);
  EXPECT_EQ(record.kind, full.kind);
  EXPECT_EQ(record.sent_at_ms, full.sent_at_ms);
  EXPECT_EQ(page.records[1].sender_id, "");
  EXPECT_EQ(page.records[1].audience, "");
  EXPECT_EQ(page.records[1].body, "");
  EXPECT_TRUE(page.records[1].thread == atrium_id{});
}

TEST_P(StorageLog, takesTheLargestBody) {
  Item large = item(room_);
  large.body = std::string(ATRIUM_BODY_MAX, 'x');
  EXPECT_EQ(store().append(large).status, ATRIUM_OK);
  EXPECT_EQ(store().page(room_).records.at(0).body, large.body);
}

TEST_P(StorageLog, pagesBackwardsFromTheNewest) {
  fill(room_, 10);
  Page page = store().page(room_, {.limit = 4});
  EXPECT_EQ(page.seqs(), downTo(10, 7));
  EXPECT_EQ(page.next, 7u);
  page = store().page(room_, {.limit = 4, .before_seq = page.next});
  EXPECT_EQ(page.seqs(), downTo(6, 3));
  page = store().page(room_, {.limit = 4, .before_seq = page.next});
  EXPECT_EQ(page.seqs(), downTo(2, 1));
  EXPECT_EQ(page.next, 0u);
  EXPECT_EQ(store().page(room_, {.before_seq = 1}).records.size(), 0u);
  EXPECT_EQ(store().page(room_, {.limit = 2, .before_seq = UINT64_MAX}).seqs(), downTo(10, 9));
}

TEST_P(StorageLog, pagesForwardsFromAPosition) {
  fill(room_, 10);
  Page page = store().page(room_, {.limit = 4, .forward = true});
  EXPECT_EQ(page.seqs(), upTo(1, 4));
  EXPECT_EQ(page.next, 4u);
  page = store().page(room_, {.limit = 6, .after_seq = page.next, .forward = true});
  EXPECT_EQ(page.seqs(), upTo(5, 10));
  EXPECT_EQ(page.next, 0u);
  EXPECT_EQ(store().page(room_, {.after_seq = 10, .forward = true}).records.size(), 0u);
  EXPECT_EQ(store().page(room_, {.after_seq = UINT64_MAX, .forward = true}).records.size(), 0u);
  // Reading forwards does not look at where reading backwards would start.
  EXPECT_EQ(store().page(room_, {.limit = 2, .before_seq = 2, .after_seq = 5, .forward = true}).seqs(), upTo(6, 7));
}

TEST_P(StorageLog, filtersByTypeSenderAndThread) {
  const std::vector<std::string> types{"text", "alert", "system"};
  const std::vector<std::string> senders{"ana", "ben"};
  std::vector<Item> batch;
  for (std::uint64_t n = 0; n < 60; ++n) {
    batch.push_back(item(room_));
    batch.back().message_type = types[n % 3];
    batch.back().sender_id = senders[n % 2];
    if (n % 5 == 0) batch.back().thread = id('t', 1);
  }
  store().append(batch);
  const auto matching = [&](const PageRequest& request) {
    std::vector<std::uint64_t> seqs;
    for (std::uint64_t n = 0; n < batch.size(); ++n) {
      if (!request.message_types.empty() && std::ranges::find(request.message_types, batch[n].message_type) == request.message_types.end())
        continue;
      if (!request.sender_id.empty() && batch[n].sender_id != request.sender_id) continue;
      if (!(request.thread == atrium_id{}) && !(batch[n].thread == request.thread)) continue;
      seqs.push_back(n + 1);
    }
    if (!request.forward) std::ranges::reverse(seqs);
    if (seqs.size() > request.limit) seqs.resize(request.limit);
    return seqs;
  };
  for (const bool forward : {false, true})
    for (const std::uint32_t limit : {3u, 1000u})
      for (const PageRequest& request :
           {PageRequest{.message_types = {"alert"}}, PageRequest{.message_types = {"alert", "system"}}, PageRequest{.sender_id = "ben"},
            PageRequest{.thread = id('t', 1)}, PageRequest{.message_types = {"text"}, .sender_id = "ana", .thread = id('t', 1)},
            PageRequest{.message_types = {"aler", "alerts", ""}}, PageRequest{.thread = id('t', 2)}}) {
        PageRequest asked = request;
        asked.forward = forward;
        asked.limit = limit;
        EXPECT_EQ(store().page(room_, asked).seqs(), matching(asked));
      }
}

TEST_P(StorageLog, aFilterThatMatchesNothingLooksAtABoundedNumberOfRecords) {
  constexpr std::uint64_t total = 25'000;
  fill(room_, total);
  PageRequest request{.message_types = {"never"}};
  std::uint64_t calls = 0;
  std::uint64_t before = total + 1;
  for (Page page = store().page(room_, request);; page = store().page(room_, request)) {
    ++calls;
    ASSERT_EQ(page.status, ATRIUM_OK);
    ASSERT_TRUE(page.records.empty());
    if (page.next == 0) break;
    ASSERT_LT(page.next, before);
    request.before_seq = before = page.next;
  }
  EXPECT_GT(calls, 1u);
  EXPECT_LE(calls, 25u);
}

TEST_P(StorageLog, aPageEndsWhenItsReaderHasEnough) {
  fill(room_, 5);
  const atrium_page_query query{.struct_size = sizeof(atrium_page_query),
                                .limit = 5,
                                .room = roomKey(room_),
                                .before_seq = 0,
                                .after_seq = 0,
                                .forward = 0,
                                .message_type_count = 0,
                                .message_types = nullptr,
                                .sender_id = {},
                                .thread = {}};
  std::uint64_t last = 0, next = 0;
  const auto stop_at_four = [](void* context, const atrium_record* record) -> std::uint32_t {
    *static_cast<std::uint64_t*>(context) = record->seq;
    return record->seq != 4;
  };
  EXPECT_EQ(store().table().page(store().self(), &query, stop_at_four, &last, &next), ATRIUM_OK);
  EXPECT_EQ(last, 4u);
  EXPECT_EQ(next, 4u);
}

TEST_P(StorageLog, locatesMessagesOfTheRoomOnly) {
  const atrium_id other = id('r', 2);
  const Item here = item(room_), there = item(other), here_too = item(room_);
  store().append({here, there, here_too});
  EXPECT_EQ(store().locate(room_, here.message), 1u);
  EXPECT_EQ(store().locate(room_, here_too.message), 2u);
  EXPECT_EQ(store().locate(other, there.message), 1u);
  EXPECT_EQ(store().locate(room_, there.message), 0u);
  EXPECT_EQ(store().locate(room_, id('m', 999)), 0u);
}

TEST_P(StorageLog, trimsFromTheStartAndNeverMakesAHole) {
  fill(room_, 10);
  EXPECT_EQ(store().trim(room_, 4, 0, 0), 6u);
  EXPECT_EQ(store().page(room_).seqs(), downTo(10, 7));
  EXPECT_EQ(store().page(room_, {.after_seq = 2, .forward = true}).seqs(), upTo(7, 10));
  EXPECT_EQ(store().page(room_, {.limit = 3}).next, 8u);
  EXPECT_EQ(store().page(room_, {.limit = 4}).next, 0u);
  EXPECT_EQ(store().head(room_).first_seq, 7u);
  EXPECT_EQ(store().locate(room_, id('m', 6)), 0u);
  EXPECT_EQ(store().locate(room_, id('m', 7)), 7u);
  EXPECT_EQ(store().trim(room_, 4, 0, 0), 0u);
  fill(room_, 1);
  EXPECT_EQ(store().page(room_).seqs(), downTo(11, 7));
}

TEST_P(StorageLog, trimKeepsWhatIsYoungAndStopsAtTheFirstOfIt) {
  std::vector<Item> batch;
  for (const std::uint64_t sent_at_ms : {1000, 2000, 5000, 3000, 6000}) {
    batch.push_back(item(room_));
    batch.back().sent_at_ms = sent_at_ms;
  }
  store().append(batch);
  EXPECT_EQ(store().trim(room_, 0, 4000, 10'000), 2u);  // The third is young; the fourth, though old, stands behind it.
  EXPECT_EQ(store().page(room_).seqs(), downTo(5, 3));
  EXPECT_EQ(store().trim(room_, 2, 10'000, 10'000), 1u);
  EXPECT_EQ(store().page(room_).seqs(), downTo(5, 4));
}

TEST_P(StorageLog, goesOnCountingWhenEverythingWasTrimmed) {
  fill(room_, 5000);
  const std::string epoch = store().head(room_).epoch;
  EXPECT_EQ(store().trim(room_, 0, 0, 0), 5000u);
  EXPECT_TRUE(store().page(room_).records.empty());
  Head head = store().head(room_);
  EXPECT_EQ(head.status, ATRIUM_OK);
  EXPECT_EQ(head.first_seq, 5001u);
  EXPECT_EQ(head.last_seq, 5000u);
  EXPECT_EQ(store().append(item(room_)).seq, 5001u);
  head = store().head(room_);
  EXPECT_EQ(head.first_seq, 5001u);
  EXPECT_EQ(head.last_seq, 5001u);
  EXPECT_EQ(head.epoch, epoch);
}

}  // namespace
}  // namespace atrium::test
