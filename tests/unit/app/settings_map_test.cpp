#include "app/settings_map.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

TEST(SettingsMap, defaultsAreTheOnesTheWireContractNames) {
  const Settings settings;
  EXPECT_EQ(restOptions(settings).pages.fallback, 50u);
  EXPECT_EQ(restOptions(settings).pages.most, 500u);
  EXPECT_EQ(engineOptions(settings).frame_max, 64u * 1024);
  EXPECT_EQ(engineOptions(settings).max_members, 50u);
  EXPECT_EQ(engineOptions(settings).presence_linger, 20s);
  EXPECT_EQ(engineOptions(settings).presence_ttl, 5min);
  EXPECT_EQ(engineOptions(settings).history_limit, 1000u);
  EXPECT_EQ(engineOptions(settings).message_ttl, 7 * 24h);
  EXPECT_EQ(transportLimits(settings).http.body_max, 1024u * 1024);
}

TEST(SettingsMap, aSmallerPageBoundsTheDefaultToo) {
  Settings settings;
  settings.rooms.history_page_max = 20;
  EXPECT_EQ(restOptions(settings).pages.fallback, 20u);
}

TEST(SettingsMap, pluginDirectoriesStartAtTheProgram) {
  Settings settings;
  settings.plugins.directories = {"../plugins", "/opt/plugins"};
  const PluginHost::Options options = pluginOptions(settings, "/usr/lib/atrium/bin", "/data/plugins");
  EXPECT_EQ(options.directories, (std::vector<std::filesystem::path>{"/usr/lib/atrium/plugins", "/opt/plugins"}));
  EXPECT_EQ(options.wishes.storage, "sqlite");
}

TEST(SettingsChange, nothingIsNothing) {
  const SettingsChange change = compareSettings({}, {}, {});
  EXPECT_TRUE(change.applied.empty());
  EXPECT_TRUE(change.restart.empty());
}

TEST(SettingsChange, logAndPluginsChangeWhileTheServerRuns) {
  Settings after;
  after.log.level = LogLevel::debug;
  after.server.port = 9000;
  after.room_types["agent_team"].on = false;
  after.plugins.use["com.acme.vip"].enabled = false;
  const SettingsChange change = compareSettings({}, {}, after);
  EXPECT_EQ(change.applied, (std::vector<std::string>{"log", "plugins", "room_types"}));
  EXPECT_EQ(change.restart, (std::vector<std::string>{"server"}));
}

TEST(SettingsChange, eachSectionIsToldOf) {
  Settings after;
  // Who adds a section adds it here: this does not compile without it.
  auto& [server, ops, websocket, rooms, presence, auth, ui, tenants, storage, redis, workers, events, log, plugins, room_types,
         message_types] = after;
  server.port = 9000;
  ops.is_public = true;
  websocket.frame_max = 1024;
  rooms.pending_max = 1;
  presence.ttl = std::chrono::seconds{1};
  auth.issuer = "another";
  ui.pages = false;
  tenants.allow = {"acme"};
  storage.backend = "memory";
  redis.max_connections = 1;
  workers.threads = 1;
  events.waiting_max = 1;
  log.level = LogLevel::debug;
  plugins.enabled_by_default = !plugins.enabled_by_default;
  room_types["agent_team"].on = false;
  message_types["text"] = {};
  const SettingsChange change = compareSettings({}, {}, after);
  EXPECT_EQ(change.restart, (std::vector<std::string>{"server", "ops", "websocket", "rooms", "presence", "auth", "ui", "tenants", "storage",
                                                      "events", "redis", "workers"}));
  EXPECT_EQ(change.applied, (std::vector<std::string>{"log", "plugins", "room_types", "message_types"}));
}

// A room type of the configuration's own is made at the start: the second look at the file still says so.
TEST(SettingsChange, whatNeedsARestartNeedsItUntilThen) {
  const Settings at_start;
  Settings after;
  after.room_types["vip_team"].based_on = PlacedName{.name = "agent_team", .place = {}};
  EXPECT_EQ(compareSettings(at_start, at_start, after).restart, std::vector<std::string>{"room_types"});
  EXPECT_EQ(compareSettings(at_start, after, after).restart, std::vector<std::string>{"room_types"})
      << "it was taken over, and made nowhere";
  EXPECT_TRUE(compareSettings(at_start, after, at_start).restart.empty()) << "it was taken back";
  Settings other = after;
  other.room_types["vip_team"].settings = *parseYaml("{allow_file_sharing: false}", "test");
  EXPECT_EQ(compareSettings(after, after, other).restart, std::vector<std::string>{"room_types"});
  EXPECT_TRUE(compareSettings(other, other, other).restart.empty());
}

}  // namespace
}  // namespace atrium
