#ifndef ATRIUM_TESTKIT_CONTRACT_COMMAND_HPP
#define ATRIUM_TESTKIT_CONTRACT_COMMAND_HPP
#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class CommandContract : public ContractTest {
 protected:
  // Completed once, within bounds.
  void expect_ended(const Awaited& run) {
    settle();
    if (run.returned != ATRIUM_OK) {
      EXPECT_EQ(run.completions(), 0) << "a call that was refused is never completed";
      return;
    }
    EXPECT_EQ(run.completions(), 1) << "exactly one completion belongs to each call";
    EXPECT_LE(run.result().size(), ATRIUM_COMPLETION_MAX);
    EXPECT_TRUE(is_utf8(run.result())) << run.result();
    for (const std::string& line : run.progress()) EXPECT_TRUE(is_utf8(line) && line.size() <= ATRIUM_PROGRESS_MAX) << line;
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CommandContract);

TEST_P(CommandContract, saysWhatItIsCalledAndWhoMayRunIt) {
  const auto& table = plugin().need<atrium_command>(ATRIUM_EXT_COMMAND);
  ASSERT_NE(table.execute, nullptr);
  EXPECT_TRUE(is_offered_name(view(table.info->name))) << view(table.info->name);
  EXPECT_TRUE(is_utf8(view(table.info->summary)));
  EXPECT_NE(table.info->caller_roles, 0u) << "nobody may run it";
  EXPECT_EQ(table.info->caller_roles & ~31u, 0u) << "roles that do not exist";
  EXPECT_EQ(table.info->flags & ~static_cast<std::uint32_t>(ATRIUM_COMMAND_IDEMPOTENT), 0u) << "flags that do not exist";
}

TEST_P(CommandContract, endsEveryRunOnce) {
  for (const std::string& arguments : samples("{}")) expect_ended(execute(plugin(), JsonText(arguments)));
}

TEST_P(CommandContract, endsRunsWhoseServicesFail) {
  for (const char* grant : {"kv", "publish"}) host.fail_service(grant, ATRIUM_FAILED);
  for (const std::string& arguments : samples("{}")) expect_ended(execute(plugin(), JsonText(arguments)));
}

TEST_P(CommandContract, survivesArgumentsThatNoSchemaStopped) {
  std::vector<JsonText> strange = strange_objects({"to", "text", "id", "count"});
  for (const JsonText& arguments : strange) expect_ended(execute(plugin(), arguments, R"({"roles":["client"],"display_name":""})"));
}

TEST_P(CommandContract, takesACancelAtAnyTime) {
  const auto& table = plugin().need<atrium_command>(ATRIUM_EXT_COMMAND);
  if (!table.cancel) return;
  table.cancel(plugin().self(), text_of("a run that never was"));
  for (const std::string& arguments : samples("{}")) {
    const Awaited run = execute(plugin(), JsonText(arguments));
    table.cancel(plugin().self(), text_of("command_1"));
    expect_ended(run);
    table.cancel(plugin().self(), text_of("command_1"));
  }
}

}  // namespace atrium::testkit
#endif
