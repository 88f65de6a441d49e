#include "alerts/alert_desk.hpp"

#include <gtest/gtest.h>

#include "alert_world.hpp"
#include "engine/room_key.hpp"

namespace atrium::test {
namespace {

class AlertDeskTest : public AlertWorld {};

TEST_F(AlertDeskTest, findsTheTenantsWithStoredAlerts) {
  start();
  for (const char* tenant : {"acme", "bolt", "acme2"}) desk->watch(tenant);
  loads = {{"ana", 1.0}};
  pass(10s);
  start();
  EXPECT_EQ(desk->tenants(), 3u);
}

TEST_F(AlertDeskTest, looksForThemAgainWhenTheStoreDidNotAnswer) {
  start();
  desk->watch("acme");
  loads = {{"ana", 1.0}};
  pass(10s);
  store.refusal = Code::storage_unavailable;
  start();
  EXPECT_EQ(desk->tenants(), 0u);
  store.refusal.reset();
  pass(11s);
  EXPECT_EQ(desk->tenants(), 1u);
}

TEST_F(AlertDeskTest, passesOverTenantsOfOtherLoops) {
  store.documents[{"alert", "acme", "alert_1"}] = {{"alert", "acme", "alert_1"}, 1, "{}"};
  const unsigned home = homeOfTenant("acme", 2);
  for (const unsigned shard : {0u, 1u}) {
    AlertDesk other({.shard = shard,
                     .shards = 2,
                     .store = store,
                     .timers = timers,
                     .now = now,
                     .metrics = metrics,
                     .log = log,
                     .history = nullptr,
                     .rules = rules,
                     .watcher = nullptr,
                     .delivery = delivery,
                     .actions = actions,
                     .events = events,
                     .seed = 1},
                    options);
    other.begin();
    EXPECT_EQ(other.tenants(), shard == home ? 1u : 0u);
  }
}

TEST_F(AlertDeskTest, forgetsTenantsInWhichNothingHappens) {
  start();
  desk->watch("acme");
  pass(3500s);
  EXPECT_EQ(desk->tenants(), 1u);
  pass(200s);
  EXPECT_EQ(desk->tenants(), 0u);
  EXPECT_EQ(shown(), "") << "and they come back when they are asked for";
  EXPECT_EQ(desk->tenants(), 1u);
}

TEST_F(AlertDeskTest, watchesWhoIsMeasured) {
  start();
  history.tenants = {"acme"};
  loads = {{"ana", 1.0}};
  pass(20s);
  EXPECT_EQ(delivery.notices.size(), 1u) << "nobody had to ask";
  pass(2h);
  EXPECT_EQ(desk->tenants(), 1u);
}

TEST_F(AlertDeskTest, watchesNoMoreTenantsThanItMay) {
  options.tenants_max = 1;
  start();
  desk->watch("bolt");
  const auto refused = listed();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::overloaded);
  EXPECT_EQ(counted(Metric::alert_tenants_refused), 1);
}

TEST_F(AlertDeskTest, pagesThroughTheAlerts) {
  start();
  desk->watch("acme");
  loads = {{"a", 1.0}, {"b", 1.0}, {"c", 2.0}};
  pass(10s);
  std::string cursor, seen;
  for (int page = 0; page < 2; ++page) {
    const auto query = readAlertQuery({.cursor = cursor, .limit = 2});
    const auto json = JsonDocument::parse(listed(*query).value_or("{}"));
    const JsonView items = json->root()["items"];
    for (JsonView item = items.first(); item.exists(); item = item.sibling(items)) seen += item["subject"].text();
    cursor = json->root()["next_cursor"].text();
  }
  EXPECT_EQ(seen, "cba");
  EXPECT_TRUE(cursor.empty());
  const auto critical = JsonDocument::parse(*listed(*readAlertQuery({.state = "open", .severity = "critical", .rule = "load"})));
  EXPECT_EQ(critical->root()["items"].size(), 1u);
  EXPECT_EQ(JsonDocument::parse(*listed(*readAlertQuery({.subject = "b"})))->root()["items"].size(), 1u);
  EXPECT_EQ(JsonDocument::parse(*listed(*readAlertQuery({.state = "resolved"})))->root()["items"].size(), 0u);
}

TEST_F(AlertDeskTest, readsOneAlertOfItsTenantAlone) {
  start();
  desk->watch("acme");
  loads = {{"ana", 1.0}};
  pass(10s);
  const Id id = firstId();
  const auto read = [&](const std::string& tenant) {
    return answerOf<std::string>([&](Completion<std::string> done) { desk->read(tenant, id, std::move(done)); });
  };
  EXPECT_TRUE(read("acme"));
  ASSERT_FALSE(read("bolt"));
  EXPECT_EQ(read("bolt").error().code, Code::not_found);
}

TEST_F(AlertDeskTest, refusesWhileTheStoreDoesNotAnswer) {
  store.refusal = Code::storage_unavailable;
  start();
  const auto refused = listed();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::storage_unavailable);
  store.refusal.reset();
  EXPECT_TRUE(listed());
}

}  // namespace
}  // namespace atrium::test
