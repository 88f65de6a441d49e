// Each animal of the zoo in a directory with one sound plugin. Whoever did not ask for the animal gets a server without it, and the sound
// plugin works; whoever did gets one sentence and no server.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "plugin_world.hpp"
#include "protocol/errors.hpp"
#include "sealed.hpp"

namespace atrium::test {
namespace {

const std::string text_plugin = "message_type_text.so";

std::string animalFile(const std::string& name) { return "bad_" + name + ".so"; }

class Cage {
 public:
  Cage() { put(std::string(ATRIUM_PLUGIN_DIRECTORY) + "/" + text_plugin, text_plugin); }
  void put(const std::string& from, const std::string& to) { writeFile(directory.path() / to, readFile(from)); }
  void putAnimal(const std::string& name) { put(std::string(ATRIUM_ZOO) + "/" + animalFile(name), animalFile(name)); }
  [[nodiscard]] std::filesystem::path path(const std::string& file) const { return directory.path() / file; }

  // The server comes up, the file is not part of it and says why; the sound plugin works.
  void expectSurvives(const std::string& file, const std::string& reason) {
    PluginWorld world{directory.path()};
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    EXPECT_EQ(world.tell(file, "state"), "rejected");
    EXPECT_NE(world.tell(file, "reason").find(reason), std::string::npos) << world.tell(file, "reason");
    EXPECT_EQ(world.tell(file, "reason").find('\n'), std::string::npos) << "one line";
    EXPECT_LE(world.tell(file, "reason").size(), 700u);
    expectSoundOneWorks(world);
  }
  void expectSoundOneWorks(PluginWorld& world) {
    const auto types = world.host().makeTypes();
    ASSERT_NE(types->messageType("text"), nullptr);
    EXPECT_FALSE(Scene().check(*types->messageType("text")).refused);
  }
  // Asked for by name, it ends the start with one sentence.
  void expectEndsTheStart(const std::string& id, const std::string& reason) {
    PluginWorld world{directory.path()};
    world.wishes.use[id];
    const auto started = world.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Code::plugin_failed);
    EXPECT_NE(started.error().detail.find(id), std::string::npos) << started.error().detail;
    EXPECT_NE(started.error().detail.find(reason), std::string::npos) << started.error().detail;
  }

