#include "plugin/elf_traits.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "plugin_world.hpp"

namespace atrium {
namespace {

std::span<const std::byte> bytesOf(const std::string& text) { return std::as_bytes(std::span(text)); }

class ElfTraitsOf : public testing::Test {
 protected:
  const std::string sound = test::readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_hooks.so");
};

TEST_F(ElfTraitsOf, APluginAreWhatItsBuildMadeThem) {
  const auto traits = readElfTraits(bytesOf(sound));
  ASSERT_TRUE(traits) << traits.error().detail;
  EXPECT_EQ(traits->exports, std::vector<std::string>{"atrium_entry"});
  EXPECT_TRUE(traits->unique_symbols.empty());
  EXPECT_TRUE(std::ranges::any_of(traits->needed, [](const std::string& name) { return name.starts_with("libc.so"); }));
  EXPECT_FALSE(traits->executable_stack);
  EXPECT_FALSE(traits->text_relocations);
  EXPECT_FALSE(traits->no_delete);
}

TEST_F(ElfTraitsOf, AStackWithCodeAreSeen) {
  std::string changed = sound;
  Elf64_Ehdr header;
  std::memcpy(&header, changed.data(), sizeof header);
  for (std::uint16_t n = 0; n < header.e_phnum; ++n) {
    Elf64_Phdr segment;
    char* at = changed.data() + header.e_phoff + n * sizeof segment;
    std::memcpy(&segment, at, sizeof segment);
    if (segment.p_type != PT_GNU_STACK) continue;
    segment.p_flags |= PF_X;
    std::memcpy(at, &segment, sizeof segment);
  }
  const auto traits = readElfTraits(bytesOf(changed));
  ASSERT_TRUE(traits) << traits.error().detail;
  EXPECT_TRUE(traits->executable_stack);
}

// Every entry of the dynamic section in turn leads past the end of the file: an error or nothing, and never a read out there.
TEST_F(ElfTraitsOf, ADynamicSectionThatLeadsNowhereAreRefused) {
  Elf64_Ehdr header;
  std::memcpy(&header, sound.data(), sizeof header);
  std::uint64_t dynamic = 0, size = 0;
  for (std::uint16_t n = 0; n < header.e_phnum; ++n) {
    Elf64_Phdr segment;
    std::memcpy(&segment, sound.data() + header.e_phoff + n * sizeof segment, sizeof segment);
    if (segment.p_type == PT_DYNAMIC) dynamic = segment.p_offset, size = segment.p_filesz;
  }
  ASSERT_GT(size, 0u);
  unsigned refused = 0;
  for (std::uint64_t at = dynamic; at + sizeof(Elf64_Dyn) <= dynamic + size; at += sizeof(Elf64_Dyn)) {
    std::string changed = sound;
    Elf64_Dyn entry;
    std::memcpy(&entry, changed.data() + at, sizeof entry);
    entry.d_un.d_val = 0x7FFF'FFFF'FFFF;
    std::memcpy(changed.data() + at, &entry, sizeof entry);
    if (!readElfTraits(bytesOf(changed))) ++refused;
  }
  EXPECT_GE(refused, 4u) << "of strings, symbols, hashes and the libraries it needs";
}

}  // namespace
}  // namespace atrium
