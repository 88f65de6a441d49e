// The bounds of the memory store.
#include <gtest/gtest.h>

#include <stdexcept>

#include "store.hpp"

namespace atrium::test {
namespace {

Store openMemory(const std::string& options) {
  auto opened = Store::open(ATRIUM_STORAGE_MEMORY, options);
  if (!opened) throw std::runtime_error(opened.error());
  return std::move(*opened);
}

Item message(std::uint64_t n, std::size_t body_size = 2) {
  Item item;
  item.room = id('r', 1);
  item.message = id('m', n);
  item.body = std::string(body_size, 'b');
  return item;
}

TEST(MemoryStore, aRoomKeepsItsNewestRecordsAndItsKeys) {
  const Store store = openMemory(R"({"max_records_per_room": 3, "max_memory_mib": 1})");
  Item first = message(1);
  first.idempotency_key = "k";
  store.append(first);
  for (std::uint64_t n = 2; n <= 10; ++n) ASSERT_EQ(store.append(message(n)).seq, n);
  EXPECT_EQ(store.page(first.room).seqs(), (std::vector<std::uint64_t>{10, 9, 8}));
  EXPECT_EQ(store.head(first.room).first_seq, 8u);
  EXPECT_EQ(store.append(first).status, ATRIUM_DUPLICATE);
  EXPECT_EQ(store.append(first).seq, 1u);
}

TEST(MemoryStore, whatDoesNotFitIsRefusedUntilThereIsSpace) {
  const Store store = openMemory(R"({"max_records_per_room": 1000, "max_memory_mib": 1})");
  std::uint64_t n = 1;
  while (store.append(message(n, 10'000)).status == ATRIUM_OK) ++n;
  EXPECT_GT(n, 90u);
  EXPECT_LT(n, 106u);
  EXPECT_EQ(store.append(message(n, 10'000)).status, ATRIUM_FULL);
  EXPECT_EQ(store.head(id('r', 1)).last_seq, n - 1);
  const WriteOutcome refused = store.write({{{"small"}, "v"}, {{"large"}, std::string(100'000, 'v')}});
  EXPECT_EQ(refused.status, ATRIUM_FULL);
  EXPECT_EQ(refused.failed, 1u);
  EXPECT_TRUE(store.scan({}).empty());

  ASSERT_EQ(store.trim(id('r', 1), 10, 0, 0), n - 11);
  EXPECT_EQ(store.append(message(n, 10'000)).seq, n);
  EXPECT_EQ(store.write({{{"large"}, std::string(100'000, 'v')}}).status, ATRIUM_OK);
}

TEST(MemoryStore, keysThatAreForgottenGiveTheirBytesBackWhenTheRoomIsTrimmed) {
  const Store store = openMemory(R"({"max_records_per_room": 1, "max_memory_mib": 1})");
  std::uint64_t messages = 0;
  const auto keyed = [&](std::uint64_t key, std::uint64_t later_ms) {
    Item item = message(++messages);
    item.idempotency_key = std::to_string(key);
    item.sent_at_ms += later_ms;
    return store.append(item).status;
  };
  const std::uint64_t begin_ms = Item{}.sent_at_ms;
  for (std::uint64_t key = 0; key < 5000; ++key) ASSERT_EQ(keyed(key, 0), ATRIUM_OK);
  std::uint64_t key = 5000;
  while (keyed(key, 1000) == ATRIUM_OK) ++key;
  EXPECT_GT(key, 10'000u);

  store.trim(id('r', 1), 1, 0, begin_ms + ATRIUM_KEYED_MS - 1);
  EXPECT_EQ(keyed(key, 1000), ATRIUM_FULL) << "all of them are still owed";
  store.trim(id('r', 1), 1, 0, begin_ms + ATRIUM_KEYED_MS);
  EXPECT_EQ(keyed(5000, 2000), ATRIUM_DUPLICATE) << "the later ones are";
  EXPECT_EQ(keyed(key - 1, 2000), ATRIUM_DUPLICATE);
  for (std::uint64_t again = 0; again < 4000; ++again) ASSERT_EQ(keyed(again, ATRIUM_KEYED_MS + 500), ATRIUM_OK) << again;
  EXPECT_EQ(keyed(3999, ATRIUM_KEYED_MS + 600), ATRIUM_DUPLICATE);

  store.trim(id('r', 1), 1, 0, begin_ms + 3 * ATRIUM_KEYED_MS);
  for (std::uint64_t again = 0; again < 10'000; ++again) ASSERT_EQ(keyed(again, 3 * ATRIUM_KEYED_MS), ATRIUM_OK) << again;
}

TEST(MemoryStore, whatGoesGivesItsBytesBack) {
  const Store store = openMemory(R"({"max_records_per_room": 10, "max_memory_mib": 1})");
  for (std::uint64_t n = 1; n <= 20'000; ++n) {
    Item item = message(n, 1000);
    if (n % 50 == 0) item.idempotency_key = std::to_string(n);
    ASSERT_EQ(store.append(item).status, ATRIUM_OK) << n;
  }
  for (int n = 0; n < 100; ++n) {
    ASSERT_EQ(store.write({{{"d"}, std::string(200'000, 'v')}}).status, ATRIUM_OK);
    ASSERT_EQ(store.write({{{"d"}, "w"}, {{"e"}, "w", 9}}).status, ATRIUM_PRECONDITION);
    ASSERT_EQ(store.write({{.key = {"d"}, .remove = true}}).status, ATRIUM_OK);
  }
}

}  // namespace
}  // namespace atrium::test
