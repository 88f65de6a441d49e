#include "plugin/seal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "plugin/digest.hpp"
#include "plugin/elf.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

std::unexpected<Error> refuse(std::string_view what) {
  return fail(Code::plugin_failed, std::string(what) + ": " + std::generic_category().message(errno));
}

}  // namespace

Result<void> sealPluginFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse("it cannot be opened");
  const std::vector<char> content(std::istreambuf_iterator<char>(file), {});
  const std::span<const std::byte> bytes = std::as_bytes(std::span(content));
  const auto elf = readElf(bytes);
  if (!elf && bytes.empty()) return fail(Code::plugin_failed, "it is empty or cannot be read");
  if (!elf) return fail(elf.error());
  const Digest seal = sha256(bytes, elf->seal_offset, digest_size);

  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return refuse("its seal cannot be written");
  struct stat status{};
  const bool written = ::pwrite(descriptor, seal.data(), seal.size(), static_cast<off_t>(elf->seal_offset)) == ssize_t{digest_size} &&
                       ::fstat(descriptor, &status) == 0 && ::fchmod(descriptor, status.st_mode & 07777 & ~(S_IWGRP | S_IWOTH)) == 0;
  const int problem = errno;
  ::close(descriptor);
  errno = problem;
  if (!written) return refuse("its seal cannot be written");
  return {};
}

}  // namespace atrium
