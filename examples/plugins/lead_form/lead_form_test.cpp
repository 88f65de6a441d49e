#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(LeadForm, keepsAsManyAsTheOperatorWantsForItsTenantAlone) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"tenant": "tenant_a", "leads_max": 1})");
  const auto send = [&](std::string body) {
    return testkit::handle(plugin, {.method = "POST", .path = "/lead", .body = std::move(body), .caller = std::nullopt}).status;
  };
  EXPECT_EQ(send(R"({"name": "Ada", "wish": "a house"})"), 202u);
  EXPECT_EQ(send(R"({"name": "Bob", "wish": "a flat"})"), 202u);
  EXPECT_EQ(send(R"({"name": "Eve"})"), 422u);
  EXPECT_EQ(testkit::handle(plugin, {.path = "/leads"}).body, R"({"items":[{"name":"Bob","wish":"a flat"}]})");
}
