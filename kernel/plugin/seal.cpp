#include "plugin/seal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/read_all.hpp"
#include "plugin/digest.hpp"
#include "plugin/elf.hpp"
#include "plugin/refusal.hpp"

namespace atrium {

namespace {

std::unexpected<Error> systemRefusal(std::string_view what) { return fail(Code::plugin_failed, std::string(what) + ": " + systemError()); }

}  // namespace

Result<void> sealPluginFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return systemRefusal("it cannot be opened");
  const std::string content = readAll(file);
  const std::span<const std::byte> bytes = std::as_bytes(std::span(content));
  const auto elf = readElf(bytes);
  if (!elf && bytes.empty()) return fail(Code::plugin_failed, "it is empty or cannot be read");
  if (!elf) return fail(elf.error());
  const Digest seal = sha256(bytes, elf->seal_offset, digest_size);

  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return systemRefusal("its seal cannot be written");
  struct stat status{};
  const bool written = ::pwrite(descriptor, seal.data(), seal.size(), static_cast<off_t>(elf->seal_offset)) == ssize_t{digest_size} &&
                       ::fstat(descriptor, &status) == 0 && ::fchmod(descriptor, status.st_mode & 07777 & ~(S_IWGRP | S_IWOTH)) == 0;
  const int problem = errno;
  ::close(descriptor);
  errno = problem;
  if (!written) return systemRefusal("its seal cannot be written");
  return {};
}

}  // namespace atrium
