// One suite for every room type that comes with the platform, against the real libraries, in process and isolated. A row says what sets a
// type apart; everything else holds for all.
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

struct Row {
  const char* name;
  std::uint32_t entry;
  bool clients;         // May a client be in such rooms?
  bool lead_handoff;    // Is one welcome?
  bool members_invite;  // May a plain member add others?
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

constexpr Row rows[] = {
    {"agent_team", ATRIUM_ENTRY_OPEN, false, true, true},
    {"client_session", ATRIUM_ENTRY_INVITATION, true, false, true},
    {"lead_collaboration", ATRIUM_ENTRY_OPEN, false, true, true},
    {"property_tour", ATRIUM_ENTRY_OPEN, true, true, false},  // Its list of message types keeps handoffs out before the hook.
    {"training_session", ATRIUM_ENTRY_OPEN, false, false, false},
    {"emergency_response", ATRIUM_ENTRY_INVITATION, false, true, true},
};

std::string pluginId(std::string name) {
  std::ranges::replace(name, '_', '-');
  return "atrium.room-type." + name;
}

class RoomTypeContract : public testing::TestWithParam<std::tuple<Row, Placement>> {
 protected:
  void SetUp() override {
    place(world, pluginId(row.name), std::get<Placement>(GetParam()));
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    types.emplace(world);
    type = types->roomType(row.name);
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(world.host().find(pluginId(row.name))->isolated() != nullptr, std::get<Placement>(GetParam()) == Placement::isolated);
  }

