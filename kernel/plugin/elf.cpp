#include "plugin/elf.hpp"

#include <elf.h>

#include <cstring>
#include <optional>

#include "atrium/plugin.h"
#include "plugin/refusal.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

#if defined(__x86_64__)
constexpr std::uint16_t machine_here = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t machine_here = EM_AARCH64;
#else
#error "Atrium runs on x86-64 and AArch64."
#endif

constexpr std::uint16_t segments_max = 64;
constexpr std::uint64_t memory_max = 1ULL << 30;  // Addresses a library may span.
constexpr std::size_t manifest_max = 256 * 1024;
constexpr std::size_t seal_size = 32;
constexpr std::size_t build_id_max = 64;

class ElfReader {
 public:
  explicit ElfReader(std::span<const std::byte> file) : file_(file) {}

  Result<ElfContents> read() {
    if (auto sound = readHeader(); !sound) return fail(sound.error());
    for (std::uint16_t n = 0; n < header_.e_phnum; ++n)
      if (auto sound = readSegment(header_.e_phoff + n * sizeof(Elf64_Phdr)); !sound) return fail(sound.error());
    if (!has_code_ || !has_dynamic_) return refuse("it is an ELF file but not a shared library");
    if (contents_.manifest.empty()) return refuse("it is a library without an Atrium manifest");
    if (contents_.seal_offset == 0) return refuse("it is an Atrium plugin that was never sealed");
    return std::move(contents_);
  }

 private:
  // Whether `size` bytes from `offset` lie within the file.
  [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t size) const { return size <= file_.size() && offset <= file_.size() - size; }

  // Copies a structure out, because nothing says that it is aligned.
  template <typename T>
  [[nodiscard]] bool fetch(std::uint64_t offset, T& out) const {
    if (!holds(offset, sizeof out)) return false;
    std::memcpy(&out, file_.data() + offset, sizeof out);
    return true;
  }
  [[nodiscard]] std::string_view text(std::uint64_t offset, std::uint64_t size) const {
    return {reinterpret_cast<const char*>(file_.data()) + offset, size};
  }

  Result<void> readHeader() {
    if (!fetch(0, header_) || std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0) return refuse("it is not an ELF file");
    if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB || header_.e_ident[EI_VERSION] != EV_CURRENT ||
        header_.e_version != EV_CURRENT)
      return refuse("it is not a 64-bit little-endian ELF file");
    if (header_.e_machine != machine_here) return refuse("it was built for another kind of processor");
    if (header_.e_type != ET_DYN) return refuse("it is an ELF file but not a shared library");
    if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_phnum == 0 || header_.e_phnum > segments_max)
      return refuse("its program headers make no sense");
    if (!holds(header_.e_phoff, header_.e_phnum * sizeof(Elf64_Phdr))) return refuse("it ends within its program headers: it is truncated");
    return {};
  }

  Result<void> readSegment(std::uint64_t at) {
    Elf64_Phdr segment;
    if (!fetch(at, segment)) return refuse("it ends within its program headers: it is truncated");
    if (segment.p_type == PT_NULL) return {};
    if (!holds(segment.p_offset, segment.p_filesz)) return refuse("it ends before its segments do: it is truncated");
    switch (segment.p_type) {
      case PT_LOAD: return checkLoad(segment);
      case PT_DYNAMIC: has_dynamic_ = true; return {};
      case PT_INTERP: return refuse("it is a program and not a library");
      case PT_NOTE: return readNotes(segment);
      default: return {};
    }
  }

  // What the loader maps must be mappable: a segment past the end of the file is a SIGBUS, an odd alignment an error deep inside.
  Result<void> checkLoad(const Elf64_Phdr& segment) {
    const bool power_of_two = segment.p_align != 0 && (segment.p_align & (segment.p_align - 1)) == 0;
    if (!power_of_two || segment.p_align > memory_max || (segment.p_vaddr - segment.p_offset) % segment.p_align != 0 ||
        segment.p_filesz > segment.p_memsz || segment.p_memsz > memory_max || segment.p_vaddr > memory_max - segment.p_memsz)
      return refuse("its segments make no sense");
    if (segment.p_flags & PF_X) {
      if (segment.p_flags & PF_W) return refuse("it asks for memory that is writable and executable");
      has_code_ = true;
    }
    return {};
  }

  Result<void> readNotes(const Elf64_Phdr& segment) {
    // Data and the next note begin at multiples of this from the note's own beginning; a name that is short leaves no gap at 8.
    const std::uint64_t align = segment.p_align == 8 ? 8 : 4;
    const auto padded = [align](std::uint64_t size) { return (size + align - 1) / align * align; };
    std::uint64_t at = segment.p_offset;
    const std::uint64_t end = segment.p_offset + segment.p_filesz;
    while (end - at >= sizeof(Elf64_Nhdr)) {
      Elf64_Nhdr note;
      if (!fetch(at, note)) return refuse("its notes make no sense");
      const std::uint64_t name_at = at + sizeof note;
      const std::uint64_t data_at = at + padded(sizeof note + std::uint64_t{note.n_namesz});
      if (data_at > end || note.n_descsz > end - data_at) return refuse("its notes make no sense");
      if (auto sound = readNote(note.n_type, text(name_at, note.n_namesz), data_at, note.n_descsz); !sound) return sound;
      at = data_at + padded(note.n_descsz);
      if (at > end) break;  // The last note's padding may be left out.
    }
    return {};
  }

  Result<void> readNote(std::uint32_t type, std::string_view name, std::uint64_t at, std::uint64_t size) {
    static constexpr std::string_view atrium_name(ATRIUM_NOTE_NAME, sizeof ATRIUM_NOTE_NAME);  // With its zero byte, as ELF counts it.
    static constexpr std::string_view gnu_name("GNU", 4);
    if (name == atrium_name && type == ATRIUM_NOTE_MANIFEST) {
      if (!contents_.manifest.empty()) return refuse("it has two manifests");
      if (size == 0 || size > manifest_max) return refuse("its manifest is empty or larger than 256 KiB");
      contents_.manifest = text(at, size);
    } else if (name == atrium_name && type == ATRIUM_NOTE_SEAL) {
      if (contents_.seal_offset != 0 || size != seal_size) return refuse("its seal makes no sense");
      contents_.seal_offset = at;
    } else if (name == gnu_name && type == NT_GNU_BUILD_ID && size <= build_id_max) {
      static constexpr char hex[] = "0123456789abcdef";
      contents_.build_id.clear();
      for (const char c : text(at, size)) {
        contents_.build_id += hex[static_cast<unsigned char>(c) >> 4];
        contents_.build_id += hex[static_cast<unsigned char>(c) & 15];
      }
    }
    return {};
  }

  std::span<const std::byte> file_;
  Elf64_Ehdr header_{};
  ElfContents contents_;
  bool has_code_ = false;
  bool has_dynamic_ = false;
};

}  // namespace

Result<ElfContents> readElf(std::span<const std::byte> file) { return ElfReader(file).read(); }

}  // namespace atrium
