#include "backend.hpp"

#include <cstdlib>
#include <stdexcept>

namespace atrium::test {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "atrium-storage-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<Backend> allBackends() {
  return {
      {"memory", ATRIUM_STORAGE_MEMORY, R"({"max_records_per_room": 1000000, "max_memory_mib": 1024})"},
      {"sqlite", ATRIUM_STORAGE_SQLITE, R"({"path": "$DIR/atrium.db", "cache_mib": 16, "wal_mib": 4, "key_memory_mib": 64, "readers": 2})"},
  };
}

std::string nameOf(const testing::TestParamInfo<Backend>& info) { return info.param.name; }

void StorageContract::open() {
  store_.reset();
  std::string options = GetParam().options;
  if (const auto at = options.find("$DIR"); at != std::string::npos) options.replace(at, 4, directory_.path().string());
  auto opened = Store::open(GetParam().library, options);
  ASSERT_TRUE(opened) << opened.error();
  store_.emplace(std::move(*opened));
}

Item StorageContract::item(const atrium_id& room) {
  Item item;
  item.room = room;
  item.message = id('m', ++messages_);
  item.sent_at_ms += messages_;
  return item;
}

void StorageContract::fill(const atrium_id& room, std::size_t count) {
  while (count > 0) {
    std::vector<Item> batch;
    for (; count > 0 && batch.size() < ATRIUM_BATCH_MAX; --count) batch.push_back(item(room));
    for (const Outcome& outcome : store().append(batch)) ASSERT_EQ(outcome.status, ATRIUM_OK);
  }
}

}  // namespace atrium::test
