// What SQLite storage does when the machine fails it: no power, a sync that fails, a disk that is full.
//
// A power cut is simulated by looking: at chosen operations of a running store the test notes what the disk would hold if the power failed
// there, and how much had been confirmed. Afterwards each of those disks is opened as after a reboot and must hold everything confirmed, in
// its place, once; of the batch under way all or nothing.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "backend.hpp"
#include "faulty_disk.hpp"

namespace atrium::test {
namespace {

constexpr std::uint64_t rooms = 5;
constexpr std::uint64_t now_ms = 1'800'000'000'000;

std::string optionsFor(const std::filesystem::path& directory) {
  return R"({"path": ")" + (directory / "atrium.db").string() + R"(", "cache_mib": 4, "wal_mib": 1, "key_memory_mib": 16, "readers": 1})";
}

std::expected<Store, std::string> openIn(const std::filesystem::path& directory) {
  return Store::open(ATRIUM_STORAGE_SQLITE, optionsFor(directory));
}

// One thing a client of the store did.
struct Step {
  std::vector<Item> messages;  // Or, when there are none...
  std::vector<Write> writes;   // ...or, when there are none either, a checkpoint in a quiet moment.
};

// The same seed gives the same steps.
std::vector<Step> stepsOf(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::vector<Step> steps(count);
  std::uint64_t message = 0;
  for (Step& step : steps) {
    const auto kind = random() % 10;
    if (kind < 8) {
      step.messages.resize(1 + random() % 40);
      for (Item& item : step.messages) {
        item.room = id('r', 1 + random() % rooms);
        item.message = id('m', ++message);
        item.sent_at_ms = now_ms + message;
        item.fingerprint = message;
        item.body = std::string(20 + random() % 700, static_cast<char>('a' + message % 26)) + std::to_string(message);
        if (random() % 2 == 0) item.idempotency_key = "key " + std::to_string(message);
      }
    } else if (kind == 8) {
      for (std::uint64_t n = 1 + random() % 4; n > 0; --n)
        step.writes.push_back({{"doc", std::to_string(n)}, std::string(random() % 3000, 'd')});
    }
  }
  return steps;
}

void perform(const Store& store, const Step& step) {
  if (!step.messages.empty()) {
    for (const Outcome& outcome : store.append(step.messages)) ASSERT_EQ(outcome.status, ATRIUM_OK);
  } else if (!step.writes.empty()) {
    ASSERT_EQ(store.write(step.writes).status, ATRIUM_OK);
  } else {
    ASSERT_EQ(store.table().maintain(store.self(), 1000), ATRIUM_OK);
  }
}

// What a store holds after some steps.
struct Model {
  std::map<std::uint64_t, std::vector<Item>> logs;  // By number of the room; the place in the vector is seq - 1.
  std::map<Key, Document> documents;

  void take(const Step& step) {
    for (const Item& item : step.messages) logs[item.room.bytes[15]].push_back(item);
    for (const Write& write : step.writes) documents[write.key] = {write.key, documents[write.key].version + 1, write.value};
  }

