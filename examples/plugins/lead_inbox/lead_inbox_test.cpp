#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

testkit::UiAnswer send(const testkit::Plugin& plugin, std::string body) {
  return testkit::handle(plugin, {.method = "POST", .path = "/lead", .body = std::move(body), .caller = std::nullopt});
}

}  // namespace

TEST(LeadInbox, showsTheNewestLeadFirst) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  EXPECT_EQ(send(plugin, R"({"name":"Ada"})").status, 202u);
  EXPECT_EQ(send(plugin, R"({"name":"Bob"})").status, 202u);
  EXPECT_EQ(testkit::handle(plugin, {.path = "/leads"}).body, R"({"items":[{"name":"Bob"},{"name":"Ada"}]})");
}

TEST(LeadInbox, takesNothingThatIsNoLead) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  for (const char* body : {"", "[]", "{\"name\":", "7"}) EXPECT_EQ(send(plugin, body).status, 422u) << body;
  EXPECT_EQ(testkit::handle(plugin, {.path = "/leads"}).body, R"({"items":[]})");
}

TEST(LeadInbox, keepsTheLastHundred) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  for (int n = 0; n < 150; ++n) send(plugin, "{\"n\":" + std::to_string(n) + "}");
  const testkit::JsonText shown(testkit::handle(plugin, {.path = "/leads"}).body);
  EXPECT_EQ(shown.root()["items"].size(), 100u);
}
