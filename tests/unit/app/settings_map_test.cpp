#include "app/settings_map.hpp"

#include <gtest/gtest.h>

#include "atrium/ext/alert_rule.h"
#include "config/coordination_wish.hpp"

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

TEST(SettingsMap, whatIsWantedOfAlertRulesIsTheirPolicy) {
  Settings settings;
  settings.alerts.no_data_for = 3min;
  AlertRuleWish& wish = settings.alerts.rules["agent_overload"];
  wish.pending = 1min;
  wish.severity = ATRIUM_SEVERITY_CRITICAL;
  wish.inhibits = {"response_time"};
  const AlertOptions options = alertOptions(settings);
  EXPECT_EQ(options.interval, 5s);
  EXPECT_EQ(options.policyOf("agent_overload").times.pending, 1min);
  EXPECT_EQ(options.policyOf("agent_overload").times.no_data_for, 3min);
  EXPECT_EQ(options.policyOf("agent_overload").severity, Severity::critical);
  EXPECT_EQ(options.policyOf("agent_overload").inhibits, std::vector<std::string>{"response_time"});
  EXPECT_TRUE(options.policyOf("another").enabled);
  EXPECT_EQ(options.policyOf("another").group_by, std::vector<std::string>{"rule"});
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
  auto& [server, ops, websocket, rooms, presence, auth, ui, tenants, storage, redis, workers, events, alerts, analytics, assistants, log,
         plugins, coordination, room_types, message_types] = after;
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
  alerts.open_max = 1;
  analytics.agents_max = 1;
  assistants.at_once = 1;
  log.level = LogLevel::debug;
  plugins.enabled_by_default = !plugins.enabled_by_default;
  coordination.enabled = false;
  coordination.leads_max = 1;
  room_types["agent_team"].on = false;
  message_types["text"] = {};
  const SettingsChange change = compareSettings({}, {}, after);
  EXPECT_EQ(change.restart, (std::vector<std::string>{"server", "ops", "websocket", "rooms", "presence", "auth", "ui", "tenants", "storage",
                                                      "alerts", "events", "analytics", "assistants", "redis", "workers", "coordination"}));
  EXPECT_EQ(change.applied, (std::vector<std::string>{"log", "plugins", "room_types", "message_types", "coordination"}));
}

TEST(SettingsMap, withoutQueuesThereIsOneForAllLeads) {
  const CoordinationRules rules = coordinationRules({});
  ASSERT_EQ(rules.queues.size(), 1u);
  // What the options' table and the rule itself call the default is the same.
  QueueRule only;
  only.name = "default";
  EXPECT_EQ(rules.queues.front(), only);
  CoordinationRules defaults;
  defaults.queues = rules.queues;
  EXPECT_EQ(rules, defaults);
  EXPECT_TRUE(routingPolicies({}).empty());
}

TEST(SettingsMap, queuesAndPoliciesBecomeRules) {
  Settings settings;
  QueueWish luxury;
  luxury.name = "luxury";
  luxury.match = {{.field = "budget", .one_of = {}, .at_least = 1e6, .at_most = {}},
                  {.field = "type", .one_of = {"villa"}, .at_least = {}, .at_most = {}}};
  luxury.overflow_after = std::chrono::seconds{60};
  luxury.overflow_to = "rest";
  QueueWish rest;
  rest.name = "rest";
  settings.coordination.queues = {luxury, rest};
  settings.coordination.rebalance = "auto";
  PolicyWish house;
  house.name = "house";
  house.agents = {{"match", 1, {}}, {"load", 0.5, {}}};
  settings.coordination.policies = {house};

  const CoordinationRules rules = coordinationRules(settings);
  ASSERT_EQ(rules.queues.size(), 2u);
  EXPECT_EQ(rules.queues[0].name, "luxury");
  EXPECT_EQ(rules.queues[0].overflow_to, "rest");
  EXPECT_TRUE(rules.queues[0].match[0].bounded);
  EXPECT_EQ(rules.queues[0].match[0].at_least, 1e6);
  EXPECT_GT(rules.queues[0].match[0].at_most, 1e300);
  EXPECT_FALSE(rules.queues[0].match[1].bounded);
  EXPECT_TRUE(rules.rebalance_auto);
  const std::vector<RoutingPolicy> policies = routingPolicies(settings);
  ASSERT_EQ(policies.size(), 1u);
  EXPECT_EQ(policies[0].agents, (std::vector<Weighted>{{"match", 1}, {"load", 0.5}}));
  EXPECT_EQ(policies[0].ageing_guard, 20min);

  Settings more = settings;
  more.coordination.policies[0].agents[1].weight = 0.6;
  EXPECT_EQ(compareSettings(settings, settings, more).applied, (std::vector<std::string>{"coordination"}));
}

TEST(SettingsMap, theReaderOfTheConfigurationKnowsThePlatformsPolicies) {
  std::vector<std::string_view> names;
  for (const RoutingPolicy& policy : builtInPolicies()) names.push_back(policy.name);
  EXPECT_EQ(names, (std::vector<std::string_view>(built_in_policies.begin(), built_in_policies.end())));
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
