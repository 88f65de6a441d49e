#include "faulty_disk.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace atrium::test {
namespace {

constexpr std::int64_t sector_bytes = 512;

std::string contentOf(const std::string& path) {
  std::string content(std::filesystem::file_size(path), '\0');
  std::ifstream(path, std::ios::binary).read(content.data(), static_cast<std::streamsize>(content.size()));
  return content;
}

}  // namespace

// SQLite's view: an open file is this, followed by the file beneath.
struct FaultyDisk::Methods {
  struct Open {
    sqlite3_file base;
    FaultyDisk* disk;
    File* file;  // nullptr: a temporary file without a name, which no cut concerns.
    [[nodiscard]] sqlite3_file* beneath() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static Open& of(sqlite3_file* file) { return *reinterpret_cast<Open*>(file); }
  static sqlite3_file* below(sqlite3_file* file) { return of(file).beneath(); }
  static const sqlite3_io_methods& methods(sqlite3_file* file) { return *below(file)->pMethods; }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* disk = static_cast<FaultyDisk*>(vfs->pAppData);
    Open& open = of(file);
    open = {};
    const int code = disk->beneath_->xOpen(disk->beneath_, name, open.beneath(), flags, out_flags);
    if (code != SQLITE_OK) return code;
    open.base.pMethods = &table;
    open.disk = disk;
    if (name == nullptr) return SQLITE_OK;
    const std::lock_guard lock(disk->mutex_);
    const auto [known, added] = disk->files_.try_emplace(name);
    if (added) {
      known->second.synced = contentOf(name);
      known->second.size = static_cast<std::int64_t>(known->second.synced.size());
    }
    open.file = &known->second;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    auto* disk = static_cast<FaultyDisk*>(vfs->pAppData);
    {
      const std::lock_guard lock(disk->mutex_);
      disk->files_.erase(name);
    }
    return disk->beneath_->xDelete(disk->beneath_, name, sync_directory);
  }

  static int close(sqlite3_file* file) { return methods(file).xClose(below(file)); }

  static int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    if (std::exchange(of(file).disk->fail_read_, false)) return SQLITE_IOERR_READ;
    return methods(file).xRead(below(file), out, size, offset);
  }

  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    Open& open = of(file);
    open.disk->operation();
    if (open.file != nullptr) {
      const std::lock_guard lock(open.disk->mutex_);
      const std::int64_t growth = std::max<std::int64_t>(0, offset + size - open.file->size);
      if (auto& space = open.disk->space_) {
        if (growth > *space) return SQLITE_FULL;
        *space -= growth;
      }
      open.file->size += growth;
      open.file->pending.push_back({offset, std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size)), false});
    }
    return methods(file).xWrite(below(file), bytes, size, offset);
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Open& open = of(file);
    open.disk->operation();
    if (open.file != nullptr) {
      const std::lock_guard lock(open.disk->mutex_);
      if (auto& space = open.disk->space_) *space += open.file->size - size;
      open.file->size = size;
      open.file->pending.push_back({size, {}, true});
    }
    return methods(file).xTruncate(below(file), size);
  }

  static int sync(sqlite3_file* file, int /*flags*/) {
    Open& open = of(file);
    open.disk->operation();
    if (open.disk->sync_to_fail_ > 0 && --open.disk->sync_to_fail_ == 0) {
      open.disk->sync_failed_ = true;
      return SQLITE_IOERR_FSYNC;
    }
    if (open.file == nullptr) return SQLITE_OK;
    const std::lock_guard lock(open.disk->mutex_);
    for (const Change& change : open.file->pending) apply(open.file->synced, change);
    open.file->pending.clear();
    return SQLITE_OK;
  }

  static int fileSize(sqlite3_file* file, sqlite3_int64* size) { return methods(file).xFileSize(below(file), size); }
  static int lock(sqlite3_file* file, int level) { return methods(file).xLock(below(file), level); }
  static int unlock(sqlite3_file* file, int level) { return methods(file).xUnlock(below(file), level); }
  static int checkReservedLock(sqlite3_file* file, int* out) { return methods(file).xCheckReservedLock(below(file), out); }
  static int fileControl(sqlite3_file* file, int operation, void* argument) {
    return methods(file).xFileControl(below(file), operation, argument);
  }
  static int sectorSize(sqlite3_file* file) { return methods(file).xSectorSize(below(file)); }
  static int deviceCharacteristics(sqlite3_file* file) { return methods(file).xDeviceCharacteristics(below(file)); }
  static int shmMap(sqlite3_file* file, int page, int page_size, int extend, void volatile** out) {
    return methods(file).xShmMap(below(file), page, page_size, extend, out);
  }
  static int shmLock(sqlite3_file* file, int offset, int count, int flags) {
    return methods(file).xShmLock(below(file), offset, count, flags);
  }
  static void shmBarrier(sqlite3_file* file) { methods(file).xShmBarrier(below(file)); }
  static int shmUnmap(sqlite3_file* file, int remove_it) { return methods(file).xShmUnmap(below(file), remove_it); }

  static const sqlite3_io_methods table;
};

