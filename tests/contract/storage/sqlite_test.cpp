// What is SQLite's own: starts that are refused with one sentence, and the bound on the memory for keys.
#include <gtest/gtest.h>

#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>

#include "backend.hpp"

namespace atrium::test {
namespace {

class SqliteStore : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return directory_.path() / "atrium.db"; }

  std::expected<Store, std::string> open(const std::string& path, int key_memory_mib = 16) const {
    return Store::open(ATRIUM_STORAGE_SQLITE, R"({"path": ")" + path + R"(", "cache_mib": 4, "wal_mib": 1, "key_memory_mib": )" +
                                                  std::to_string(key_memory_mib) + R"(, "readers": 1})");
  }

  // The sentence with which a start over `path` is refused.
  std::string refusal(const std::string& path) const {
    const auto opened = open(path);
    return opened ? "it was opened" : opened.error();
  }

  void run(const char* sql) const {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &connection), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(connection);
    sqlite3_close(connection);
  }

  const TemporaryDirectory directory_;
};

TEST_F(SqliteStore, refusesADirectory) {
  EXPECT_EQ(refusal(directory_.path()), "The database path " + directory_.path().string() + " is a directory.");
}

TEST_F(SqliteStore, refusesAPathWhoseDirectoryIsMissing) {
  const std::string missing = directory_.path() / "missing" / "atrium.db";
  EXPECT_NE(refusal(missing).find("No such file or directory"), std::string::npos) << refusal(missing);
}

TEST_F(SqliteStore, refusesAReadOnlyFile) {
  ASSERT_TRUE(open(path()));
  ASSERT_EQ(chmod(path().c_str(), 0444), 0);
  EXPECT_EQ(refusal(path()), "The database " + path() + " is read-only.");
}

TEST_F(SqliteStore, refusesAFileThatIsNoDatabase) {
  std::ofstream(path()) << std::string(10'000, 'x');
  EXPECT_EQ(refusal(path()), "The file " + path() + " is not a SQLite database.");
}

TEST_F(SqliteStore, refusesAnotherProgramsDatabase) {
  run("CREATE TABLE theirs (id INTEGER)");
  EXPECT_EQ(refusal(path()), "The file " + path() + " is a SQLite database, but not one of Atrium's.");
}

TEST_F(SqliteStore, refusesANewerSchema) {
  ASSERT_TRUE(open(path()));
  run("PRAGMA user_version = 7");
  EXPECT_EQ(refusal(path()), "The database " + path() + " has schema version 7; this server knows version 1.");
}

TEST_F(SqliteStore, refusesADatabaseThatLostATable) {
  ASSERT_TRUE(open(path()));
  run("DROP TABLE messages");
  EXPECT_EQ(refusal(path()), "The database " + path() + " cannot be opened: no such table: messages.");
}

TEST_F(SqliteStore, refusesATruncatedFile) {
  {
    const auto store = open(path());
    ASSERT_TRUE(store);
    Item item;
    item.room = id('r', 1);
    item.message = id('m', 1);
    item.body = std::string(500'000, 'b');
    ASSERT_EQ(store->append(item).status, ATRIUM_OK);
  }
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
  EXPECT_EQ(refusal(path()).find("The database " + path() + " is damaged: "), 0u) << refusal(path());
}

TEST_F(SqliteStore, refusesAFileThatIsInUse) {
  const auto first = open(path());
  ASSERT_TRUE(first);
  EXPECT_EQ(refusal(path()), "The database " + path() + " is in use by another process.");
}

TEST_F(SqliteStore, makesAFileThatOnlyItsOwnerReads) {
  ASSERT_TRUE(open(path()));
  struct stat found{};
  ASSERT_EQ(stat(path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(SqliteStore, damageFoundLaterIsFinal) {
  std::uintmax_t size = 0;
  {
    const auto store = open(path());
    ASSERT_TRUE(store);
    std::vector<Item> items(500);
    for (std::size_t n = 0; n < items.size(); ++n) {
      items[n].room = id('r', 1);
      items[n].message = id('m', n + 1);
      items[n].body = std::string(1000, 'b');
    }
    store->append(items);
  }
  size = std::filesystem::file_size(path());
  {
    std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(size / 4));
    file << std::string(size / 2, '\xee');
  }
  const auto store = open(path());
  if (!store) {
    EXPECT_NE(store.error().find("is damaged"), std::string::npos) << store.error();
    return;
  }
  EXPECT_EQ(store->page(id('r', 1)).status, ATRIUM_FATAL);
  EXPECT_EQ(store->head(id('r', 1)).status, ATRIUM_FATAL);
}

// Whoever goes on writing into a removed file is told by the system that all is synced.
TEST_F(SqliteStore, confirmsNothingOnceAFileIsRemovedOrReplaced) {
  const auto replace = [](const std::string& file) {
    std::filesystem::copy_file(file, file + "-copy");
    std::filesystem::rename(file + "-copy", file);
  };
  const auto remove = [](const std::string& file) { std::filesystem::remove(file); };
  for (const char* suffix : {"", "-wal"})
    for (const bool removed : {true, false}) {
      SCOPED_TRACE(std::string(removed ? "removed: " : "replaced: ") + "atrium.db" + suffix);
      const TemporaryDirectory directory;
      const std::string database = directory.path() / "atrium.db";
      const auto store = open(database);
      ASSERT_TRUE(store);
      Item item;
      item.room = id('r', 1);
      item.message = id('m', 1);
      ASSERT_EQ(store->append(item).status, ATRIUM_OK);
      removed ? remove(database + suffix) : replace(database + suffix);
      item.message = id('m', 2);
      atrium_status status = ATRIUM_OK;
      store->append({item}, &status);
      EXPECT_EQ(status, ATRIUM_FATAL);
      EXPECT_EQ(store->write({{.key = {"k"}, .value = "v"}}).status, ATRIUM_FATAL);
    }
}

TEST_F(SqliteStore, keysOutliveTheirRoomsLeavingMemory) {
  constexpr std::uint64_t rooms = 60, keys = 2000;
  const auto store = open(path(), 1);  // Room for the keys of about thirty of these rooms.
  ASSERT_TRUE(store);
  std::uint64_t message = 0;
  const auto keyed = [&](std::uint64_t room, std::uint64_t key) {
    Item item;
    item.room = id('r', room);
    item.message = id('m', ++message);
    item.idempotency_key = std::to_string(key);
    return item;
  };
  for (std::uint64_t room = 1; room <= rooms; ++room)
    for (std::uint64_t key = 0; key < keys;) {
      std::vector<Item> batch;
      for (; batch.size() < ATRIUM_BATCH_MAX; ++key) batch.push_back(keyed(room, key));
      for (const Outcome& outcome : store->append(batch)) ASSERT_EQ(outcome.status, ATRIUM_OK);
    }
  for (std::uint64_t room = 1; room <= rooms; ++room) {
    const Outcome outcome = store->append(keyed(room, room * 7));
    EXPECT_EQ(outcome.status, ATRIUM_DUPLICATE);
    EXPECT_EQ(outcome.seq, room * 7 + 1);
  }
}

}  // namespace
}  // namespace atrium::test
