#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

const testkit::JsonText supervisor(R"({"user_id": "boss", "roles": ["supervisor"]})");

}  // namespace

TEST(LeadForm, keepsAsManyAsTheOperatorWantsForItsTenantAlone) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"tenant": "tenant_a", "leads_max": 1})");
  const auto send = [&](std::string body) {
    return testkit::handle(plugin, {.method = "POST", .path = "/lead", .body = std::move(body), .caller = std::nullopt}).status;
  };
  EXPECT_EQ(send(R"({"name": "Ada", "wish": "a house"})"), 202u);
  EXPECT_EQ(send(R"({"name": "Bob", "wish": "a flat"})"), 202u);
  EXPECT_EQ(send(R"({"name": "Eve"})"), 422u);
  EXPECT_EQ(testkit::handle(plugin, {.path = "/leads", .caller = supervisor}).body, R"({"items":[{"name":"Bob","wish":"a flat"}]})");
}

TEST(LeadForm, showsAndTakesThemForThoseAloneWhomTheMenuNames) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"tenant": "tenant_a", "leads_max": 1})");
  for (const char* roles : {"agent", "client"})
    for (const char* method : {"GET", "POST"}) {
      const testkit::JsonText caller("{\"user_id\": \"ana\", \"roles\": [\"" + std::string(roles) + "\"]}");
      const auto answer =
          testkit::handle(plugin, {.method = method, .path = "/leads", .body = R"({"name": "Eve", "wish": "all"})", .caller = caller});
      EXPECT_EQ(answer.status, 403u) << method << " by a " << roles;
      EXPECT_EQ(answer.body, "");
    }
  EXPECT_EQ(testkit::handle(plugin, {.path = "/leads", .caller = supervisor}).body, R"({"items":[]})");
}
