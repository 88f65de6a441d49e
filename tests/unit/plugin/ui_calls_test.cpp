#include "plugin/ui_calls.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "edge_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

class UiCallsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(edge.started) << edge.started.error().detail; }
  Result<UiResponse> answerTo(UiRequest request) {
    std::optional<Result<UiResponse>> answer;
    ui.answer("edge", std::move(request), [&answer](Result<UiResponse> came) { answer = std::move(came); });
    if (!answer) edge.shards.turn();
    return answer ? *answer : Result<UiResponse>(fail(Code::internal, "not answered"));
  }
  static UiRequest asked(std::string path) {
    UiRequest request;
    request.method = "PUT";
    request.path = std::move(path);
    return request;
  }

  EdgeWorld edge;
  UiCalls ui{edge.registry(), edge.calls};
};

TEST_F(UiCallsTest, findsThePagesOfPluginsThatAreThere) {
  ASSERT_TRUE(ui.find("edge"));
  EXPECT_EQ(ui.find("edge")->plugin_id, "test.edge");
  EXPECT_TRUE(ui.find("edge")->answers);
  EXPECT_FALSE(ui.find("Edge"));
  ASSERT_EQ(ui.all().size(), 1u);
  const UiBundlePtr kept = ui.find("edge");
  edge.registry().withdraw(*edge.world.host().find("test.edge"));
  EXPECT_FALSE(ui.find("edge"));
  EXPECT_TRUE(ui.all().empty());
  edge.world.host().stop();
  EXPECT_EQ(kept->assets.at("/index.html").body->view(), "<h1>Edge</h1>") << "an answer under way outlives the plugin";
}

TEST_F(UiCallsTest, handsTheRequestOver) {
  UiRequest request = asked("/echo");
  request.query = "a=1";
  request.body = "body";
  request.headers = {{"x-one", "1"}, {"x-two", "2"}};
  request.caller = Principal{.tenant_id = "acme", .user_id = "ana", .display_name = "Ana"};
  const auto said = answerTo(std::move(request));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->status, 201);
  EXPECT_EQ(said->body, "PUT|/echo|a=1|body|ana|acme|x-one|1|x-two|2|");
  UiRequest hook = asked("/echo");
  hook.hook = true;
  EXPECT_EQ(answerTo(std::move(hook))->body, "PUT|/echo|||nobody||");
}

TEST_F(UiCallsTest, passesOverWhatAPluginMayNotSay) {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(answerTo(asked("/echo"))->headers, (Headers{{"content-type", "text/plain"}, {"x-good", "1"}, {"location", "/elsewhere"}}));
}

// An answer against the contract is a fault, and three of them are too many; one that says that it failed is none.
TEST_F(UiCallsTest, anAnswerAgainstTheContractIsAFault) {
  EXPECT_FALSE(answerTo(asked("/fail")));
  edge.world.host().attend();
  EXPECT_EQ(edge.world.tell("test_edge.so", "state"), "active");
  for (int n = 0; n < 3; ++n) EXPECT_FALSE(answerTo(asked("/huge")));
  edge.world.host().attend();
  EXPECT_EQ(edge.world.tell("test_edge.so", "state"), "quarantined");
  EXPECT_EQ(edge.world.tell("test_edge.so", "reason"), "3 faults within ten minutes, the last: its answer is larger than 1 MiB");
}

TEST_F(UiCallsTest, aFailureIsNoAnswer) {
  for (const char* path : {"/fail", "/status", "/huge"}) {
    const auto said = answerTo(asked(path));
    ASSERT_FALSE(said) << path;
    EXPECT_EQ(said.error().code, Code::plugin_failed) << path;
  }
}

TEST_F(UiCallsTest, anAnswerThatDoesNotComeInTimeIsNone) {
  std::optional<Result<UiResponse>> answer;
  ui.answer("edge", asked("/echo"), [&answer](Result<UiResponse> came) { answer = std::move(came); });
  edge.now.mono += HttpUiKind::deadline_max;
  edge.timers.advance(edge.now.mono);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code, Code::plugin_failed);
}

TEST_F(UiCallsTest, nobodyAnswersForAPluginThatLeft) {
  edge.registry().withdraw(*edge.world.host().find("test.edge"));
  EXPECT_EQ(answerTo(asked("/echo")).error().code, Code::not_found);
}

}  // namespace
}  // namespace atrium::test
