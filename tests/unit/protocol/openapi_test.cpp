#include "protocol/openapi.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/routes.hpp"

namespace atrium {
namespace {

class OpenApi : public testing::Test {
 protected:
  void SetUp() override {
    auto parsed = JsonDocument::parse(openapiDocument());
    ASSERT_TRUE(parsed) << parsed.error().detail;
    document = *std::move(parsed);
  }
  JsonDocument document;
};

// Calls `each(object)` for every object within `value`.
template <typename Each>
void walk(const JsonView& value, const Each& each) {
  if (value.isObject()) each(value);
  for (JsonView child = value.first(); child.exists(); child = child.sibling(value)) walk(child, each);
}

TEST_F(OpenApi, describesEveryRouteAndNoOther) {
  const JsonView paths = document.root()["paths"];
  std::size_t operations = 0;
  for (JsonView path = paths.first(); path.exists(); path = path.sibling(paths)) operations += path.size();
  EXPECT_EQ(operations, std::size(route_table));
  for (const RouteInfo& route : route_table) {
    std::string method(route.method);
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    EXPECT_TRUE(paths[route.path][method]["responses"].isObject()) << route.method << ' ' << route.path;
  }
}

TEST_F(OpenApi, knowsEveryErrorCode) {
  const JsonView words = document.root()["components"]["schemas"]["Code"]["enum"];
  std::set<std::string> documented;
  for (JsonView word = words.first(); word.exists(); word = word.sibling(words)) documented.insert(word.text());
  EXPECT_EQ(documented.size(), std::size(code_table));
  for (const CodeInfo& code : code_table) EXPECT_TRUE(documented.contains(std::string(code.word))) << code.word;
}

TEST_F(OpenApi, refersOnlyToWhatItHolds) {
  const JsonView root = document.root();
  std::size_t references = 0;
  walk(root, [&](const JsonView& object) {
    const JsonView reference = object["$ref"];
    if (!reference.exists()) return;
    ++references;
    std::string target = reference.text();
    ASSERT_TRUE(target.starts_with("#/components/")) << target;
    const std::size_t slash = target.find('/', 13);
    ASSERT_NE(slash, target.npos) << target;
    EXPECT_TRUE(root["components"][target.substr(13, slash - 13)][target.substr(slash + 1)].exists()) << target;
  });
  EXPECT_GT(references, std::size(route_table));
}

TEST_F(OpenApi, thePageNamesEveryRouteAndRunsNoScript) {
  const std::string_view page = openapiPage();
  for (const RouteInfo& route : route_table) EXPECT_NE(page.find(route.path), page.npos) << route.path;
  EXPECT_EQ(page.find("<script"), page.npos);
  EXPECT_EQ(page.find("http://"), page.npos);
  EXPECT_EQ(page.find("https://"), page.npos);
  EXPECT_NE(openapiPagePolicy().find("default-src 'none'"), page.npos);
}

}  // namespace
}  // namespace atrium