const sqlite3_io_methods FaultyDisk::Methods::table = {.iVersion = 2,  // Without memory mapping, which would go past us.
                                                       .xClose = close,
                                                       .xRead = read,
                                                       .xWrite = write,
                                                       .xTruncate = truncate,
                                                       .xSync = sync,
                                                       .xFileSize = fileSize,
                                                       .xLock = lock,
                                                       .xUnlock = unlock,
                                                       .xCheckReservedLock = checkReservedLock,
                                                       .xFileControl = fileControl,
                                                       .xSectorSize = sectorSize,
                                                       .xDeviceCharacteristics = deviceCharacteristics,
                                                       .xShmMap = shmMap,
                                                       .xShmLock = shmLock,
                                                       .xShmBarrier = shmBarrier,
                                                       .xShmUnmap = shmUnmap,
                                                       .xFetch = nullptr,
                                                       .xUnfetch = nullptr};

FaultyDisk::FaultyDisk() : beneath_(sqlite3_vfs_find(nullptr)), vfs_(*beneath_) {
  vfs_.zName = "atrium-faulty-disk";
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.szOsFile += static_cast<int>(sizeof(Methods::Open));
  vfs_.xOpen = Methods::open;
  vfs_.xDelete = Methods::remove;
  sqlite3_vfs_register(&vfs_, 1);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(beneath_, 1);
}

void FaultyDisk::operation() {
  ++operations_;
  if (hook_) hook_();
}

void FaultyDisk::apply(std::string& content, const Change& change) {
  if (change.truncate) {
    content.resize(static_cast<std::size_t>(change.offset));
    return;
  }
  const std::size_t end = static_cast<std::size_t>(change.offset) + change.bytes.size();
  if (content.size() < end) content.resize(end);
  content.replace(static_cast<std::size_t>(change.offset), change.bytes.size(), change.bytes);
}

Files FaultyDisk::afterCut() const {
  const std::lock_guard lock(mutex_);
  Files left;
  for (const auto& [path, file] : files_) left[path] = file.synced;
  return left;
}

Files FaultyDisk::afterCut(std::mt19937_64& random) const {
  const std::lock_guard lock(mutex_);
  Files left;
  for (const auto& [path, file] : files_) {
    std::string content = file.synced;
    const std::uint64_t kept_in_eight = 1 + random() % 7;
    const auto kept = [&] { return random() % 8 < kept_in_eight; };
    for (const Change& change : file.pending) {
      if (change.truncate) {
        if (kept()) apply(content, change);
        continue;
      }
      const std::int64_t end = change.offset + static_cast<std::int64_t>(change.bytes.size());
      for (std::int64_t at = change.offset; at < end;) {
        const std::int64_t next = std::min(end, (at / sector_bytes + 1) * sector_bytes);
        if (kept())
          apply(content,
                {at, change.bytes.substr(static_cast<std::size_t>(at - change.offset), static_cast<std::size_t>(next - at)), false});
        at = next;
      }
    }
    left[path] = content;
  }
  return left;
}

}  // namespace atrium::test
