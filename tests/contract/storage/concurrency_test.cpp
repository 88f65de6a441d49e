// Readers beside the writer see whole batches, and everything that was answered before they asked.
#include <atomic>
#include <thread>

#include "backend.hpp"

namespace atrium::test {
namespace {

class StorageConcurrency : public StorageContract {};
STORAGE_SUITE(StorageConcurrency);

TEST_P(StorageConcurrency, readersSeeWhatWasAnsweredAndNoGap) {
  constexpr std::uint64_t batches = 60, batch_size = 20;
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> reads{0};
  const atrium_id room = room_;

  const auto read = [&](bool forward) {
    while (true) {
      const std::uint64_t before = answered.load();
      const Page page = store().page(room, {.limit = 50, .after_seq = before > 50 ? before - 50 : 0, .forward = forward});
      const std::uint64_t after = answered.load() + batch_size;  // One batch may be stored and not yet counted.
      ASSERT_EQ(page.status, ATRIUM_OK);
      if (before > 0) {
        ASSERT_FALSE(page.records.empty());
        const auto [oldest, newest] = std::minmax(page.records.front().seq, page.records.back().seq);
        ASSERT_GE(newest, before);
        ASSERT_LE(newest, after);
        ASSERT_EQ(newest - oldest + 1, page.records.size());
        ASSERT_EQ(store().locate(room, id('m', before)), before);
        ASSERT_GE(store().head(room).last_seq, before);
        ASSERT_GE(store().get({"counter"}).version, before / batch_size);
      }
      ++reads;
      if (before == batches * batch_size) break;
    }
  };
  std::vector<std::thread> readers;
  for (int n = 0; n < 4; ++n) readers.emplace_back(read, n % 2 == 0);
  for (std::uint64_t batch = 0; batch < batches; ++batch) {
    ASSERT_EQ(store().write({{{"counter"}, std::to_string(batch)}}).status, ATRIUM_OK);
    fill(room, batch_size);
    answered += batch_size;
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_GE(reads.load(), 4u);
}

TEST_P(StorageConcurrency, anInlineStoreTakesAppendsFromSeveralThreads) {
  if ((store().table().info->flags & ATRIUM_STORE_INLINE) == 0) GTEST_SKIP() << "this store has one writer";
  constexpr std::uint64_t threads = 4, each = 2000;
  std::vector<std::thread> writers;
  for (std::uint64_t thread = 0; thread < threads; ++thread)
    writers.emplace_back([&, thread] {
      for (std::uint64_t n = 0; n < each; ++n) {
        Item mine, shared;
        mine.room = id('w', thread + 1);
        shared.room = room_;
        mine.message = id('m', 1 + (thread * each + n) * 2);
        shared.message = id('m', 2 + (thread * each + n) * 2);
        mine.idempotency_key = shared.idempotency_key = std::to_string(thread * each + n);
        const auto outcomes = store().append({mine, shared});
        ASSERT_EQ(outcomes[0].status, ATRIUM_OK);
        ASSERT_EQ(outcomes[0].seq, n + 1);
        ASSERT_EQ(outcomes[1].status, ATRIUM_OK);
      }
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store().head(room_).last_seq, threads * each);
}

}  // namespace
}  // namespace atrium::test
