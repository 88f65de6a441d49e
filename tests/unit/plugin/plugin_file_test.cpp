#include "plugin/plugin_file.hpp"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <random>

#include "plugin/elf.hpp"
#include "plugin/manifest.hpp"
#include "plugin_world.hpp"
#include "sealed.hpp"

namespace atrium::test {
namespace {

Result<ElfContents> read(const std::string& bytes) { return readElf(std::as_bytes(std::span(bytes))); }

class PluginFileTest : public testing::Test {
 protected:
  const std::string whole = readFile(std::string(ATRIUM_TEST_PLUGINS) + "/test_hooks.so");
  TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "plugin.so";

  // Why the file at `path` is refused; empty when it is not.
  std::string refusal() const {
    const auto file = readPluginFile(path);
    return file ? std::string() : file.error().detail;
  }
};

TEST_F(PluginFileTest, readsAWholePlugin) {
  writeFile(path, whole);
  const auto file = readPluginFile(path);
  ASSERT_TRUE(file) << file.error().detail;
  EXPECT_EQ(file->bytes->size(), whole.size());
  EXPECT_EQ(file->sha256.size(), 64u);
  EXPECT_EQ(file->build_id.size() % 2, 0u);
  EXPECT_GE(file->build_id.size(), 16u);
  EXPECT_TRUE(file->manifest.starts_with("id: test.hooks\n")) << "verbatim";
}

TEST_F(PluginFileTest, refusesEveryTruncation) {
  std::mt19937_64 random(1);
  for (int n = 0; n < 300; ++n) {
    const std::size_t size = random() % whole.size();
    writeFile(path, std::string_view(whole).substr(0, size));
    EXPECT_NE(refusal(), "") << size;
    std::filesystem::remove(path);
  }
}

TEST_F(PluginFileTest, noticesEveryChangedByte) {
  std::mt19937_64 random(2);
  for (int n = 0; n < 200; ++n) {
    std::string changed = whole;
    changed[random() % changed.size()] ^= static_cast<char>(1 << random() % 8);
    writeFile(path, changed);
    EXPECT_NE(refusal(), "");
  }
  writeFile(path, whole + "x");
  EXPECT_EQ(refusal(), "its seal is broken: the file was changed after it was built");
}

// Damage that is sealed again gets past the seal and must be met by the reader itself: refused or accepted, and nothing is read outside
// of the file (the sanitizers watch).
TEST_F(PluginFileTest, survivesThousandsOfSealedMutations) {
  std::mt19937_64 random(3);
  int accepted = 0, refused = 0;
  const auto judge = [&](const std::string& bytes) {
    const auto contents = read(bytes);
    if (contents && parseManifest(contents->manifest, "plugin.yaml"))
      ++accepted;
    else
      ++refused;
  };
  const std::size_t headers = sizeof(Elf64_Ehdr) + 12 * sizeof(Elf64_Phdr);
  const std::size_t note = whole.find("id: test.hooks");
  for (int n = 0; n < 3000; ++n) {
    std::string changed = whole;
    for (std::uint64_t damages = 1 + random() % 4; damages > 0; --damages) {
      const std::size_t region = random() % 3;
      const std::size_t at = region == 0 ? random() % headers : region == 1 ? note - 40 + random() % 800 : random() % whole.size();
      const std::uint64_t nasty[] = {0, 1, 0x7F, 0xFF, random() & 0xFF};
      changed[at] = static_cast<char>(nasty[random() % 5]);
    }
    judge(sealed(std::move(changed)));
  }
  for (int n = 0; n < 500; ++n) judge(whole.substr(0, random() % whole.size()));
  EXPECT_EQ(accepted + refused, 3500);
  EXPECT_GT(accepted, 100) << "the seal is right, or nothing but it was tested";
  EXPECT_GT(refused, 500);
}

TEST_F(PluginFileTest, readsHeadersOfEveryNonsense) {
  const auto header = [&](const std::function<void(Elf64_Ehdr&)>& change) {
    std::string bytes = whole;
    Elf64_Ehdr elf;
    std::memcpy(&elf, bytes.data(), sizeof elf);
    change(elf);
    std::memcpy(bytes.data(), &elf, sizeof elf);
    return read(bytes);
  };
  EXPECT_TRUE(header([](Elf64_Ehdr&) {}));
  EXPECT_FALSE(header([](Elf64_Ehdr& elf) { elf.e_ident[EI_CLASS] = ELFCLASS32; }));
  EXPECT_FALSE(header([](Elf64_Ehdr& elf) { elf.e_ident[EI_DATA] = ELFDATA2MSB; }));
  EXPECT_FALSE(header([](Elf64_Ehdr& elf) { elf.e_machine = EM_S390; }));
  EXPECT_FALSE(header([](Elf64_Ehdr& elf) { elf.e_type = ET_EXEC; }));
  EXPECT_FALSE(header([](Elf64_Ehdr& elf) { elf.e_phnum = 0; }));
  EXPECT_FALSE(header([](Elf64_Ehdr& elf) { elf.e_phnum = 0xFFFF; }));
  EXPECT_FALSE(header([](Elf64_Ehdr& elf) { elf.e_phentsize = 1; }));
  EXPECT_FALSE(header([](Elf64_Ehdr& elf) { elf.e_phoff = ~0ULL; }));
  EXPECT_FALSE(header([](Elf64_Ehdr& elf) { elf.e_phoff = ~0ULL - 100; }));
}

TEST_F(PluginFileTest, readsSegmentsOfEveryNonsense) {
  Elf64_Ehdr elf;
  std::memcpy(&elf, whole.data(), sizeof elf);
  const auto segment = [&](std::uint32_t type, const std::function<void(Elf64_Phdr&)>& change) {
    std::string bytes = whole;
    for (std::uint16_t n = 0; n < elf.e_phnum; ++n) {
      const std::size_t at = elf.e_phoff + n * sizeof(Elf64_Phdr);
      Elf64_Phdr program;
      std::memcpy(&program, bytes.data() + at, sizeof program);
      if (program.p_type != type) continue;
      change(program);
      std::memcpy(bytes.data() + at, &program, sizeof program);
    }
    return read(bytes);
  };
  EXPECT_FALSE(segment(PT_LOAD, [](Elf64_Phdr& program) { program.p_filesz = ~0ULL; }));
  EXPECT_FALSE(segment(PT_LOAD, [](Elf64_Phdr& program) { program.p_offset = ~0ULL; }));
  EXPECT_FALSE(segment(PT_LOAD, [](Elf64_Phdr& program) { program.p_memsz = ~0ULL; }));
  EXPECT_FALSE(segment(PT_LOAD, [](Elf64_Phdr& program) { program.p_memsz = 0; }));
  EXPECT_FALSE(segment(PT_LOAD, [](Elf64_Phdr& program) { program.p_vaddr = ~0ULL - 4096; }));
  EXPECT_FALSE(segment(PT_LOAD, [](Elf64_Phdr& program) { program.p_align = 3; }));
  EXPECT_FALSE(segment(PT_LOAD, [](Elf64_Phdr& program) { program.p_vaddr += 1; }));
  EXPECT_FALSE(segment(PT_LOAD, [](Elf64_Phdr& program) { program.p_flags = PF_R | PF_W | PF_X; }));
  EXPECT_FALSE(segment(PT_LOAD, [](Elf64_Phdr& program) { program.p_type = PT_NULL; }));
  EXPECT_FALSE(segment(PT_DYNAMIC, [](Elf64_Phdr& program) { program.p_type = PT_NULL; }));
  EXPECT_FALSE(segment(PT_DYNAMIC, [](Elf64_Phdr& program) { program.p_type = PT_INTERP; }));
  EXPECT_FALSE(segment(PT_NOTE, [](Elf64_Phdr& program) { program.p_type = PT_NULL; }));
  EXPECT_FALSE(segment(PT_NOTE, [](Elf64_Phdr& program) { program.p_filesz -= 40; }));
}

// What compilers write for processors that protect the flow of control, as other distributions' do by default: a segment of notes at
// multiples of eight bytes, where the data of a note named GNU stands right behind the name.
TEST_F(PluginFileTest, readsNotesAtMultiplesOfEight) {
  const Elf64_Nhdr note{.n_namesz = 4, .n_descsz = 16, .n_type = 5};  // NT_GNU_PROPERTY_TYPE_0
  std::string notes;
  for (int n = 0; n < 2; ++n) {
    notes.append(reinterpret_cast<const char*>(&note), sizeof note).append("GNU", 4);
    notes.append("\x02\x00\x00\xC0\x04\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00", 16);
  }
  std::string bytes = whole;
  bytes.resize((bytes.size() + 7) / 8 * 8);
  Elf64_Ehdr elf;
  std::memcpy(&elf, bytes.data(), sizeof elf);
  bool placed = false;
  for (std::uint16_t n = 0; n < elf.e_phnum && !placed; ++n) {
    const std::size_t at = elf.e_phoff + n * sizeof(Elf64_Phdr);
    Elf64_Phdr program;
    std::memcpy(&program, bytes.data() + at, sizeof program);
    if (program.p_type != PT_GNU_STACK) continue;
    program = {.p_type = PT_NOTE,
               .p_flags = PF_R,
               .p_offset = bytes.size(),
               .p_vaddr = 0,
               .p_paddr = 0,
               .p_filesz = notes.size(),
               .p_memsz = notes.size(),
               .p_align = 8};
    std::memcpy(bytes.data() + at, &program, sizeof program);
    placed = true;
  }
  ASSERT_TRUE(placed) << "the library has no segment to spare";
  bytes += notes;
  const auto contents = read(bytes);  // Its manifest is a view into them.
  ASSERT_TRUE(contents) << contents.error().detail;
  EXPECT_TRUE(contents->manifest.starts_with("id: test.hooks\n"));
}

TEST_F(PluginFileTest, refusesWhatOthersCouldHaveWritten) {
  writeFile(path, whole);
  ::chmod(path.c_str(), 0620);
  EXPECT_EQ(refusal(), "others than its owner may write to it");
  ::chmod(path.c_str(), 0602);
  EXPECT_EQ(refusal(), "others than its owner may write to it");
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(refusal(), "");
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
    EXPECT_EQ(refusal(), "it belongs neither to root nor to the server's user");
  }
}

TEST_F(PluginFileTest, refusesWhatIsNoFile) {
  EXPECT_NE(refusal().find("cannot be opened"), std::string::npos);
  std::filesystem::create_symlink(std::string(ATRIUM_TEST_PLUGINS) + "/test_hooks.so", path);
  EXPECT_EQ(refusal(), "it is a symbolic link");
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), "it is not a regular file") << "and a pipe nobody writes to holds nobody up";
  std::filesystem::remove(path);
  writeFile(path, "");
  std::filesystem::resize_file(path, plugin_size_max + 1);
  EXPECT_EQ(refusal(), "it is larger than 64 MiB");
}

