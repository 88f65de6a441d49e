#ifndef ATRIUM_TESTKIT_CONTRACT_ASSISTANT_HPP
#define ATRIUM_TESTKIT_CONTRACT_ASSISTANT_HPP
#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class AssistantContract : public ContractTest {
 protected:
  static constexpr std::uint32_t last_task = ATRIUM_TASK_SUMMARY;
  // Calls `check` with each task the assistant does, and each context.
  template <typename Check>
  void each_task(const std::vector<JsonText>& contexts, Check&& check) {
    const std::uint32_t tasks = plugin().need<atrium_assistant>(ATRIUM_EXT_ASSISTANT).info->tasks;
    for (std::uint32_t task = 1; task <= last_task; task *= 2)
      if (tasks & task)
        for (const JsonText& context : contexts) check(task, context);
  }
  static std::vector<JsonText> contexts() {
    std::vector<JsonText> all;
    for (const std::string& sample : samples("{}")) all.emplace_back(sample);
    return all;
  }
  void expect_ended(const Awaited& run) {
    settle(30'000);
    if (run.returned != ATRIUM_OK) {
      EXPECT_EQ(run.completions(), 0) << "a call that was refused is never completed";
      return;
    }
    EXPECT_EQ(run.completions(), 1) << "exactly one completion belongs to each call";
    EXPECT_TRUE(is_utf8(run.text())) << "the pieces together are text";
    if (run.status() == ATRIUM_OK && !run.result().empty()) {
      EXPECT_TRUE(JsonText::is_sound(run.result()) && JsonText(run.result()).root().is_object()) << run.result();
    }
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AssistantContract);

TEST_P(AssistantContract, saysWhatItDoes) {
  const auto& table = plugin().need<atrium_assistant>(ATRIUM_EXT_ASSISTANT);
  ASSERT_NE(table.open, nullptr);
  EXPECT_TRUE(is_offered_name(view(table.info->name))) << view(table.info->name);
  EXPECT_NE(table.info->tasks, 0u);
  EXPECT_EQ(table.info->tasks & ~(2 * last_task - 1), 0u) << "tasks that do not exist";
}

TEST_P(AssistantContract, endsEveryAnswerOnce) {
  each_task(contexts(), [&](std::uint32_t task, const JsonText& context) { expect_ended(open(plugin(), task, context)); });
}

TEST_P(AssistantContract, survivesContextsOfAnyKind) {
  each_task(strange_objects({"messages", "room", "lead", "agent"}),
            [&](std::uint32_t task, const JsonText& context) { expect_ended(open(plugin(), task, context)); });
}

TEST_P(AssistantContract, takesACancelAtAnyTime) {
  const auto& table = plugin().need<atrium_assistant>(ATRIUM_EXT_ASSISTANT);
  if (!table.cancel) return;
  table.cancel(plugin().self(), text_of("an answer that never was"));
  each_task(contexts(), [&](std::uint32_t task, const JsonText& context) {
    const Awaited run = open(plugin(), task, context);
    table.cancel(plugin().self(), text_of("request_1"));
    expect_ended(run);
    table.cancel(plugin().self(), text_of("request_1"));
  });
}

}  // namespace atrium::testkit
#endif
