#include "plugin/tar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t block = 512;

// As POSIX lays it out: every number in octal text.
struct Header {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[6];
  char version[2];
  char owner[32];
  char group[32];
  char major[8];
  char minor[8];
  char prefix[155];
  char rest[12];
};
static_assert(sizeof(Header) == block);

template <std::size_t size>
void put(char (&field)[size], std::string_view text) {
  std::memcpy(field, text.data(), std::min(text.size(), size));
}

// The sum of the header's bytes, with those of the sum itself taken as blanks.
unsigned checksum(Header header) {
  std::memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  for (const char byte : std::string_view(reinterpret_cast<const char*>(&header), sizeof header)) sum += static_cast<unsigned char>(byte);
  return sum;
}

Header headerOf(const TarFile& file) {
  Header header{};
  put(header.name, file.name);
  put(header.mode, "0000644");
  put(header.uid, "0000000");
  put(header.gid, "0000000");
  put(header.size, fmt::format("{:011o}", file.content.size()));
  put(header.mtime, "00000000000");
  header.type = '0';
  put(header.magic, std::string_view("ustar\0", 6));
  put(header.version, "00");
  put(header.checksum, fmt::format("{:06o}", checksum(header)));
  header.checksum[7] = ' ';
  return header;
}

bool isPlainName(std::string_view name) {
  static constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= sizeof(Header::name) && name.front() != '.' &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

std::size_t padded(std::size_t size) { return (size + block - 1) / block * block; }
bool isZero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

}  // namespace

std::string writeTar(std::span<const TarFile> files) {
  std::string out;
  for (const TarFile& file : files) {
    ATRIUM_ASSERT(isPlainName(file.name), "the names come from the program");
    const Header header = headerOf(file);
    out.append(reinterpret_cast<const char*>(&header), sizeof header);
    out += file.content;
    out.resize(padded(out.size()), '\0');
  }
  out.append(2 * block, '\0');
  return out;
}

Result<std::vector<TarFile>> readTar(std::string_view archive, std::size_t files_max) {
  const auto refuse = [](std::string why) { return fail(Code::plugin_failed, std::move(why)); };
  std::vector<TarFile> files;
  std::size_t at = 0;
  while (true) {
    if (archive.size() - at < block) return refuse("it ends in the middle: it is truncated");
    if (isZero(archive.substr(at, block))) break;
    Header header;
    std::memcpy(&header, archive.data() + at, block);
    at += block;
    const std::string name(header.name, ::strnlen(header.name, sizeof header.name));
    if (!isPlainName(name)) return refuse("it is no archive, or holds a file with a name that has no place here");
    // What this program writes for a file of that name and size: anything else in the header is somebody else's.
    TarFile file{name, {}};
    std::size_t size = 0;
    for (const char digit : std::string_view(header.size, 11)) {
      if (digit < '0' || digit > '7') return refuse(fmt::format("the size of {} makes no sense", name));
      size = size * 8 + static_cast<std::size_t>(digit - '0');
    }
    if (size > archive.size() - at || padded(size) > archive.size() - at) return refuse("it ends in the middle: it is truncated");
    file.content = archive.substr(at, size);
    if (const Header expected = headerOf(file); std::memcmp(&expected, &header, block) != 0)
      return refuse(fmt::format("{} in it was not written by `atrium pack`", name));
    if (!isZero(archive.substr(at + size, padded(size) - size))) return refuse(fmt::format("there is something behind {}", name));
    at += padded(size);
    if (std::ranges::find(files, name, &TarFile::name) != files.end()) return refuse(fmt::format("it holds {} twice", name));
    if (files.size() == files_max) return refuse(fmt::format("it holds more than {} files", files_max));
    files.push_back(std::move(file));
  }
  if (archive.size() - at != 2 * block || !isZero(archive.substr(at))) return refuse("there is something behind its end");
  return files;
}

}  // namespace atrium
