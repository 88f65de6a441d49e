// What a start finds of the one before.
#include "backend.hpp"

namespace atrium::test {
namespace {

class StorageReopen : public StorageContract {};
STORAGE_SUITE(StorageReopen);

TEST_P(StorageReopen, aPersistentStoreKeepsEverythingAnotherBeginsAnewUnderANewEpoch) {
  fill(room_, 20);
  ASSERT_EQ(store().trim(room_, 15, 0, 0), 5u);
  store().write({{{"room", "r"}, "v"}});
  const Head before = store().head(room_);
  const Page page = store().page(room_);
  open();
  if (persistent()) {
    EXPECT_EQ(store().head(room_).epoch, before.epoch);
    EXPECT_EQ(store().head(room_).first_seq, 6u);
    EXPECT_EQ(store().page(room_).seqs(), page.seqs());
    EXPECT_EQ(store().get({"room", "r"}).version, 1u);
    EXPECT_EQ(store().append(item(room_)).seq, 21u);
  } else {
    EXPECT_EQ(store().head(room_).status, ATRIUM_NOT_FOUND);
    EXPECT_TRUE(store().scan({}).empty());
    const Outcome first = store().append(item(room_));
    EXPECT_EQ(first.seq, 1u);
    EXPECT_NE(first.epoch, before.epoch);
  }
}

TEST_P(StorageReopen, aFullyTrimmedRoomGoesOnCounting) {
  if (!persistent()) GTEST_SKIP() << "nothing outlives this store";
  fill(room_, 7);
  ASSERT_EQ(store().trim(room_, 0, 0, 0), 7u);
  open();
  EXPECT_EQ(store().head(room_).last_seq, 7u);
  EXPECT_EQ(store().append(item(room_)).seq, 8u);
}

TEST_P(StorageReopen, keysAreStillKnown) {
  if (!persistent()) GTEST_SKIP() << "nothing outlives this store";
  std::vector<Item> items;
  for (int n = 0; n < 900; ++n) {
    items.push_back(item(room_));
    if (n % 3 == 0) items.back().idempotency_key = "key " + std::to_string(n);
    items.back().fingerprint = static_cast<std::uint64_t>(n);
  }
  // Two keys a day older than the rest: one is forgotten by then, one is just owed.
  items[0].sent_at_ms = items[899].sent_at_ms - ATRIUM_KEYED_MS;
  items[3].sent_at_ms = items[899].sent_at_ms - ATRIUM_KEYED_MS + 10;
  store().append(items);
  open();
  for (const int n : {3, 6, 450, 897}) {
    Item again = items[n];
    again.message = item(room_).message;
    again.sent_at_ms = items[899].sent_at_ms;
    const Outcome outcome = store().append(again);
    EXPECT_EQ(outcome.status, ATRIUM_DUPLICATE) << n;
    EXPECT_EQ(outcome.seq, static_cast<std::uint64_t>(n) + 1);
    EXPECT_TRUE(outcome.message == items[n].message);
    again.fingerprint += 1;
    EXPECT_EQ(store().append(again).status, ATRIUM_CONFLICT);
  }
  Item old = items[0];
  old.message = item(room_).message;
  old.sent_at_ms = items[899].sent_at_ms;
  EXPECT_EQ(store().append(old).status, ATRIUM_OK);
}

}  // namespace
}  // namespace atrium::test
