#include "base/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace atrium {
namespace {

// The lines that `write` leaves on standard error.
template <typename Write>
std::vector<std::string> linesOf(Log::Options options, Write write) {
  testing::internal::CaptureStderr();
  {
    Log log(options);
    write(log);
  }
  const std::string text = testing::internal::GetCapturedStderr();
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

// A line without its time, whose form is checked here.
std::string timeless(const std::string& line) {
  constexpr std::string_view front = R"({"time":")";
  EXPECT_TRUE(line.starts_with(front)) << line;
  EXPECT_EQ(line.substr(front.size() + 23, 3), "Z\",") << line;
  return "{" + line.substr(front.size() + 26);
}

TEST(Log, writesOneObjectALine) {
  const auto lines = linesOf({}, [](Log& log) {
    log.info("started", {{"port", 8000}, {"big", ~0ULL}, {"below", -5}, {"ratio", 0.5}, {"ok", true}, {"name", "x"}});
    log.warning("odd");
    log.error("bad", {{"nan", 0.0 / 0.0}});
  });
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(timeless(lines[0]),
            R"({"level":"info","event":"started","port":8000,"big":18446744073709551615,"below":-5,"ratio":0.5,"ok":true,"name":"x"})");
  EXPECT_EQ(timeless(lines[1]), R"({"level":"warning","event":"odd"})");
  EXPECT_EQ(timeless(lines[2]), R"({"level":"error","event":"bad","nan":null})");
}

TEST(Log, aTextCannotForgeALine) {
  const auto lines = linesOf({}, [](Log& log) {
    log.info("canary", {{"text", "\"}\n{\"level\":\"error\"\r\t\\"}, {"k\"ey", std::string_view("\x01\x1f\0 %v {}", 9)}, {"utf8", "grün"}});
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(
      timeless(lines[0]),
      R"({"level":"info","event":"canary","text":"\"}\n{\"level\":\"error\"\r\t\\","k\"ey":"\u0001\u001f\u0000 %v {}","utf8":"grün"})");
}

TEST(Log, leavesOutWhatIsBelowItsLevel) {
  const auto lines = linesOf({.level = LogLevel::warning}, [](Log& log) {
    log.write(LogLevel::debug, "a");
    log.info("b");
    log.warning("c");
    log.error("d");
  });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("\"c\""), std::string::npos);
  EXPECT_NE(lines[1].find("\"d\""), std::string::npos);
}

// The limit counts by the clock's seconds, so a run may touch two of them: at most two bursts pass, and nothing goes uncounted.
TEST(Log, holdsBackWhatRepeatsAndTellsHowMuch) {
  constexpr int written = 1000;
  constexpr std::size_t burst = 3;
  std::vector<std::string> lines = linesOf({.burst = burst}, [](Log& log) {
    for (int i = 0; i < written; ++i) log.info("noisy", {{"i", i}});
    log.info("other");
  });
  ASSERT_GE(lines.size(), burst + 1);
  ASSERT_LE(lines.size(), 3 * burst + 1);
  EXPECT_NE(lines.back().find("\"other\""), std::string::npos) << "another name has its own budget";
  for (std::size_t i = 0; i < burst; ++i) EXPECT_NE(lines[i].find("\"i\":" + std::to_string(i)), std::string::npos);
  EXPECT_TRUE(lines.size() == burst + 1 || lines[burst].find("\"suppressed\":") != std::string::npos);
}

TEST(Log, holdsBackNothingOfOnePluginForAnother) {
  const std::vector<std::string> lines = linesOf({.burst = 3}, [](Log& log) {
    for (int i = 0; i < 1000; ++i) log.info("plugin.call_failed", {{"plugin", "noisy"}});
    log.info("plugin.call_failed", {{"plugin", "quiet"}});
  });
  EXPECT_NE(lines.back().find("\"quiet\""), std::string::npos);
}

TEST(Log, takesLinesFromManyThreadsWhole) {
  constexpr int threads = 4, each = 200;
  const auto lines = linesOf({.burst = 100'000}, [](Log& log) {
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t)
      writers.emplace_back([&log, t] {
        for (int i = 0; i < each; ++i) log.info("line", {{"thread", t}, {"i", i}});
      });
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(log.dropped(), 0U);
  });
  ASSERT_EQ(lines.size(), std::size_t{threads * each});
  for (const std::string& line : lines) EXPECT_TRUE(timeless(line).starts_with(R"({"level":"info","event":"line","thread":)"));
}

TEST(Log, dropsTheOldestWhenTheQueueIsFullAndCountsThem) {
  constexpr std::uint64_t written = 200'000;
  std::uint64_t dropped = 0;
  const auto lines = linesOf({.queue_lines = 4, .burst = 1'000'000}, [&dropped](Log& log) {
    for (std::uint64_t i = 0; i < written; ++i) log.info("flood", {{"i", i}});
    dropped = log.dropped();
  });
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(lines.size() + dropped, written);
  EXPECT_NE(lines.back().find("\"i\":" + std::to_string(written - 1) + "}"), std::string::npos) << "the newest line stays";
}

// Standard error is a pipe that is full, and whoever should read it does not.
TEST(Log, aReaderWhoTakesNothingDoesNotHoldUpTheEnd) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const int before = ::dup(STDERR_FILENO);
  ASSERT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  const std::string junk(4096, 'j');
  while (::write(ends[1], junk.data(), junk.size()) > 0) {
  }
  ASSERT_EQ(::fcntl(ends[1], F_SETFL, 0), 0);
  ::dup2(ends[1], STDERR_FILENO);
  {
    Log log({.patience = std::chrono::milliseconds{20}});
    log.info("stuck");
  }
  // The reader wakes up, and what waited is written after all.
  std::string text;
  char piece[4096];
  while (text.find(R"("event":"stuck")") == text.npos) {
    const ssize_t size = ::read(ends[0], piece, sizeof piece);
    ASSERT_GT(size, 0);
    text.append(piece, static_cast<std::size_t>(size));
  }
  ::dup2(before, STDERR_FILENO);
  for (const int descriptor : {before, ends[0], ends[1]}) ::close(descriptor);
}

}  // namespace
}  // namespace atrium