TEST_F(PluginFileTest, trustsDirectoriesOfItsOwnAlone) {
  EXPECT_TRUE(checkPluginDirectory(directory.path()));
  ::chmod(directory.path().c_str(), 0777);
  EXPECT_FALSE(checkPluginDirectory(directory.path()));
  ::chmod(directory.path().c_str(), 01777);
  EXPECT_FALSE(checkPluginDirectory(directory.path())) << "a sticky bit does not help";
  EXPECT_FALSE(checkPluginDirectory(directory.path() / "absent"));
  writeFile(path, "");
  EXPECT_FALSE(checkPluginDirectory(path));
}

TEST_F(PluginFileTest, loadsFromCopiesThatNobodyElseCanReach) {
  writeFile(path, whole);
  const auto file = readPluginFile(path);
  ASSERT_TRUE(file);
  const auto home = directory.path() / "run" / "plugins";
  std::filesystem::create_directories(home);
  writeFile(home / "left-over.so", "from an earlier run");
  auto copies = PluginCopies::open(home);
  ASSERT_TRUE(copies) << copies.error().detail;
  EXPECT_FALSE(std::filesystem::exists(home / "left-over.so"));
  const auto first = copies->write(*file, "a.b"), second = copies->write(*file, "a.b");
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second) << "each generation has a name of its own";
  EXPECT_TRUE(first->is_absolute());
  EXPECT_EQ(readFile(*first), whole);
  struct stat status{};
  ASSERT_EQ(::stat(first->c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  ASSERT_EQ(::stat(home.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  std::filesystem::create_directories(home / "not" / "ours");
  EXPECT_FALSE(PluginCopies::open(home)) << "what cannot be removed is told";
  std::filesystem::create_directory_symlink(home, directory.path() / "elsewhere");
  EXPECT_FALSE(PluginCopies::open(directory.path() / "elsewhere"));
  EXPECT_FALSE(PluginCopies::open(path)) << "a file is no directory";
}

}  // namespace
}  // namespace atrium::test