  TemporaryDirectory directory;
};

struct Animal {
  const char* name;
  const char* reason;
};
void PrintTo(const Animal& animal, std::ostream* out) { *out << animal.name; }

class Zoo : public testing::TestWithParam<Animal> {};

TEST_P(Zoo, isKeptOutWhenNobodyAskedForIt) {
  Cage cage;
  cage.putAnimal(GetParam().name);
  cage.expectSurvives(animalFile(GetParam().name), GetParam().reason);
}

TEST_P(Zoo, endsTheStartWhenItWasAskedFor) {
  Cage cage;
  cage.putAnimal(GetParam().name);
  cage.expectEndsTheStart(std::string("bad.") + GetParam().name, GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(Animals, Zoo,
                         testing::Values(Animal{"manifest-abi", "it was built for plugin interface 2.0, and this server has 1.0"},
                                         Animal{"newer-abi", "it was built for plugin interface 1.99, and this server has 1.0"},
                                         Animal{"code-abi", "its manifest says interface 1.0, its code 7.0"},
                                         Animal{"other-id", "its manifest says id bad.other-id, its code \"bad.somebody-else\""},
                                         Animal{"other-version", "its manifest says version 1.0.0, its code \"9.9.9\""},
                                         Animal{"name", "its manifest calls the message-type bad_name, its code \"another_name\""},
                                         Animal{"no-entry", "it does not export atrium_entry"},
                                         Animal{"small-entry", "its atrium_entry is smaller than this interface's"},
                                         Animal{"no-destroy", "its atrium_entry lacks a function"},
                                         Animal{"missing-symbol", "nobody_has_this_function"},
                                         Animal{"create-fails", "it did not start: the printer is on fire"},
                                         Animal{"create-silent", "it did not start: create() returned 8"},
                                         Animal{"create-babbles", "it did not start: its reason is not UTF-8"},
                                         Animal{"create-long", "it did not start: x\u00e9\u00e9"},
                                         Animal{"create-nothing", "it did not start: create() made nothing"},
                                         Animal{"throws", "it did not start: its constructor was told to throw"},
                                         Animal{"throws-past", "it did not start: an exception came out of create()"},
                                         Animal{"no-extension", "its manifest says message-type, its code does not"},
                                         Animal{"tiny-table", "its manifest says message-type, its code does not"},
                                         Animal{"null-info", "its manifest says message-type, its code does not"},
                                         Animal{"constants", "its message-type has constants that make no sense"},
                                         Animal{"missing-hook", "its manifest lists the hook check, which its code does not have"}),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

// What lacks nothing but an option waits until somebody names it.
TEST(ZooOfWaiters, waitForWhoeverNamesThem) {
  Cage cage;
  cage.putAnimal("needs-option");
  PluginWorld world{cage.directory.path()};
  const auto started = world.start();
  ASSERT_TRUE(started) << started.error().detail;
  EXPECT_EQ(world.tell(animalFile("needs-option"), "state"), "verified");
  EXPECT_NE(world.tell(animalFile("needs-option"), "reason").find("the option \"key\" is missing"), std::string::npos);
  cage.expectSoundOneWorks(world);
  cage.expectEndsTheStart("bad.needs-option", "the option \"key\" is missing");
}

TEST(ZooOfStores, endsTheStartWhenTheStoreIsNone) {
  Cage cage;
  cage.putAnimal("other-kind");
  PluginWorld world{cage.directory.path()};
  world.wishes.storage = "bad_other_kind";
  const auto started = world.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("bad.other-kind"), std::string::npos) << started.error().detail;
}

TEST(ZooOfStayers, tellsWhenCodeCannotLeave) {
  Cage cage;
  cage.putAnimal("pinned");
  PluginWorld world{cage.directory.path()};
  ASSERT_TRUE(world.start());
  EXPECT_EQ(world.tell(animalFile("pinned"), "state"), "active");
  world.host().stop();
  EXPECT_EQ(world.tell(animalFile("pinned"), "state"), "pinned");
  EXPECT_NE(world.tell(animalFile("pinned"), "reason").find("a thread_local object with a destructor holds it"), std::string::npos)
      << world.tell(animalFile("pinned"), "reason");
  EXPECT_EQ(world.tell(text_plugin, "state"), "unloaded");
}

// ---- Files that are no plugins, or were some

struct Damage {
  const char* name;
  const char* reason;
  void (*inflict)(Cage& cage, const std::filesystem::path& file);
};
void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class DamagedFile : public testing::TestWithParam<Damage> {
 protected:
  void SetUp() override {
    cage.putAnimal("create-fails");  // Any sound file will do; what it does when it runs would show.
    GetParam().inflict(cage, cage.path(animalFile("create-fails")));
  }
  Cage cage;
};

TEST_P(DamagedFile, neverHarmsTheServer) { cage.expectSurvives(animalFile("create-fails"), GetParam().reason); }

TEST_P(DamagedFile, endsTheStartWhenItWasAskedFor) { cage.expectEndsTheStart("bad.create-fails", GetParam().reason); }

void change(const std::filesystem::path& file, const std::function<void(std::string&)>& edit) {
  std::string bytes = readFile(file);
  edit(bytes);
  std::filesystem::remove(file);
  writeFile(file, bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Files, DamagedFile,
    testing::Values(Damage{"empty", "it is not an ELF file",
                           [](Cage&, const auto& file) { change(file, [](std::string& bytes) { bytes.clear(); }); }},
                    Damage{"text", "it is not an ELF file",
                           [](Cage&, const auto& file) { change(file, [](std::string& bytes) { bytes = "#!/bin/sh\necho plugin\n"; }); }},
                    Damage{"truncated", "it is truncated",
                           [](Cage&, const auto& file) { change(file, [](std::string& bytes) { bytes.resize(1500); }); }},
                    Damage{"cut_by_a_byte", "its seal is broken",
                           [](Cage&, const auto& file) { change(file, [](std::string& bytes) { bytes.pop_back(); }); }},
                    Damage{"tampered", "its seal is broken",
                           [](Cage&, const auto& file) { change(file, [](std::string& bytes) { bytes[bytes.size() / 2] ^= 1; }); }},
                    Damage{"tampered_manifest", "its seal is broken",
                           [](Cage&, const auto& file) {
                             change(file, [](std::string& bytes) { bytes.replace(bytes.find("Wrong in one way"), 5, "Right"); });
                           }},
                    Damage{"other_machine", "it was built for another kind of processor",
                           [](Cage&, const auto& file) { change(file, [](std::string& bytes) { bytes[18] = 22; }); }},
                    Damage{"thirty_two_bits", "it is not a 64-bit",
                           [](Cage&, const auto& file) { change(file, [](std::string& bytes) { bytes[4] = 1; }); }},
                    Damage{"a_program", "it is",
                           [](Cage&, const auto& file) { change(file, [](std::string& bytes) { bytes = readFile("/proc/self/exe"); }); }},
                    Damage{"a_library_of_somebody_else", "it is a library without an Atrium manifest",
                           [](Cage&, const auto& file) {
                             change(file, [](std::string& bytes) { bytes.replace(bytes.find("Atrium\0", 0, 7), 6, "Nobody"); });
                           }},
                    Damage{"a_manifest_that_is_no_yaml", "its manifest is wrong",
                           [](Cage&, const auto& file) {
                             change(file, [](std::string& bytes) {
                               bytes[bytes.find("id: bad.")] = '{';
                               bytes = sealed(std::move(bytes));
                             });
                           }},
                    Damage{"writable_by_everyone", "others than its owner may write to it",
                           [](Cage&, const auto& file) { ::chmod(file.c_str(), 0666); }},
                    Damage{"writable_by_the_group", "others than its owner may write to it",
                           [](Cage&, const auto& file) { ::chmod(file.c_str(), 0660); }},
                    Damage{"a_symbolic_link", "it is a symbolic link",
                           [](Cage& cage, const auto& file) {
                             std::filesystem::rename(file, cage.path(".real"));
                             std::filesystem::create_symlink(cage.path(".real"), file);
                           }},
                    Damage{"a_dangling_link", "it is a symbolic link",
                           [](Cage& cage, const auto& file) {
                             std::filesystem::remove(file);
                             std::filesystem::create_symlink(cage.path("nowhere"), file);
                           }},
                    Damage{"a_pipe", "it is not a regular file",
                           [](Cage&, const auto& file) {
                             std::filesystem::remove(file);
                             ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
                           }}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace atrium::test