  [[nodiscard]] bool isWhatIsIn(const Store& store) const {
    std::vector<Document> expected;
    for (const auto& [key, document] : documents) expected.push_back(document);
    if (store.scan({}) != expected) return false;
    for (std::uint64_t room = 1; room <= rooms; ++room) {
      const auto found = logs.find(room);
      const std::size_t size = found == logs.end() ? 0 : found->second.size();
      std::size_t seq = 0;
      for (Page page = store.page(id('r', room), {.forward = true}); !page.records.empty();
           page = store.page(id('r', room), {.after_seq = page.records.back().seq, .forward = true})) {
        for (const Record& record : page.records) {
          if (seq == size || record.seq != seq + 1) return false;
          const Item& item = found->second[seq++];
          if (!(record.message == item.message) || record.body != item.body || record.sent_at_ms != item.sent_at_ms) return false;
        }
      }
      if (seq != size) return false;
    }
    return true;
  }
};

struct Cut {
  Files files;
  std::size_t confirmed;  // Steps
};

// Opens what a cut left, as after a reboot, and looks whether the promise was kept.
void verify(const Cut& cut, const std::vector<Step>& steps, const std::filesystem::path& ran_in) {
  const TemporaryDirectory directory;
  for (const auto& [path, content] : cut.files)
    std::ofstream(directory.path() / std::filesystem::relative(path, ran_in), std::ios::binary) << content;
  const FaultyDisk disk;
  const auto opened = openIn(directory.path());
  ASSERT_TRUE(opened) << opened.error();

  Model confirmed;
  for (std::size_t n = 0; n < cut.confirmed; ++n) confirmed.take(steps[n]);
  Model with_next = confirmed;
  if (cut.confirmed < steps.size()) with_next.take(steps[cut.confirmed]);
  const bool next_survived = !confirmed.isWhatIsIn(*opened);
  ASSERT_TRUE(!next_survived || with_next.isWhatIsIn(*opened)) << "after " << cut.confirmed << " confirmed steps";
  // Clients send again what they had no answer for, and what they had one for: each stands once.
  for (const std::size_t repeated : {cut.confirmed, cut.confirmed - 1}) {
    if (repeated >= steps.size()) continue;
    std::vector<Item> keyed;
    for (const Item& item : steps[repeated].messages)
      if (!item.idempotency_key.empty()) keyed.push_back(item);
    if (keyed.empty()) continue;
    const bool stored = repeated < cut.confirmed || next_survived;
    for (const Outcome& outcome : opened->append(keyed)) ASSERT_EQ(outcome.status, stored ? ATRIUM_DUPLICATE : ATRIUM_OK);
    for (const Outcome& outcome : opened->append(keyed)) ASSERT_EQ(outcome.status, ATRIUM_DUPLICATE);
  }
}

class StoragePowerCut : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, StoragePowerCut, testing::Range<std::uint64_t>(1, 11));

TEST_P(StoragePowerCut, losesDoublesAndMovesNothingConfirmed) {
  constexpr std::size_t cuts_max = 30;
  const TemporaryDirectory directory;
  const auto steps = stepsOf(GetParam(), 120);
  std::mt19937_64 random(GetParam());
  std::vector<Cut> cuts;
  {
    FaultyDisk disk;
    std::size_t confirmed = 0;
    std::uint64_t next_cut = 0;
    auto store = openIn(directory.path());
    ASSERT_TRUE(store) << store.error();
    disk.onOperation([&] {
      if (disk.operations() < next_cut || cuts.size() == cuts_max) return;
      next_cut = disk.operations() + 1 + random() % 150;
      cuts.push_back({random() % 2 == 0 ? disk.afterCut(random) : disk.afterCut(), confirmed});
    });
    for (const Step& step : steps) {
      ASSERT_NO_FATAL_FAILURE(perform(*store, step));
      ++confirmed;
    }
    disk.onOperation(nullptr);
    cuts.push_back({disk.afterCut(), confirmed});
  }
  ASSERT_GE(cuts.size(), 21u);
  for (const Cut& cut : cuts) ASSERT_NO_FATAL_FAILURE(verify(cut, steps, directory.path()));
}

// Every call answers ATRIUM_FATAL, reads too.
void expectLost(const Store& store) {
  const auto steps = stepsOf(99, 3);
  atrium_status answered = ATRIUM_OK;
  for (const Outcome& outcome : store.append(std::vector{steps[0].messages}, &answered)) EXPECT_EQ(outcome.status, ATRIUM_FATAL);
  EXPECT_EQ(answered, ATRIUM_FATAL);
  EXPECT_EQ(store.write({{{"late"}, "v"}}).status, ATRIUM_FATAL);
  EXPECT_EQ(store.table().maintain(store.self(), 1000), ATRIUM_FATAL);
  EXPECT_EQ(store.head(id('r', 1)).status, ATRIUM_FATAL);
  EXPECT_EQ(store.page(id('r', 1)).status, ATRIUM_FATAL);
}

class StorageSyncError : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(NthSync, StorageSyncError, testing::Range<std::uint64_t>(1, 51));

TEST_P(StorageSyncError, nothingIsConfirmedAfterIt) {
  const TemporaryDirectory directory;
  const auto steps = stepsOf(GetParam(), 80);
  Model confirmed;
  std::size_t failed_at = 0;
  {
    FaultyDisk disk;
    disk.failSync(GetParam());
    auto store = openIn(directory.path());
    if (!store) {  // It failed while the file was being made: the start is refused, and the next one works.
      ASSERT_TRUE(disk.syncFailed());
      ASSERT_FALSE(store.error().empty());
    } else {
      for (; failed_at < steps.size(); ++failed_at) {
        const Step& step = steps[failed_at];
        const atrium_status status = !step.messages.empty() ? store->append(step.messages).front().status
                                     : !step.writes.empty() ? store->write(step.writes).status
                                                            : store->table().maintain(store->self(), 1000);
        if (status != ATRIUM_OK) {
          ASSERT_EQ(status, ATRIUM_FATAL);
          break;
        }
        ASSERT_FALSE(disk.syncFailed());
        confirmed.take(step);
      }
      ASSERT_TRUE(disk.syncFailed());
      // Not even when the disk seems well again, and nothing more is written on the strength of what was lost.
      const std::uint64_t operations = disk.operations();
      expectLost(*store);
      store = std::unexpected(std::string());
      EXPECT_EQ(disk.operations(), operations);
    }
  }
  const FaultyDisk well;
  const auto reopened = openIn(directory.path());
  ASSERT_TRUE(reopened) << reopened.error();
  if (!confirmed.isWhatIsIn(*reopened)) {
    confirmed.take(steps[failed_at]);  // In doubt, so it may be there: then whole.
    EXPECT_TRUE(confirmed.isWhatIsIn(*reopened));
  }
}

TEST(StorageReadError, isFinalToo) {
  const TemporaryDirectory directory;
  FaultyDisk disk;
  const auto store = openIn(directory.path());
  ASSERT_TRUE(store) << store.error();
  for (const Step& step : stepsOf(1, 20)) ASSERT_NO_FATAL_FAILURE(perform(*store, step));
  disk.failRead();
  EXPECT_EQ(store->page(id('r', 1)).status, ATRIUM_FATAL);
  expectLost(*store);
}

TEST(StorageDiskFull, refusesWithoutChangeAndRecoversByItself) {
  const TemporaryDirectory directory;
  Model model;
  {
    FaultyDisk disk;
    const auto store = openIn(directory.path());
    ASSERT_TRUE(store) << store.error();
    disk.space(300'000);
    std::uint64_t refused = 0;
    const auto steps = stepsOf(5, 400);
    for (std::size_t n = 0; n < steps.size(); ++n) {
      const Step& step = steps[n];
      atrium_status status = ATRIUM_OK;
      if (!step.messages.empty()) {
        for (const Outcome& outcome : store->append(step.messages, &status)) ASSERT_EQ(outcome.status, status);
      } else if (!step.writes.empty()) {
        status = store->write(step.writes).status;
      } else {
        ASSERT_EQ(store->table().maintain(store->self(), 1000), ATRIUM_OK);
      }
      if (status == ATRIUM_OK) {
        model.take(step);
        continue;
      }
      ASSERT_EQ(status, ATRIUM_FULL);
      ASSERT_TRUE(model.isWhatIsIn(*store));
      if (++refused % 5 == 0) {
        disk.space(300'000);  // Somebody made room: the very same batch now goes through.
        ASSERT_NO_FATAL_FAILURE(perform(*store, step));
        model.take(step);
      }
    }
    EXPECT_GE(refused, 10u);
  }
  const FaultyDisk well;
  const auto reopened = openIn(directory.path());
  ASSERT_TRUE(reopened) << reopened.error();
  EXPECT_TRUE(model.isWhatIsIn(*reopened));
}

}  // namespace
}  // namespace atrium::test
