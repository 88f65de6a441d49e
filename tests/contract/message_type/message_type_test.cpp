// One suite for every message type that comes with the platform, against the real libraries, in process and isolated.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "placed_types.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

constexpr std::uint32_t staff = ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;
constexpr std::uint32_t everyone = staff | ATRIUM_ROLE_CLIENT;

struct Row {
  const char* name;
  std::uint32_t senders;
  bool needs_content;
  const char* good;      // Metadata that is enough.
  const char* required;  // A member of it that cannot be left out; empty: none.
  const char* summary;   // Of `good` with the content "hello".
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

constexpr Row rows[] = {
    {"text", everyone, true, "{}", "", "hello"},
    {"system", 0, true, "{}", "", "hello"},
    {"file_share", everyone, false, R"({"file_id":"file_1","file_name":"plan.pdf","size":10,"mime_type":"application/pdf"})", "file_id",
     "File plan.pdf: hello"},
    {"document_share", everyone, false, R"({"url":"https://example.org/contract.pdf"})", "url", "Document: hello"},
    {"lead_handoff", staff, false, R"({"lead_id":"lead_7"})", "lead_id", "Lead lead_7: hello"},
    {"property_share", everyone, false, R"({"property_id":"p1","address":"1 High Street","price":250000.5})", "property_id",
     "Property 1 High Street: hello"},
    {"coaching_tip", staff, true, R"({"topic":"pricing"})", "topic", "Tip pricing: hello"},
    {"alert", staff, true, R"({"severity":"high"})", "severity", "Alert high: hello"},
    {"command", staff, false, R"({"command":"/assign","arguments":{"to":"ana"}})", "command", "Command /assign: hello"},
};

std::string pluginId(std::string name) {
  std::ranges::replace(name, '_', '-');
  return "atrium.message-type." + name;
}

class MessageTypeContract : public testing::TestWithParam<std::tuple<Row, Placement>> {
 protected:
  void SetUp() override {
    place(world, pluginId(row.name), std::get<Placement>(GetParam()));
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    types.emplace(world);
    type = types->messageType(row.name);
    ASSERT_NE(type, nullptr);
    scene.message_type = row.name;
    scene.metadata = Scene::json(row.good);
  }

  const Row row = std::get<Row>(GetParam());
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  std::optional<PlacedTypes> types;
  MessageType* type = nullptr;
  Scene scene;
};

TEST_P(MessageTypeContract, saysWhoMaySendAndWhetherContentIsNeeded) {
  EXPECT_EQ(std::string_view(type->info().name.data, type->info().name.size), row.name);
  EXPECT_EQ(type->info().sender_roles, row.senders);
  EXPECT_EQ(type->info().content_min >= 1, row.needs_content);
  EXPECT_EQ(type->info().delivery_class, static_cast<std::uint32_t>(ATRIUM_DELIVER_MUST));
}

TEST_P(MessageTypeContract, acceptsWhatIsEnoughAndKeysItDoesNotKnow) {
  const HookOutcome plain = scene.check(*type);
  EXPECT_FALSE(plain.refused) << plain.refused->detail;
  std::string more = row.good;
  more.insert(1, more.size() > 2 ? R"("custom":{"x":[1,null]},)" : R"("custom":{"x":[1,null]})");
  scene.metadata = Scene::json(more);
  const HookOutcome said = scene.check(*type);
  EXPECT_FALSE(said.refused);
  EXPECT_FALSE(said.content) << "nothing is changed";
  EXPECT_TRUE(said.annotations.empty());
}

TEST_P(MessageTypeContract, refusesMetadataThatLacksWhatItNeeds) {
  if (std::string_view(row.required).empty()) return;
  for (const bool absent : {true, false}) {
    scene.metadata = absent ? JsonDocument() : Scene::json("{}");
    const HookOutcome said = scene.check(*type);
    ASSERT_TRUE(said.refused);
    EXPECT_EQ(said.refused->code, Code::validation_failed);
    ASSERT_FALSE(said.refused->fields.empty());
    EXPECT_TRUE(said.refused->fields[0].path.starts_with("/metadata"));
    EXPECT_NE((said.refused->fields[0].path + said.refused->fields[0].message).find(row.required), std::string::npos);
  }
}

TEST_P(MessageTypeContract, refusesMembersOfTheWrongKindAndNamesThem) {
  const std::string required = row.required;
  if (required.empty()) return;
  for (const char* wrong : {"7", "null", "[]", "{}", "\"\"", "true"}) {
    scene.metadata = Scene::json("{\"" + required + "\":" + wrong + "}");
    const HookOutcome said = scene.check(*type);
    ASSERT_TRUE(said.refused) << wrong;
    EXPECT_EQ(said.refused->fields[0].path, "/metadata/" + required) << wrong;
  }
}

TEST_P(MessageTypeContract, summarisesOnOneShortLine) {
  const auto summarise = [&] {
    std::string line;
    const atrium_message_view message = scene.message();
    type->call({.hook = Hook::summarise, .message = &message}, [&line](HookOutcome said) { line = std::move(said.line); });
    return line;
  };
  EXPECT_EQ(summarise(), row.summary);
  scene.content.clear();
  for (int n = 0; n < 100; ++n) scene.content += "\n\u20ac\t";
  const std::string line = summarise();
  EXPECT_LE(line.size(), 200u);
  EXPECT_EQ(line.find_first_of("\n\t"), std::string::npos);
  EXPECT_TRUE(line.ends_with("\u2026"));
  EXPECT_TRUE(Scene::json("\"" + line + "\"").root().isString()) << "no character was cut in two";
}

using MessageTypeThreads = testing::TestWithParam<Row>;
TEST_P(MessageTypeThreads, sayTheSame) {
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  ASSERT_TRUE(world.start());
  Scene scene;
  scene.message_type = GetParam().name;
  scene.metadata = Scene::json(GetParam().good);
  std::vector<std::unique_ptr<Types>> ports;
  for (int n = 0; n < 4; ++n) ports.push_back(world.host().makeTypes());
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (auto& port : ports)
    threads.emplace_back([&] {
      for (int n = 0; n < 300; ++n)
        if (scene.check(*port->messageType(GetParam().name)).refused) ++wrong;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

std::string nameOf(const testing::TestParamInfo<std::tuple<Row, Placement>>& info) {
  return std::string(std::get<Row>(info.param).name) + (std::get<Placement>(info.param) == Placement::isolated ? "_isolated" : "");
}
INSTANTIATE_TEST_SUITE_P(All, MessageTypeContract,
                         testing::Combine(testing::ValuesIn(rows), testing::Values(Placement::in_process, Placement::isolated)), nameOf);
INSTANTIATE_TEST_SUITE_P(All, MessageTypeThreads, testing::ValuesIn(rows), [](const auto& info) { return std::string(info.param.name); });

class MessageTypes : public testing::Test {
 protected:
  void SetUp() override {
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    types = world.host().makeTypes();
  }
  HookOutcome check(const char* type, const std::string& metadata) {
    scene.metadata = Scene::json(metadata);
    return scene.check(*types->messageType(type));
  }

  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  std::unique_ptr<Types> types;
  Scene scene;
};

TEST_F(MessageTypes, whisperCoachingTipsToTheAgentAndSupervisorsAlone) {
  EXPECT_EQ(check("coaching_tip", R"({"topic":"x"})").audience, (std::vector<std::string>{"sender", "role:supervisor", "role:admin"}));
  EXPECT_EQ(check("coaching_tip", R"({"topic":"x","agent_id":"bob"})").audience,
            (std::vector<std::string>{"sender", "role:supervisor", "role:admin", "user:bob"}));
}

TEST_F(MessageTypes, refuseAnAgentWhoCannotBeOneInsteadOfFailing) {
  std::string wide;
  for (int n = 0; n < 100; ++n) wide += "\u20ac";  // 100 characters, 300 bytes.
  for (const std::string& agent : {wide, std::string(R"(a\u0007b)")}) {
    const HookOutcome said = check("coaching_tip", R"({"topic":"x","agent_id":")" + agent + "\"}");
    ASSERT_TRUE(said.refused);
    EXPECT_EQ(said.refused->code, Code::validation_failed);
    EXPECT_EQ(said.refused->fields[0].path, "/metadata/agent_id");
  }
}

TEST_F(MessageTypes, takeFilesByIdOrByAddress) {
  for (const char* type : {"file_share", "document_share"}) {
    EXPECT_FALSE(check(type, R"({"file_id":"f"})").refused);
    EXPECT_FALSE(check(type, R"({"url":"http://example.org/a"})").refused);
    EXPECT_FALSE(check(type, R"({"file_id":"f","url":"https://example.org/a"})").refused);
    EXPECT_EQ(check(type, R"({"file_name":"a"})").refused->fields[0].message, "needs file_id or url");
    EXPECT_EQ(check(type, R"({"url":"javascript:alert"})").refused->fields[0].path, "/metadata/url");
    EXPECT_EQ(check(type, R"({"file_id":"f","size":-1})").refused->fields[0].path, "/metadata/size");
    EXPECT_EQ(check(type, R"({"file_id":"f","size":"10"})").refused->fields[0].path, "/metadata/size");
  }
}

TEST_F(MessageTypes, knowTheSeveritiesOfAnAlert) {
  for (const char* severity : {"info", "low", "medium", "warning", "high", "critical"})
    EXPECT_FALSE(check("alert", "{\"severity\":\"" + std::string(severity) + "\"}").refused) << severity;
  EXPECT_EQ(check("alert", R"({"severity":"terrible"})").refused->fields[0].path, "/metadata/severity");
}

}  // namespace
}  // namespace atrium::test
