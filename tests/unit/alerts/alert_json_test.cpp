#include "alerts/alert_json.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"

namespace atrium {
namespace {

Alert wholeAlert() {
  Alert alert;
  alert.id = IdSource(Random(1)).next(Wall{5s});
  alert.rule = "load";
  alert.said = {.severity = Severity::high,
                .subject = "ana",
                .title = "Overload",
                .message = "ana \"is\" at 95 %",
                .value = 0.95,
                .threshold = 0.9,
                .actions = {{"Wait"}, {"Move leads", "rebalance ana"}}};
  alert.measured = true;
  alert.phase = {AlertState::firing, Wall{60s}};
  alert.created_at = Wall{10s};
  alert.fired_at = Wall{60s};
  alert.escalations = 1;
  alert.notices = 2;
  alert.told_at = Wall{70s};
  alert.room_id = "room_1";
  alert.acknowledged = Acknowledgement{"sue", "on it", Wall{80s}, Wall{90s}};
  return alert;
}

TEST(AlertJson, hasTheSeedsFieldsAndOurs) {
  const Alert alert = wholeAlert();
  const auto json = JsonDocument::parse(alertJson(alert, {}, "rule=load"));
  ASSERT_TRUE(json);
  const JsonView root = json->root();
  EXPECT_EQ(root["id"].text(), formatId(alert_prefix, alert.id));
  EXPECT_EQ(root["title"].text(), "Overload");
  EXPECT_EQ(root["severity"].text(), "critical") << "escalated";
  EXPECT_EQ(root["message"].text(), "ana \"is\" at 95 %");
  EXPECT_EQ(root["created_at"].text(), "1970-01-01T00:00:10.000Z");
  EXPECT_EQ(root["recommended_actions"].raw(), R"(["Wait","Move leads"])");
  EXPECT_EQ(root["actions"].raw(), R"([{"id":"2","label":"Move leads","command":"rebalance ana"}])");
  EXPECT_EQ(root["labels"].raw(), R"({"rule":"load","subject":"ana","severity":"critical"})");
  EXPECT_EQ(root["acknowledged_by"].text(), "sue");
  EXPECT_EQ(root["acknowledged_until"].text(), "1970-01-01T00:01:30.000Z");
  EXPECT_TRUE(root["resolved_by"].isNull());
  EXPECT_EQ(root["silenced_by"].raw(), "[]");
}

TEST(AlertJson, saysWhyNobodyIsTold) {
  const Alert alert = wholeAlert();
  const auto json = JsonDocument::parse(alertJson(alert, {.silenced_by = {alert.id}, .inhibited_by = alert.id}, "g"));
  ASSERT_TRUE(json);
  EXPECT_TRUE(json->root()["silenced_by"].first().text().starts_with("silence_"));
  EXPECT_EQ(json->root()["inhibited_by"].text(), formatId(alert_prefix, alert.id));
}

TEST(AlertJson, allOfAnAlertIsStored) {
  Alert alert = wholeAlert();
  for (int n = 0; n < 2; ++n) {
    const auto back = decodeAlert(encodeAlert(alert));
    ASSERT_TRUE(back);
    EXPECT_EQ(encodeAlert(*back), encodeAlert(alert));
    EXPECT_EQ(alertJson(*back, {}, ""), alertJson(alert, {}, ""));
    EXPECT_EQ(back->measured, alert.measured);
    EXPECT_EQ(back->told_at, alert.told_at);
    EXPECT_EQ(back->held, alert.held);
    alert.acknowledged.reset();
    alert.phase = {AlertState::resolved, Wall{100s}};
    alert.resolved_at = Wall{100s};
    alert.resolved_by = "sue";
    alert.resolve_note = "done";
    alert.held = true;
  }
}

TEST(AlertJson, aDamagedOneIsRefused) {
  for (const char* stored : {"", "[]", "{}", R"({"id":"alert_00000000000000000000000001","state":"gone"})"}) {
    const auto back = decodeAlert(stored);
    ASSERT_FALSE(back) << stored;
    EXPECT_EQ(back.error().code, Code::storage_unavailable);
  }
}

}  // namespace
}  // namespace atrium
