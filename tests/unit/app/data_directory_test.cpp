#include "app/data_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace atrium {
namespace {

class DataDirectories : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "atrium_data_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    base = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(base); }
  std::filesystem::path base;
};

TEST_F(DataDirectories, areMadeForTheirOwnerAlone) {
  const auto data = DataDirectory::open(base / "a" / "b");
  ASSERT_TRUE(data) << data.error();
  EXPECT_EQ(std::filesystem::status(base / "a" / "b").permissions() & std::filesystem::perms::all, std::filesystem::perms::owner_all);
}

TEST_F(DataDirectories, areUsedByOneServerAtATime) {
  auto first = DataDirectory::open(base);
  ASSERT_TRUE(first);
  const auto second = DataDirectory::open(base);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("in use by another server"), std::string::npos) << second.error();
}

TEST_F(DataDirectories, areFreeAgainAfterTheServer) {
  {
    ASSERT_TRUE(DataDirectory::open(base));
  }
  EXPECT_TRUE(DataDirectory::open(base));
}

TEST_F(DataDirectories, keepTheLockWhenMoved) {
  auto first = DataDirectory::open(base);
  ASSERT_TRUE(first);
  const DataDirectory moved = *std::move(first);
  EXPECT_FALSE(DataDirectory::open(base));
}

TEST_F(DataDirectories, saySoWhenAFileIsInTheWay) {
  std::ofstream(base / "file") << "x";
  const auto data = DataDirectory::open(base / "file");
  ASSERT_FALSE(data);
  EXPECT_NE(data.error().find((base / "file").string()), std::string::npos) << data.error();
  EXPECT_FALSE(DataDirectory::open(base / "file" / "below"));
}

}  // namespace
}  // namespace atrium
