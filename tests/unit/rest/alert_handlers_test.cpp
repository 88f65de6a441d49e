#include <gtest/gtest.h>

#include "api.hpp"
#include "protocol/errors.hpp"

namespace atrium {
namespace {

class AlertHandlers : public Api {
 protected:
  static constexpr const char* path = "/coordination/alerts/alert_01J00000000000000000000000";
  using Verb = AlertCall::Verb;
};

TEST_F(AlertHandlers, theTeamLooksAndOverseersChange) {
  EXPECT_EQ(askAs(token("ana"), "GET", "/coordination/alerts?state=open&subject=ana&limit=7")->status(), 200);
  ASSERT_EQ(alerts.asked.size(), 1u);
  EXPECT_EQ(alerts.asked[0].state, "open");
  EXPECT_EQ(alerts.asked[0].subject, "ana");
  EXPECT_EQ(alerts.asked[0].limit, 7u);
  EXPECT_EQ(alerts.asked[0].caller->user_id, "ana");
  EXPECT_EQ(askAs(token("ana"), "GET", path)->status(), 200);
  EXPECT_EQ(askAs(token("ana"), "GET", "/coordination/silences")->status(), 200);
  EXPECT_EQ(askAs(token("cli", "client"), "GET", "/coordination/alerts")->code(), "forbidden");
  alerts.asked.clear();
  const std::string base = path;
  for (const std::string& target : {base + "/acknowledge", base + "/resolve", base + "/actions/1"})
    EXPECT_EQ(askAs(token("ana"), "POST", target)->code(), "forbidden") << target;
  EXPECT_EQ(askAs(token("ana"), "POST", "/coordination/silences", "{}")->code(), "forbidden");
  EXPECT_TRUE(alerts.asked.empty());
}

TEST_F(AlertHandlers, handsOverWhatIsAsked) {
  const std::string sue = token("sue", "supervisor"), base = path;
  EXPECT_EQ(askAs(sue, "POST", base + "/acknowledge", R"({"note":"on it"})")->status(), 200);
  EXPECT_EQ(askAs(sue, "POST", base + "/resolve")->status(), 200) << "a body is not needed";
  EXPECT_EQ(askAs(sue, "POST", base + "/actions/2")->status(), 200);
  EXPECT_EQ(askAs(sue, "POST", "/coordination/silences", R"({"dry_run":true})")->status(), 200);
  EXPECT_EQ(askAs(sue, "DELETE", "/coordination/silences/silence_1")->status(), 204);
  EXPECT_EQ(askAs(sue, "POST", "/coordination/alerts/backtest", R"({"rule":"load"})")->status(), 200);
  ASSERT_EQ(alerts.asked.size(), 6u);
  EXPECT_EQ(alerts.asked[0].verb, Verb::acknowledge);
  EXPECT_EQ(alerts.asked[0].body.root()["note"].text(), "on it");
  EXPECT_EQ(alerts.asked[1].verb, Verb::resolve);
  EXPECT_TRUE(alerts.asked[1].body.root().isObject());
  EXPECT_EQ(alerts.asked[2].action, "2");
  EXPECT_EQ(alerts.asked[2].id, base.substr(base.rfind('/') + 1));
  EXPECT_EQ(alerts.asked[4].id, "silence_1");
  EXPECT_EQ(alerts.asked[5].verb, Verb::backtest);
}

TEST_F(AlertHandlers, saysWhatIsWrongWithARequest) {
  EXPECT_EQ(askAs(token("ana"), "GET", "/coordination/alerts?limit=0")->code(), "validation_failed");
  EXPECT_EQ(askAs(token("sue", "admin"), "POST", "/coordination/silences")->status(), 415);
  EXPECT_EQ(askAs(token("sue", "admin"), "POST", "/coordination/alerts/backtest", "{")->code(), "malformed_json");
  EXPECT_TRUE(alerts.asked.empty());
  alerts.refusal = Error{Code::conflict, "It was resolved.", 0, {}};
  EXPECT_EQ(askAs(token("sue", "admin"), "POST", std::string(path) + "/resolve")->status(), 409);
}

}  // namespace
}  // namespace atrium
