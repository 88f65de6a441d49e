#include "plugin/elf_traits.hpp"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "plugin/elf.hpp"
#include "plugin/refusal.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t names_max = 1000;
constexpr std::size_t name_max = 4096;
constexpr std::uint64_t symbols_max = 1U << 20;

class TraitsReader {
 public:
  explicit TraitsReader(std::span<const std::byte> file) : file_(file) {}

  Result<ElfTraits> read() {
    // The same headers that readElf() took; looked at again, so that this stands on nothing but the bytes.
    Elf64_Ehdr header;
    if (!fetch(0, header)) return refuse("it is not an ELF file");
    std::optional<Elf64_Phdr> dynamic;
    bool stack_told = false;
    for (std::uint16_t n = 0; n < header.e_phnum; ++n) {
      Elf64_Phdr segment;
      if (!fetch(header.e_phoff + n * sizeof segment, segment)) return refuse("it ends within its program headers: it is truncated");
      if (segment.p_type == PT_LOAD) loads_.push_back(segment);
      if (segment.p_type == PT_DYNAMIC) dynamic = segment;
      if (segment.p_type == PT_GNU_STACK) {
        stack_told = true;
        traits_.executable_stack = (segment.p_flags & PF_X) != 0;
      }
    }
    if (!stack_told) traits_.executable_stack = true;  // What the system assumes of a file that says nothing.
    if (!dynamic || !readDynamic(*dynamic)) return refuse("its dynamic section makes no sense");
    if (!readNames() || !readSymbols()) return refuse("its table of symbols makes no sense");
    return std::move(traits_);
  }

 private:
  [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t size) const { return size <= file_.size() && offset <= file_.size() - size; }
  template <typename T>
  [[nodiscard]] bool fetch(std::uint64_t offset, T& out) const {
    if (!holds(offset, sizeof out)) return false;
    std::memcpy(&out, file_.data() + offset, sizeof out);
    return true;
  }
  // Where an address of the loaded library lies in the file.
  [[nodiscard]] std::optional<std::uint64_t> offsetOf(std::uint64_t address) const {
    for (const Elf64_Phdr& load : loads_)
      if (address >= load.p_vaddr && address - load.p_vaddr < load.p_filesz) return load.p_offset + (address - load.p_vaddr);
    return std::nullopt;
  }
  template <typename T>
  [[nodiscard]] bool fetchAt(std::uint64_t address, T& out) const {
    const auto offset = offsetOf(address);
    return offset && fetch(*offset, out);
  }

