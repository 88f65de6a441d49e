#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace atrium::test {

// The files of a machine, by path.
using Files = std::map<std::string, std::string>;

// A disk under SQLite that can lose its power, fail to sync, or be full.
//
// It is a SQLite VFS over the ordinary one, and the default while it lives, so that a store opened meanwhile runs on it unknowingly.
// Everything passes through to real files; beside them it keeps what each file would hold if the power failed now: its content at the last
// sync, and the writes since then, which a disk may have kept in any part and order. Creating and deleting files counts as synced. The real
// files are never synced, so that tests need not wait for the machine's own disk.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // Called before each write, truncation and sync of a file, on the thread that does it.
  void onOperation(std::function<void()> hook) { hook_ = std::move(hook); }

  // What a power cut leaves, now: nothing that was not synced...
  [[nodiscard]] Files afterCut() const;
  // ...or any part of it, by sectors of 512 bytes.
  [[nodiscard]] Files afterCut(std::mt19937_64& random) const;

  // Makes the n-th sync from now fail, counting from 1, and every one after it succeed: the disk forgets that it failed.
  void failSync(std::uint64_t n) { sync_to_fail_ = n; }
  [[nodiscard]] bool syncFailed() const { return sync_failed_; }
  // Makes the next read of a file fail.
  void failRead() { fail_read_ = true; }
  // Bytes by which files may still grow. Unlimited at first.
  void space(std::int64_t bytes) { space_ = bytes; }

  [[nodiscard]] std::uint64_t operations() const { return operations_; }

 private:
  struct Methods;
  struct Change {
    std::int64_t offset;
    std::string bytes;
    bool truncate;
  };
  struct File {
    std::string synced;
    std::vector<Change> pending;
    std::int64_t size = 0;
  };

  void operation();
  static void apply(std::string& content, const Change& change);

  sqlite3_vfs* const beneath_;
  sqlite3_vfs vfs_;
  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  std::function<void()> hook_;
  std::uint64_t operations_ = 0;
  std::uint64_t sync_to_fail_ = 0;
  bool sync_failed_ = false;
  bool fail_read_ = false;
  std::optional<std::int64_t> space_;  // Nothing: unlimited.
};

}  // namespace atrium::test
