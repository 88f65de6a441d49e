#include "alerts/alert_requests.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

const Wall asked_at = *parseTime("2026-01-10T12:00:00Z");

template <typename Read>
std::string problemsOf(const char* body, Read read) {
  const auto document = JsonDocument::parse(body);
  const auto result = read(document->root());
  if (result) return "none";
  EXPECT_EQ(result.error().code, Code::validation_failed);
  std::string all;
  for (const FieldProblem& problem : result.error().fields) (all += all.empty() ? "" : " | ") += problem.path + " " + problem.message;
  EXPECT_TRUE(all.starts_with(result.error().detail)) << "the first is told without the list, too: " << result.error().detail;
  return all;
}

const Principal somebody;
const auto read_silence = [](const JsonView& body) { return readNewSilence(body, somebody, asked_at); };
const auto read_test = [](const JsonView& body) { return readBacktestRule(body, somebody, asked_at); };
const auto read_acknowledge = [](const JsonView& body) { return readAcknowledgeAlert(body, somebody, asked_at); };

TEST(AlertRequests, aSilenceNamesWhatItMatchesWhyAndUntilWhen) {
  const auto document =
      JsonDocument::parse(R"({"matchers":[{"label":"rule","value":"load"}],"reason":"works","expires_at":"2026-01-10T13:00:00Z"})");
  const auto silence = readNewSilence(document->root(), somebody, asked_at);
  ASSERT_TRUE(silence);
  EXPECT_EQ(silence->matchers[0].value, "load");
  EXPECT_EQ(silence->expires_at, asked_at + 1h);
  EXPECT_EQ(problemsOf(R"({"matchers":[]})", read_silence),
            "/matchers must be a list of 1 to 16 matchers | /reason is required | /expires_at is required");
  EXPECT_EQ(problemsOf(R"({"matchers":[{"label":"team","value":3,"is_equal":1}],"dry_run":true})", read_silence),
            "/matchers/0/label must be rule, subject or severity | /matchers/0/value must be a text of at most 300 bytes | "
            "/matchers/0/is_equal must be true or false");
  EXPECT_EQ(problemsOf(R"({"matchers":[{"label":"rule","value":"x"}],"reason":"","expires_at":"2026-01-10T11:00:00Z"})", read_silence),
            "/reason must have 1 to 1000 bytes | /expires_at must lie in the future");
  EXPECT_EQ(problemsOf(R"({"matchers":[{"label":"rule","value":"x"}],"reason":"r","expires_at":"2036-01-10T11:00:00Z"})", read_silence),
            "/expires_at must not be further away than 366 days");
  EXPECT_EQ(problemsOf(R"({"matchers":[{"label":"rule","value":"x"}],"dry_run":true})", read_silence), "none") << "a dry run needs neither";
  EXPECT_EQ(problemsOf("[]", read_silence),
            " must be an object | /matchers must be a list of 1 to 16 matchers | /reason is required | /expires_at is required");
}

TEST(AlertRequests, aBacktestHasABeginningAndABound) {
  const auto document =
      JsonDocument::parse(R"({"rule":"load","from":"2026-01-10T11:00:00Z","for_seconds":30,"keep_firing_for_seconds":0,"step_seconds":5})");
  const auto test = readBacktestRule(document->root(), somebody, asked_at);
  ASSERT_TRUE(test);
  EXPECT_EQ(test->to, asked_at);
  EXPECT_EQ(test->step, 5s);
  EXPECT_EQ(test->pending, 30s);
  EXPECT_EQ(test->keep_firing_for, 0s);
  EXPECT_EQ(problemsOf("{}", read_test), "/rule is required | /from is required");
  EXPECT_EQ(problemsOf(R"({"rule":"load","from":"yesterday","step_seconds":0})", read_test),
            "/from must be a time as in 2026-01-10T15:30:00Z | /step_seconds must be an integer from 1 to 3600");
  EXPECT_EQ(problemsOf(R"({"rule":"load","from":"2026-01-10T13:00:00Z"})", read_test), "/to must be later than from");
  EXPECT_EQ(problemsOf(R"({"rule":"load","from":"2025-01-10T13:00:00Z"})", read_test),
            "/step_seconds leads to more than 20000 evaluations");
}

TEST(AlertRequests, anAcknowledgementEndsInTheFuture) {
  EXPECT_EQ(problemsOf("{}", read_acknowledge), "none");
  EXPECT_EQ(problemsOf(R"({"note":7,"until":"2026-01-10T12:00:00Z"})", read_acknowledge),
            "/note must be a string | /until must lie in the future");
}

TEST(AlertRequests, aFilterNamesWhatThereIs) {
  EXPECT_TRUE(readAlertQuery({}));
  EXPECT_TRUE(readAlertQuery({.state = "open"})->open_only);
  EXPECT_EQ(readAlertQuery({.state = "firing", .severity = "high"})->severity, Severity::high);
  const auto wrong = readAlertQuery({.state = "normal", .severity = "worse", .cursor = "1"});
  ASSERT_FALSE(wrong);
  ASSERT_EQ(wrong.error().fields.size(), 3u);
  EXPECT_EQ(wrong.error().fields[0].path, "/state");
}

}  // namespace
}  // namespace atrium
