#include "plugin/services/pending_calls.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "protocol/metrics.hpp"

namespace atrium {
namespace {

// A plugin's token and what came of it, in order.
struct Heard {
  std::vector<std::string> told;
  std::promise<void> ended;
  atrium_token token{
      .struct_size = sizeof(atrium_token), .reserved = 0, .context = this, .id = 1, .complete = complete, .progress = progress};
  static void complete(void* context, std::uint64_t, atrium_status status, atrium_text result) {
    auto& self = *static_cast<Heard*>(context);
    self.told.push_back(std::to_string(status) + " " + std::string(result.data, result.size));
    self.ended.set_value();
  }
  static void progress(void* context, std::uint64_t, atrium_text piece) {
    static_cast<Heard*>(context)->told.emplace_back(piece.data, piece.size);
  }
};

class PendingCallsTest : public testing::Test {
 protected:
  SystemClock clock;
  Log log{Log::Options{.level = LogLevel::error}};
  MetricRegistry metrics{metric_table};
  WorkerPool answers{{.threads = 2, .share = 1}, clock, log, metrics.makeSet()};
  std::shared_ptr<PendingCalls> calls = std::make_shared<PendingCalls>(
      answers, "com.acme.test", 4, [](std::string_view, std::chrono::nanoseconds, const std::function<void()>& function) { function(); });
};

std::string joined(const std::vector<std::string>& told) {
  std::string all;
  for (const std::string& one : told) all += one;
  return all;
}

TEST_F(PendingCallsTest, tellsPiecesInOrderAndTheEndBehindThem) {
  Heard heard;
  const auto number = calls->begin(&heard.token);
  for (int n = 0; n < 1000; ++n) calls->progress(*number, std::to_string(n) + ",");
  calls->finish(*number, ATRIUM_OK, "end");
  heard.ended.get_future().wait();
  std::string expected;
  for (int n = 0; n < 1000; ++n) expected += std::to_string(n) + ",";
  EXPECT_EQ(joined(heard.told), expected + "0 end");
  EXPECT_LE(heard.told.size(), 1001u);
}

TEST_F(PendingCallsTest, cutsWhatIsLongerThanAPieceMayBe) {
  Heard heard;
  const auto number = calls->begin(&heard.token);
  calls->progress(*number, std::string(ATRIUM_PROGRESS_MAX + 1, 'x'));
  calls->finish(*number, ATRIUM_OK, "");
  heard.ended.get_future().wait();
  ASSERT_EQ(heard.told.size(), 3u);
  EXPECT_EQ(heard.told[0].size(), ATRIUM_PROGRESS_MAX);
  EXPECT_EQ(heard.told[1], "x");
}

// While a plugin is being exchanged nothing is told, and nothing of it is lost.
TEST_F(PendingCallsTest, whatIsHeldIsToldBeforeTheEnd) {
  Heard heard;
  const auto number = calls->begin(&heard.token);
  ASSERT_TRUE(calls->hold(std::chrono::seconds{10}));
  calls->progress(*number, "one ");
  calls->progress(*number, "two ");
  calls->finish(*number, ATRIUM_OK, "end");
  calls->letGo();
  heard.ended.get_future().wait();
  EXPECT_EQ(joined(heard.told), "one two 0 end");
}

TEST_F(PendingCallsTest, tellsNothingBehindTheEnd) {
  Heard heard;
  const auto number = calls->begin(&heard.token);
  calls->finish(*number, ATRIUM_FAILED, "no");
  heard.ended.get_future().wait();
  calls->progress(*number, "late");
  answers.stop();
  EXPECT_EQ(joined(heard.told), std::to_string(ATRIUM_FAILED) + " no");
}

}  // namespace
}  // namespace atrium
