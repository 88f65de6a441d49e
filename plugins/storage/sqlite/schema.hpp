#pragma once
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

#include "atrium/key_window.hpp"
#include "database.hpp"

namespace atrium::sqlite_store {

// What the operator chose in plugin.yaml.
struct Settings {
  std::string path;  // Absolute, or relative to the working directory.
  std::uint64_t cache_mib = 0;
  std::uint64_t wal_mib = 0;
  std::uint64_t key_memory_mib = 0;
  std::uint64_t readers = 0;
};

// The database file, made when there is none and held for this process alone by a lock on a file beside it: this plugin counts on being
// the only one that writes.
class DatabaseFile {
 public:
  // Throws std::runtime_error with one sentence for the operator.
  explicit DatabaseFile(const std::string& path);
  ~DatabaseFile();
  DatabaseFile(const DatabaseFile&) = delete;
  DatabaseFile& operator=(const DatabaseFile&) = delete;

 private:
  int lock_;
};

// The two files that a writing connection has open, the database and its log. One that was removed or replaced goes on taking what is
// written and says that it is synced, and the next start would find nothing of it.
class OpenFiles {
 public:
  // Throws SqliteError. Both are there once the connection has written or checkpointed.
  explicit OpenFiles(const std::string& path);
  // Throws SqliteError unless they still stand where they were opened. Two looks at the directory, microseconds beside a sync.
  void check() const;

 private:
  struct File {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
  };
  std::array<File, 2> files_;
};

// Opens the writing connection: makes the tables when there are none, refuses what is no database of ours, and carries what
// an earlier process left in the write-ahead log over into the file. Throws SqliteError, or std::runtime_error with one sentence for the
// operator.
Connection openWriter(const Settings& settings);
// Throws SqliteError.
Connection openReader(const Settings& settings);

// The sentence for the operator when opening failed with `error`.
std::string refusalOf(const std::string& path, const SqliteError& error);

// The secret of this database's idempotency key hashes.
KeySeed readKeySeed(Connection& connection);

}  // namespace atrium::sqlite_store
