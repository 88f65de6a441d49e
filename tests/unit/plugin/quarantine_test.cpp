#include "plugin/quarantine.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "plugin_world.hpp"

namespace atrium::test {
namespace {

class QuarantineTest : public testing::Test {
 protected:
  Quarantine open() { return Quarantine::open(file, damage); }
  static QuarantinedFile bad(std::string sha256) {
    return {"com.acme.bad", std::move(sha256), "it said \"no\"\n", "server", fromMillis(1'767'225'600'000)};
  }

  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "quarantine.json";
  std::string damage;
};

// A pipe that nobody writes to would hold up the start for ever.
TEST_F(QuarantineTest, whatIsNoFileIsPutAside) {
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  Quarantine quarantine = open();
  EXPECT_NE(damage.find("was moved to " + file.string() + ".damaged"), std::string::npos) << damage;
  EXPECT_TRUE(quarantine.add(bad("aa")));
  EXPECT_EQ(open().files().size(), 1u);
}

TEST_F(QuarantineTest, remembersFilesOverARestart) {
  {
    Quarantine quarantine = open();
    ASSERT_TRUE(quarantine.add(bad("aa")));
    ASSERT_TRUE(quarantine.add(bad("bb")));
    ASSERT_TRUE(quarantine.add(bad("aa"))) << "once is enough";
  }
  Quarantine again = open();
  EXPECT_EQ(damage, "");
  EXPECT_EQ(again.files().size(), 2u);
  const QuarantinedFile* found = again.find("com.acme.bad", "bb");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->reason, "it said \"no\"\n");
  EXPECT_EQ(found->by, "server");
  EXPECT_EQ(toMillis(found->since), 1'767'225'600'000u);
  EXPECT_EQ(again.find("com.acme.bad", "cc"), nullptr) << "another file of it is another matter";
  EXPECT_EQ(again.find("com.acme.other", "aa"), nullptr);
}

TEST_F(QuarantineTest, letsAllFilesOfAPluginGo) {
  Quarantine quarantine = open();
  ASSERT_TRUE(quarantine.add(bad("aa")));
  ASSERT_TRUE(quarantine.add(bad("bb")));
  EXPECT_TRUE(quarantine.lift("com.acme.bad").value());
  EXPECT_FALSE(quarantine.lift("com.acme.bad").value());
  EXPECT_TRUE(open().files().empty());
}

TEST_F(QuarantineTest, putsAListAsideThatItCannotUnderstand) {
  for (const char* text : {"", "{", "[]", R"({"version":2,"items":[]})", R"({"version":1,"items":[{"plugin":"x"}]})"}) {
    writeFile(file, text);
    damage.clear();
    EXPECT_TRUE(open().files().empty());
    EXPECT_NE(damage.find("quarantine.json.damaged"), std::string::npos) << text;
    EXPECT_EQ(readFile(file.string() + ".damaged"), text);
  }
}

TEST_F(QuarantineTest, holdsEvenWhereItCannotBeWritten) {
  Quarantine quarantine = Quarantine::open("/proc/nowhere/quarantine.json", damage);
  const auto added = quarantine.add(bad("aa"));
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().detail.find("/proc/nowhere"), std::string::npos);
  EXPECT_NE(quarantine.find("com.acme.bad", "aa"), nullptr);
}

}  // namespace
}  // namespace atrium::test