  bool readDynamic(const Elf64_Phdr& segment) {
    for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment.p_filesz; at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry;
      if (!fetch(segment.p_offset + at, entry)) return false;
      switch (entry.d_tag) {
        case DT_NULL: return true;
        case DT_STRTAB: strings_ = entry.d_un.d_ptr; break;
        case DT_STRSZ: strings_size_ = entry.d_un.d_val; break;
        case DT_SYMTAB: symbols_ = entry.d_un.d_ptr; break;
        case DT_HASH: hash_ = entry.d_un.d_ptr; break;
        case DT_GNU_HASH: gnu_hash_ = entry.d_un.d_ptr; break;
        case DT_TEXTREL: traits_.text_relocations = true; break;
        case DT_FLAGS: traits_.text_relocations = traits_.text_relocations || (entry.d_un.d_val & DF_TEXTREL) != 0; break;
        case DT_FLAGS_1: traits_.no_delete = (entry.d_un.d_val & DF_1_NODELETE) != 0; break;
        case DT_NEEDED:
          if (needed_.size() < names_max) needed_.push_back(entry.d_un.d_val);
          break;
        case DT_RPATH:
        case DT_RUNPATH: run_path_ = entry.d_un.d_val; break;
        default: break;
      }
    }
    return true;
  }

  // The text at `offset` of the table of strings; nothing when it does not end within it.
  [[nodiscard]] std::optional<std::string> name(std::uint64_t offset) const {
    const auto table = offsetOf(strings_);
    if (!table || !holds(*table, strings_size_) || offset >= strings_size_) return std::nullopt;
    const char* start = reinterpret_cast<const char*>(file_.data()) + *table + offset;
    const std::size_t most = std::min<std::uint64_t>(strings_size_ - offset, name_max);
    const void* end = std::memchr(start, 0, most);
    if (!end) return std::nullopt;
    return std::string(start, static_cast<std::size_t>(static_cast<const char*>(end) - start));
  }

  bool readNames() {
    for (const std::uint64_t offset : needed_) {
      auto library = name(offset);
      if (!library) return false;
      traits_.needed.push_back(*std::move(library));
    }
    if (!run_path_) return true;
    auto path = name(*run_path_);
    if (path) traits_.run_path = path->empty() ? "(empty)" : *path;
    return path.has_value();
  }

  // Nothing in the file says how many symbols there are; the tables that find them by name do.
  [[nodiscard]] std::optional<std::uint64_t> countSymbols() const {
    if (hash_) {
      Elf64_Word chains = 0;
      if (!fetchAt(*hash_ + sizeof chains, chains)) return std::nullopt;
      return chains;
    }
    if (!gnu_hash_) return 0;
    struct {
      std::uint32_t buckets, first, bloom_words, bloom_shift;
    } head{};
    if (!fetchAt(*gnu_hash_, head) || head.buckets > symbols_max || head.bloom_words > symbols_max) return std::nullopt;
    const std::uint64_t buckets = *gnu_hash_ + sizeof head + head.bloom_words * std::uint64_t{8};
    std::uint32_t last = 0;
    for (std::uint32_t n = 0; n < head.buckets; ++n) {
      std::uint32_t bucket = 0;
      if (!fetchAt(buckets + n * sizeof bucket, bucket)) return std::nullopt;
      last = std::max(last, bucket);
    }
    if (last < head.first) return head.first;
    // Hashes of one bucket stand side by side; the last of them is odd.
    const std::uint64_t chain = buckets + head.buckets * sizeof last;
    for (std::uint64_t n = last; n < symbols_max; ++n) {
      std::uint32_t hash = 0;
      if (!fetchAt(chain + (n - head.first) * sizeof hash, hash)) return std::nullopt;
      if (hash & 1) return n + 1;
    }
    return std::nullopt;
  }

  bool readSymbols() {
    const auto count = countSymbols();
    if (!count || *count > symbols_max) return false;
    for (std::uint64_t n = 1; n < *count; ++n) {
      Elf64_Sym symbol;
      if (!fetchAt(symbols_ + n * sizeof symbol, symbol)) return false;
      const auto text = name(symbol.st_name);
      if (!text) return false;
      if (symbol.st_shndx == SHN_UNDEF) {
        if (*text == "__cxa_thread_atexit" || *text == "__cxa_thread_atexit_impl") traits_.thread_destructors = true;
        continue;
      }
      const auto keep = [&text](std::vector<std::string>& names) {
        if (names.size() < names_max) names.push_back(*text);
      };
      const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
      const bool seen = visibility == STV_DEFAULT || visibility == STV_PROTECTED;
      if (ELF64_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE) keep(traits_.unique_symbols);
      if (ELF64_ST_BIND(symbol.st_info) != STB_LOCAL && seen) keep(traits_.exports);
    }
    return true;
  }

  std::span<const std::byte> file_;
  ElfTraits traits_;
  std::vector<Elf64_Phdr> loads_;
  std::vector<std::uint64_t> needed_;
  std::optional<std::uint64_t> run_path_, hash_, gnu_hash_;
  std::uint64_t strings_ = 0, strings_size_ = 0, symbols_ = 0;
};

}  // namespace

Result<ElfTraits> readElfTraits(std::span<const std::byte> file) {
  if (auto sound = readElf(file); !sound) return fail(sound.error());
  return TraitsReader(file).read();
}

}  // namespace atrium
