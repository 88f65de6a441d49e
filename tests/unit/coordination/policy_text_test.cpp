#include "coordination/policy_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

const std::vector<std::string> text_scorers = {"load", "match"};

Result<RoutingPolicy> readText(std::string_view body, std::string_view name = "house") {
  static JsonDocument document;
  document = *JsonDocument::parse(body);
  return readPolicy(name, document.root(), Principal{.tenant_id = "acme", .user_id = "ana", .display_name = "Ana"}, text_scorers);
}

// The wrong fields, each with what is wrong.
std::string fieldsOf(std::string_view body, std::string_view name = "house") {
  const auto read = readText(body, name);
  if (read) return "fine";
  EXPECT_EQ(read.error().code, Code::validation_failed);
  std::string all;
  for (const FieldProblem& problem : read.error().fields) all += problem.path + " " + problem.message + "\n";
  return all;
}

TEST(PolicyText, readsWhatAClientPuts) {
  const auto read = readText(R"({"agents":{"match":1,"load":0.78},"queue":{"match":2},"ageing_guard_ms":60000})");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (RoutingPolicy{"house", {{"match", 1}, {"load", 0.78}}, {{"match", 2}}, std::chrono::minutes(1)}));
  const auto least = readText(R"({"agents":{"match":1}})");
  ASSERT_TRUE(least);
  EXPECT_TRUE(least->queue.empty());
  EXPECT_EQ(least->ageing_guard, std::chrono::minutes(20));
}

TEST(PolicyText, namesEachWrongField) {
  EXPECT_EQ(fieldsOf(R"({"agents":{"match":-1,"load":"NaN"},"queue":{"match":0},"ageing_guard_ms":-1})"),
            "/agents/match must be a number from 0 to 1000000\n/agents/load must be a number from 0 to 1000000\n"
            "/queue must have at least one weight above 0\n/ageing_guard_ms must be an integer from 0 to 2592000000\n");
  EXPECT_EQ(fieldsOf(R"({"agents":{"match":0,"load":0.0}})"), "/agents must have at least one weight above 0\n");
  EXPECT_EQ(fieldsOf(R"({"agents":{"mach/x":1}})"), "/agents/mach~1x is no scorer of this server; there are: load, match\n");
  EXPECT_EQ(fieldsOf(R"({"agents":{}})"), "/agents must have 1 to 32 scorers\n");
  EXPECT_EQ(fieldsOf("{}"), "/agents is required\n");
  EXPECT_EQ(fieldsOf(R"({"agents":[1]})"), "/agents must be an object\n");
  EXPECT_EQ(fieldsOf(R"({"agents":{"match":1e7}})"), "/agents/match must be a number from 0 to 1000000\n");
  EXPECT_EQ(fieldsOf(R"({"agents":{"match":1},"qeue":{}})"), "/qeue is nothing that a policy has: agents, queue, ageing_guard_ms\n");
  EXPECT_EQ(fieldsOf(R"({"agents":{"match":1}})", "Ho use"), "/name must be 1 to 64 small letters, digits, underscores and hyphens\n");
  EXPECT_EQ(fieldsOf("[]"), " must be an object\n/agents is required\n");
}

TEST(PolicyText, aReplyCanBeSentBack) {
  const PolicyEntry entry{.policy = std::make_shared<const RoutingPolicy>(*readText(R"({"agents":{"match":0.30000000000000004}})")),
                          .version = 7,
                          .origin = PolicyOrigin::tenant,
                          .chosen = true};
  EXPECT_EQ(policyJson(entry), R"({"name":"house","origin":"tenant","version":7,"default":true,"agents":{"match":0.30000000000000004},)"
                               R"("queue":{},"ageing_guard_ms":1200000})");
  EXPECT_EQ(*readText(policyJson(entry)), *entry.policy);
  EXPECT_EQ(policyListJson(std::span(&entry, 1)), R"({"items":[)" + policyJson(entry) + R"(],"next_cursor":null})");
}

TEST(PolicyText, whatIsStoredComesBackBitForBit) {
  const RoutingPolicy policy{"house", {{"match", 0.1 + 0.2}, {"load", 1e-300}}, {{"match", 1.0 / 3}}, std::chrono::milliseconds(1)};
  const auto back = decodePolicy("house", encodePolicy(policy, 3));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back->policy, policy);
  EXPECT_EQ(back->version, 3u);
  EXPECT_EQ(back->origin, PolicyOrigin::tenant);
}

TEST(PolicyText, whatIsDamagedIsNothing) {
  for (const std::string_view text :
       {"", "{", "{}", R"({"version":0,"agents":{"match":1},"queue":{},"ageing_guard_ms":1})",
        R"({"version":1,"agents":{"match":1},"queue":{}})", R"({"version":1,"agents":{},"queue":{},"ageing_guard_ms":1})",
        R"({"version":1,"agents":{"match":-1},"queue":{},"ageing_guard_ms":1})",
        R"({"version":1,"agents":{"match":1},"queue":[],"ageing_guard_ms":1})"})
    EXPECT_FALSE(decodePolicy("house", text)) << text;
}

}  // namespace
}  // namespace atrium
