#include "figures/disk_floor.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "load/failure.hpp"

namespace atrium::bench {
namespace {

constexpr std::size_t commit_bytes = std::size_t{16} << 10;
constexpr std::size_t file_bytes = std::size_t{32} << 20;

class ScratchFile {
 public:
  explicit ScratchFile(const std::filesystem::path& path)
      : path_(path), fd_(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (fd_ < 0) failErrno("open " + path.string());
  }
  ~ScratchFile() {
    close(fd_);
    unlink(path_.c_str());
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  void write(const std::vector<char>& data, std::size_t offset) {
    if (pwrite(fd_, data.data(), data.size(), static_cast<off_t>(offset)) != static_cast<ssize_t>(data.size()))
      failErrno("write " + path_.string());
  }
  void sync() {
    if (fdatasync(fd_) != 0) failErrno("fdatasync " + path_.string());
  }

 private:
  std::filesystem::path path_;
  int fd_;
};

void sleepUntil(Nanos when) {
  const timespec until{.tv_sec = when / second, .tv_nsec = when % second};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

}  // namespace

Samples diskFloor(const std::filesystem::path& directory, double rate, Nanos duration) {
  const std::vector<char> commit(commit_bytes, 'a');
  ScratchFile file(directory / "floor");
  for (std::size_t offset = 0; offset < file_bytes; offset += commit_bytes) file.write(commit, offset);
  file.sync();

  Samples samples;
  const auto count = static_cast<std::uint64_t>(rate * static_cast<double>(duration) / static_cast<double>(second));
  const double interval = static_cast<double>(second) / rate;
  const Nanos start = now();
  const auto due = [start, interval](std::uint64_t index) { return start + static_cast<Nanos>(static_cast<double>(index) * interval); };
  std::size_t offset = 0;
  for (std::uint64_t next = 0; next < count;) {
    sleepUntil(due(next));
    const Nanos began = now();
    file.write(commit, offset);
    file.sync();
    offset = (offset + commit_bytes) % file_bytes;
    for (const Nanos ended = now(); next < count && due(next) <= began; ++next) samples.add(ended - due(next));
  }
  return samples;
}

bool inMemory(const std::filesystem::path& directory) {
  struct statfs system{};
  return statfs(directory.c_str(), &system) == 0 && system.f_type == TMPFS_MAGIC;
}

}  // namespace atrium::bench
