#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atrium/testkit.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace testkit = atrium::testkit;

namespace {

class Journal : public testing::Test {
 protected:
  ~Journal() override { std::filesystem::remove_all(directory); }
  [[nodiscard]] std::vector<std::string> lines(const char* file) const {
    std::vector<std::string> all;
    std::ifstream in(directory / file);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  const std::filesystem::path directory = std::filesystem::temp_directory_path() / ("journal-" + std::to_string(std::random_device()()));
  testkit::FakeHost host;
  const testkit::Plugin plugin{host, atrium_entry, testkit::JsonText("{\"directory\":" + atrium::json_quoted(directory.string()) + "}")};
};

}  // namespace

TEST_F(Journal, writesALineForEachEventIntoTheFileOfItsDay) {
  const auto delivered = testkit::deliver(
      plugin, {R"({"offset": 1, "at_ms": 1767225600000, "type": "message.posted", "tenant_id": "acme", "data": {"seq": 7}})",
               R"({"offset": 2, "at_ms": 1767312000000})"});
  EXPECT_EQ(delivered.accepted, 2u);
  ASSERT_EQ(lines("2026-01-01.ndjson").size(), 1u);
  const testkit::JsonText line(lines("2026-01-01.ndjson")[0]);
  EXPECT_TRUE(line.root()["type"] == "message.posted");
  EXPECT_TRUE(line.root()["data"]["seq"] == 7);
  EXPECT_EQ(lines("2026-01-02.ndjson").size(), 1u);
}

TEST_F(Journal, isTriedAgainWhenItCannotWrite) {
  std::filesystem::create_directory(directory / "2026-01-01.ndjson");  // In the way of the file.
  const auto delivered = testkit::deliver(plugin, {R"({"offset": 1, "at_ms": 1767225600000})"});
  EXPECT_EQ(delivered.status, ATRIUM_FAILED);
  EXPECT_EQ(delivered.accepted, 0u);
}

// A file that may not grow, as on a disk that is full.
TEST_F(Journal, leavesNoHalfOfALine) {
  const testkit::JsonText first(R"({"offset": 1, "at_ms": 1767225600000, "data": {"text": "short"}})");
  const testkit::JsonText second(R"({"offset": 2, "at_ms": 1767225600000, "data": {"text": ")" + std::string(20'000, 'x') + "\"}}");
  EXPECT_EQ(testkit::deliver(plugin, {first}).accepted, 1u);
  const auto before = std::filesystem::file_size(directory / "2026-01-01.ndjson");
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{.rlim_cur = before + 10'000, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  const auto refused = testkit::deliver(plugin, {second});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(refused.status, ATRIUM_FAILED);
  EXPECT_EQ(std::filesystem::file_size(directory / "2026-01-01.ndjson"), before);
  EXPECT_EQ(testkit::deliver(plugin, {second}).accepted, 1u);
  ASSERT_EQ(lines("2026-01-01.ndjson").size(), 2u);
  EXPECT_TRUE(testkit::JsonText(lines("2026-01-01.ndjson")[1]).root()["offset"] == 2);
}
