#include "plugin/assistants_port.hpp"

#include <gtest/gtest.h>

#include <future>

#include "atrium/ext/assistant.h"
#include "edge_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

// The plugin test.assistant does what its context tells it to.
class AssistantsPortTest : public testing::Test, protected EdgeWorld {
 protected:
  AssistantsPortTest() : EdgeWorld(ATRIUM_ASSISTANT_PLUGINS, 10) {}
  ~AssistantsPortTest() override { workers.stop(); }  // They complete at the desk.
  void SetUp() override {
    ASSERT_TRUE(started) << started.error().detail;
    port.emplace(world.host().registry(), calls, desk);
  }
  void ask(std::string_view context, std::uint32_t output_max = 100, std::string assistant = "told",
           std::uint32_t task = ATRIUM_TASK_COACHING) {
    answer.reset();
    port->ask({.assistant = std::move(assistant),
               .task = task,
               .request_id = "tip_1",
               .tenant_id = "acme",
               .context = *JsonDocument::parse(context),
               .output_max = output_max,
               .first_piece = 3s,
               .total = 20s},
              [this](Result<AssistantAnswer> told) { answer = std::move(told); });
  }
  void pass(std::chrono::seconds time) {
    now.mono += time;
    timers.advance(now.mono);
  }
  // Waits until the only worker has done what it was given so far.
  void awaitWorker() {
    std::promise<void> reached;
    ASSERT_TRUE(workers.post([&reached] { reached.set_value(); }, "the test"));
    reached.get_future().wait();
  }
  [[nodiscard]] std::string code() const { return answer->has_value() ? "" : std::string(info(answer->error().code).word); }

  CompletionDesk desk{metrics.makeSet()};
  std::optional<AssistantsPort> port;
  std::optional<Result<AssistantAnswer>> answer;
};

TEST_F(AssistantsPortTest, bringsThePiecesTogetherWithTheFigures) {
  ask(R"({"says":["Ask ","again."],"ends":"{\"cost\":1}"})");
  shards.turn();
  ASSERT_TRUE(answer && *answer) << code();
  EXPECT_EQ((*answer)->text, "Ask again.");
  EXPECT_EQ((*answer)->figures.text(), R"({"cost":1})");
}

TEST_F(AssistantsPortTest, cutsTheTextAtItsBoundAndNoCharacterInTwo) {
  ask("{\"says\":[\"12345\",\"678\u20ac\",\"more\"]}", 9);
  shards.turn();
  ASSERT_TRUE(answer && *answer) << code();
  EXPECT_EQ((*answer)->text, "12345678");
}

TEST_F(AssistantsPortTest, anEndThatIsNoObjectIsAFailure) {
  ask(R"({"says":["x"],"ends":"[1]"})");
  shards.turn();
  EXPECT_EQ(code(), "plugin_failed");
}

TEST_F(AssistantsPortTest, tellsWhyOneFailed) {
  ask(R"({"says":["half"],"fails":"The model is away."})");
  shards.turn();
  EXPECT_EQ(code(), "plugin_failed");
  EXPECT_EQ(answer->error().detail, "The model is away.");
  EXPECT_NE(world.tell("test_assistant.so", "hooks").find(R"("calls":1,"failures":1)"), std::string::npos)
      << world.tell("test_assistant.so", "hooks");
}

TEST_F(AssistantsPortTest, oneThatSaysNothingIsGivenUpAndToldSo) {
  ask(R"({"keeps":true})");
  awaitWorker();
  pass(2s);
  EXPECT_FALSE(answer);
  pass(2s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(code(), "assistant_timed_out");
  awaitWorker();  // It is told, and lets go of its stream.
  EXPECT_EQ(calls.pending(), 0u);
}

TEST_F(AssistantsPortTest, oneThatBeganMayTakeItsTimeAndNoMore) {
  ask(R"({"says":["Well"],"keeps":true})");
  awaitWorker();
  pass(10s);
  EXPECT_FALSE(answer);
  pass(11s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(code(), "assistant_timed_out");
  awaitWorker();
}

TEST_F(AssistantsPortTest, whoIsNotThereOrDoesNotTakeTheTaskIsUnavailable) {
  ask("{}", 100, "nobody");
  EXPECT_EQ(code(), "plugin_unavailable");
  ask("{}", 100, "told", ATRIUM_TASK_SUMMARY);
  EXPECT_EQ(code(), "plugin_unavailable");
}

TEST_F(AssistantsPortTest, answersWhenNoWorkerIsThere) {
  workers.stop();
  ask("{}");
  EXPECT_EQ(code(), "overloaded");
}

}  // namespace
}  // namespace atrium::test
