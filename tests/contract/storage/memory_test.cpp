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
