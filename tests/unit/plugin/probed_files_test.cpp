#include "plugin/probed_files.hpp"

#include <gtest/gtest.h>

#include "plugin_world.hpp"

namespace atrium::test {
namespace {

std::string digest(char digit) { return std::string(64, digit); }

class ProbedFilesTest : public testing::Test {
 protected:
  TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "probed.txt";
};

TEST_F(ProbedFilesTest, areKnownAgainAfterARestart) {
  ProbedFiles first(file);
  EXPECT_FALSE(first.contains(digest('a')));
  first.add(digest('a'));
  first.add(digest('b'));
  ASSERT_TRUE(first.keep());
  const ProbedFiles second(file);
  EXPECT_TRUE(second.contains(digest('a')));
  EXPECT_TRUE(second.contains(digest('b')));
  EXPECT_FALSE(second.contains(digest('c')));
}

TEST_F(ProbedFilesTest, passOverWhatIsNoDigest) {
  writeFile(file, "not a digest\n" + digest('a') + "\n" + digest('G') + "\n" + digest('b').substr(1) + "\n");
  const ProbedFiles files(file);
  EXPECT_TRUE(files.contains(digest('a')));
  EXPECT_FALSE(files.contains(digest('G')));
  EXPECT_FALSE(files.contains("not a digest"));
}

TEST_F(ProbedFilesTest, sayWhenTheyCannotBeKept) {
  ProbedFiles files(directory.path() / "nowhere" / "probed.txt");
  files.add(digest('a'));
  EXPECT_FALSE(files.keep());
  EXPECT_TRUE(files.contains(digest('a'))) << "for this process";
}

TEST_F(ProbedFilesTest, areBounded) {
  ProbedFiles files{std::filesystem::path()};
  for (std::size_t n = 0; n <= ProbedFiles::files_max; ++n) {
    std::string number = std::to_string(n);
    files.add(std::string(64 - number.size(), '0') + number);
  }
  EXPECT_FALSE(files.contains(digest('0'))) << "the oldest gave way";
  EXPECT_TRUE(files.contains(std::string(60, '0') + "1000"));
}

}  // namespace
}  // namespace atrium::test
