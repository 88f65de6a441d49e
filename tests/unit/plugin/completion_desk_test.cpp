#include "plugin/completion_desk.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "plugin/plugin_text.hpp"
#include "protocol/metrics.hpp"

namespace atrium {
namespace {

class CompletionDeskTest : public testing::Test {
 protected:
  atrium_token open() {
    return desk.open({.complete = [this](atrium_status status, const std::string& result) { completed.emplace_back(status, result); },
                      .progress = [this](const std::string& piece) { pieces.push_back(piece); }});
  }
  static void complete(const atrium_token& token, atrium_status status, std::string_view result) {
    token.complete(token.context, token.id, status, textOf(result));
  }
  static void progress(const atrium_token& token, std::string_view piece) { token.progress(token.context, token.id, textOf(piece)); }

  MetricRegistry metrics{metric_table};
  CompletionDesk desk{metrics.makeSet()};
  std::vector<std::pair<atrium_status, std::string>> completed;
  std::vector<std::string> pieces;
};

TEST_F(CompletionDeskTest, completesEachTokenOnce) {
  const atrium_token token = open(), other = open();
  progress(token, "half");
  complete(token, ATRIUM_OK, "done");
  complete(token, ATRIUM_OK, "again");
  progress(token, "too late");
  EXPECT_EQ(completed, (std::vector<std::pair<atrium_status, std::string>>{{ATRIUM_OK, "done"}}));
  EXPECT_EQ(pieces, std::vector<std::string>{"half"});
  EXPECT_EQ(metrics.sum(Metric::plugin_late_answers), 1);
  EXPECT_TRUE(desk.forget(other.id)) << "that one is open";
}

TEST_F(CompletionDeskTest, dropsWhatIsCompletedAfterItWasForgotten) {
  const atrium_token token = open();
  EXPECT_TRUE(desk.forget(token.id));
  EXPECT_FALSE(desk.forget(token.id));
  complete(token, ATRIUM_OK, "late");
  EXPECT_TRUE(completed.empty());
  EXPECT_EQ(metrics.sum(Metric::plugin_late_answers), 1);
}

TEST_F(CompletionDeskTest, takesNoResultThatIsTooLongOrNoText) {
  complete(open(), ATRIUM_OK, std::string(ATRIUM_COMPLETION_MAX + 1, 'x'));
  complete(open(), ATRIUM_OK, "\xff");
  ASSERT_EQ(completed.size(), 2u);
  EXPECT_EQ(completed[0].first, ATRIUM_FAILED);
  EXPECT_EQ(completed[1].first, ATRIUM_FAILED);
}

}  // namespace
}  // namespace atrium