  const Row row = std::get<Row>(GetParam());
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  std::optional<PlacedTypes> types;
  RoomType* type = nullptr;
  Scene scene;
};

TEST_P(RoomTypeContract, saysWhoEntersAndHowLongWritesMayWait) {
  EXPECT_EQ(std::string_view(type->info().name.data, type->info().name.size), row.name);
  EXPECT_EQ(type->info().entry, row.entry);
  EXPECT_EQ(type->info().durability, ATRIUM_DURABILITY_FSYNCED);
  EXPECT_EQ(type->info().flush_window_us == 0, std::string_view(row.name) == "emergency_response");
  EXPECT_GT(type->info().max_members, 0u);
  EXPECT_EQ(type->info().retention_days == 0, std::string_view(row.name) == "agent_team") << "the everyday room follows the server";
}

TEST_P(RoomTypeContract, givesEachRoleWhatTheOneBelowHasAndMore) {
  const auto& may = type->info().permissions;
  EXPECT_EQ(may[ATRIUM_ROOM_ROLE_NONE], 0u);
  EXPECT_EQ(may[ATRIUM_ROOM_ROLE_OBSERVER], static_cast<std::uint32_t>(ATRIUM_MAY_READ)) << "an observer only reads";
  for (int role = ATRIUM_ROOM_ROLE_OBSERVER; role <= ATRIUM_ROOM_ROLE_OWNER; ++role) {
    EXPECT_EQ(may[role] & may[role - 1], may[role - 1]) << "role " << role << " lost something";
    EXPECT_NE(may[role], may[role - 1]) << "role " << role << " gained nothing";
  }
  EXPECT_EQ((may[ATRIUM_ROOM_ROLE_MEMBER] & ATRIUM_MAY_ADD_MEMBERS) != 0, row.members_invite);
  EXPECT_TRUE(may[ATRIUM_ROOM_ROLE_OWNER] & ATRIUM_MAY_CLOSE);
  EXPECT_TRUE(may[ATRIUM_ROOM_ROLE_OWNER] & ATRIUM_MAY_CHANGE_ROLES);
}

TEST_P(RoomTypeContract, acceptsSoundSettingsAndKeysItDoesNotKnow) {
  for (const char* settings :
       {"{}", R"({"allow_file_sharing":true,"message_retention_days":30})", R"({"allow_file_sharing":false})",
        R"({"message_retention_days":1})", R"({"message_retention_days":3650})", R"({"theme":{"colour":["blue"]},"x":null})"}) {
    scene.settings = Scene::json(settings);
    EXPECT_FALSE(scene.checkSettings(*type).refused) << settings;
  }
}

TEST_P(RoomTypeContract, refusesSettingsThatMakeNoSenseAndNamesThem) {
  const std::pair<const char*, const char*> wrong[] = {{R"({"allow_file_sharing":"yes"})", "/settings/allow_file_sharing"},
                                                       {R"({"allow_file_sharing":null})", "/settings/allow_file_sharing"},
                                                       {R"({"allow_file_sharing":1})", "/settings/allow_file_sharing"},
                                                       {R"({"message_retention_days":0})", "/settings/message_retention_days"},
                                                       {R"({"message_retention_days":3651})", "/settings/message_retention_days"},
                                                       {R"({"message_retention_days":1.5})", "/settings/message_retention_days"},
                                                       {R"({"message_retention_days":"30"})", "/settings/message_retention_days"},
                                                       {R"({"message_retention_days":1e30})", "/settings/message_retention_days"}};
  for (const auto& [settings, path] : wrong) {
    scene.settings = Scene::json(settings);
    const HookOutcome said = scene.checkSettings(*type);
    ASSERT_TRUE(said.refused) << settings;
    EXPECT_EQ(said.refused->code, Code::validation_failed);
    ASSERT_EQ(said.refused->fields.size(), 1u);
    EXPECT_EQ(said.refused->fields[0].path, path);
    EXPECT_FALSE(said.refused->fields[0].message.empty());
  }
  scene.settings = Scene::json(R"({"allow_file_sharing":0,"message_retention_days":-1})");
  EXPECT_EQ(scene.checkSettings(*type).refused->fields.size(), 2u) << "all at once";
}

TEST_P(RoomTypeContract, letsClientsInOnlyWhereTheyBelong) {
  scene.token_roles = ATRIUM_ROLE_CLIENT;
  const HookOutcome join = scene.willJoin(*type), post = scene.willPost(*type);
  EXPECT_EQ(!join.refused.has_value(), row.clients);
  EXPECT_EQ(!post.refused.has_value(), row.clients) << "nor does one post who was added without his roles being known";
  for (const std::uint32_t staff : {ATRIUM_ROLE_AGENT, ATRIUM_ROLE_SUPERVISOR, ATRIUM_ROLE_ADMIN, ATRIUM_ROLE_SERVICE}) {
    scene.token_roles = staff;
    EXPECT_FALSE(scene.willJoin(*type).refused);
    EXPECT_FALSE(scene.willPost(*type).refused);
  }
  scene.token_roles = 0;  // Of one who is added, the roles are not known.
  EXPECT_FALSE(scene.willJoin(*type).refused);
}

TEST_P(RoomTypeContract, refusesFilesWhereSharingIsOff) {
  for (const char* shared : {"file_share", "document_share"}) {
    scene.message_type = shared;
    for (const char* on : {"{}", R"({"allow_file_sharing":true})"}) {
      scene.settings = Scene::json(on);
      EXPECT_FALSE(scene.willPost(*type).refused) << shared << on;
    }
    scene.settings = Scene::json(R"({"allow_file_sharing":false})");
    const HookOutcome said = scene.willPost(*type);
    ASSERT_TRUE(said.refused) << shared;
    EXPECT_EQ(said.refused->code, Code::rejected_by_plugin);
    EXPECT_FALSE(said.refused->detail.empty());
  }
  scene.message_type = "text";
  EXPECT_FALSE(scene.willPost(*type).refused);
}

TEST_P(RoomTypeContract, takesLeadHandoffsOnlyWhereTheyBelong) {
  scene.message_type = "lead_handoff";
  scene.metadata = Scene::json(R"({"lead_id":"lead_1"})");
  EXPECT_EQ(!scene.willPost(*type).refused.has_value(), row.lead_handoff);
}

TEST_P(RoomTypeContract, survivesWhateverStandsInContextAndMetadata) {
  const std::string deep = std::string(60, '[') + std::string(60, ']');
  for (const std::string& value :
       {std::string("{}"), R"({"a":)" + deep + "}", std::string(R"({"lead_id":[],"severity":{},"team_id":"\u0000\ud83d\ude00"})"),
        std::string(R"({"lead_\u0069d":"escaped key"})")}) {
    scene.context = scene.settings = scene.metadata = Scene::json(value);
    scene.content = std::string(65536, 'x');
    for (const HookOutcome& said : {scene.checkSettings(*type), scene.willJoin(*type), scene.willPost(*type)})
      EXPECT_TRUE(!said.refused || said.refused->code != Code::plugin_failed) << value;
  }
  scene.metadata = JsonDocument();
  scene.content = scene.message_type = "";
  EXPECT_TRUE(!scene.willPost(*type).refused || scene.willPost(*type).refused->code != Code::plugin_failed);
}

using RoomTypeThreads = testing::TestWithParam<Row>;
TEST_P(RoomTypeThreads, sayTheSame) {
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  ASSERT_TRUE(world.start());
  std::vector<std::unique_ptr<Types>> ports;
  for (int n = 0; n < 4; ++n) ports.push_back(world.host().makeTypes());
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (auto& port : ports)
    threads.emplace_back([&wrong, &port] {
      RoomType& mine = *port->roomType(GetParam().name);
      Scene here;
      here.settings = Scene::json(R"({"allow_file_sharing":false})");
      for (int n = 0; n < 500; ++n) {
        here.message_type = n % 2 ? "file_share" : "text";
        if (here.willPost(mine).refused.has_value() != (n % 2 == 1)) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

std::string nameOf(const testing::TestParamInfo<std::tuple<Row, Placement>>& info) {
  return std::string(std::get<Row>(info.param).name) + (std::get<Placement>(info.param) == Placement::isolated ? "_isolated" : "");
}
INSTANTIATE_TEST_SUITE_P(All, RoomTypeContract,
                         testing::Combine(testing::ValuesIn(rows), testing::Values(Placement::in_process, Placement::isolated)), nameOf);
INSTANTIATE_TEST_SUITE_P(All, RoomTypeThreads, testing::ValuesIn(rows), [](const auto& info) { return std::string(info.param.name); });

TEST(RoomTypes, takeTheirNumbersFromTheOperator) {
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  world.wishes.use["atrium.room-type.agent-team"].config = yaml("{max_members: 7, retention_days: 3}");
  const auto started = world.start();
  ASSERT_TRUE(started) << started.error().detail;
  const auto types = world.host().makeTypes();
  EXPECT_EQ(types->roomType("agent_team")->info().max_members, 7u);
  EXPECT_EQ(types->roomType("agent_team")->info().retention_days, 3u);
}

TEST(RoomTypes, checkTheIdsInTheirContext) {
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  ASSERT_TRUE(world.start());
  const auto types = world.host().makeTypes();
  const std::pair<const char*, const char*> members[] = {{"agent_team", "team_id"},         {"client_session", "client_id"},
                                                         {"lead_collaboration", "lead_id"}, {"property_tour", "property_id"},
                                                         {"training_session", "topic"},     {"emergency_response", "severity"}};
  for (const auto& [name, member] : members) {
    Scene scene;
    scene.context = Scene::json("{\"" + std::string(member) + "\":7}");
    const HookOutcome said = scene.checkSettings(*types->roomType(name));
    ASSERT_TRUE(said.refused) << name;
    EXPECT_EQ(said.refused->fields[0].path, "/context/" + std::string(member));
    scene.context = Scene::json("{\"" + std::string(member) + "\":\"critical\"}");
    EXPECT_FALSE(scene.checkSettings(*types->roomType(name)).refused) << name;
  }
}

TEST(RoomTypes, fileMessagesUnderTheLeadOfTheirRoom) {
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  ASSERT_TRUE(world.start());
  const auto types = world.host().makeTypes();
  RoomType& type = *types->roomType("lead_collaboration");
  Scene scene;
  EXPECT_TRUE(scene.willPost(type).annotations.empty());
  scene.context = Scene::json(R"({"lead_id":"lead_\"7\""})");
  const HookOutcome said = scene.willPost(type);
  ASSERT_EQ(said.annotations.size(), 1u);
  EXPECT_EQ(said.annotations[0], std::pair(std::string("lead_id"), std::string(R"("lead_\"7\"")")));
  scene.metadata = Scene::json(R"({"lead_id":"lead_8"})");
  EXPECT_TRUE(scene.willPost(type).annotations.empty()) << "the sender's own stands";
}

}  // namespace
}  // namespace atrium::test
