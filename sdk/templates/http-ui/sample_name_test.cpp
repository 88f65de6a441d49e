#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, countsWhoeverAsks) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  EXPECT_EQ(testkit::handle(plugin, {.path = "/count"}).body, R"({"count":1})");
  EXPECT_EQ(testkit::handle(plugin, {.path = "/count"}).body, R"({"count":2})");
  EXPECT_EQ(testkit::handle(plugin, {.path = "/other"}).status, 404u);
}

TEST(SampleName, bringsItsPages) {
  ASSERT_EQ(atrium_asset_count, 2u);
  EXPECT_EQ(atrium::view(atrium_assets[0]->path), "/index.html");
}
