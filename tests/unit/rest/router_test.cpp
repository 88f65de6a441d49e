#include "rest/router.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

// A path of the route with every parameter filled in.
std::string pathOf(const RouteInfo& route) {
  std::string path(route.path);
  for (std::size_t open = path.find('{'); open != path.npos; open = path.find('{'))
    path.replace(open, path.find('}') - open + 1, "some%20id");
  return path;
}

TEST(Router, findsEveryRouteWithAndWithoutThePrefix) {
  for (const RouteInfo& route : route_table) {
    const std::string path = pathOf(route);
    for (const std::string_view prefix : {std::string_view(), api_prefix}) {
      const auto routing = routeOf(route.method, std::string(prefix) + path);
      ASSERT_TRUE(routing) << path;
      ASSERT_TRUE(routing->route) << path;
      EXPECT_EQ(routing->route->operation, route.operation) << path;
      EXPECT_EQ(routing->prefix, prefix);
      for (const std::string& parameter : routing->parameters) EXPECT_EQ(parameter, "some id");
    }
  }
}

TEST(Router, headGoesWhereGetDoes) {
  const auto routing = routeOf("HEAD", "/collaboration/metrics");
  ASSERT_TRUE(routing && routing->route);
  EXPECT_EQ(routing->route->operation, Operation::collaboration_metrics);
}

TEST(Router, saysWhichMethodsAPathAnswersTo) {
  const auto rooms = routeOf("PUT", "/api/v1/collaboration/rooms");
  ASSERT_TRUE(rooms);
  EXPECT_EQ(rooms->route, nullptr);
  EXPECT_EQ(rooms->allow, "POST, GET, HEAD, OPTIONS");
  const auto member = routeOf("OPTIONS", "/collaboration/rooms/room_1/members/ana");
  ASSERT_TRUE(member);
  EXPECT_EQ(member->route, nullptr);
  EXPECT_EQ(member->allow, "PATCH, DELETE, OPTIONS");
}

TEST(Router, decodesParametersOnce) {
  const auto routing = routeOf("DELETE", "/collaboration/rooms/r/members/a%2Fb%2525%C3%A9");
  ASSERT_TRUE(routing && routing->route);
  EXPECT_EQ(routing->parameters, (std::vector<std::string>{"r", "a/b%25\xC3\xA9"}));
}

TEST(Router, takesWhatIsLeftOfAPathSegmentBySegment) {
  const auto restOf = [](std::string_view path) {
    const auto routing = routeOf("GET", path);
    return routing && routing->route && routing->route->operation == Operation::ui_page ? routing->parameters.at(1) : "-";
  };
  EXPECT_EQ(restOf("/ui/board/"), "");
  EXPECT_EQ(restOf("/api/v1/ui/board/app/main%20page.js"), "app/main page.js");
  EXPECT_EQ(restOf("/ui/board/app//"), "app//");
  EXPECT_EQ(restOf("/ui/board"), "-");
  for (const char* path : {"/ui/board/..", "/ui/board/a/../b", "/ui/board/%2e%2e/b", "/ui/board/./a", "/ui/board/a%2Fb", "/ui/board/a%5cb",
                           "/ui/board/a%00", "/ui/board/a%0Ab", "/ui/board/%FF", "/ui/board/%zz"}) {
    const auto routing = routeOf("GET", path);
    ASSERT_FALSE(routing) << path;
    EXPECT_EQ(routing.error().code, Code::bad_request) << path;
  }
}

class NoSuchPath : public testing::TestWithParam<const char*> {};

TEST_P(NoSuchPath, isNotFound) {
  const auto routing = routeOf("GET", GetParam());
  ASSERT_FALSE(routing);
  EXPECT_EQ(routing.error().code, Code::not_found);
}

INSTANTIATE_TEST_SUITE_P(Corpus, NoSuchPath,
                         testing::Values("/", "", "*", "/api/v1", "/api/v1/", "/api/v1/api/v1/metrics", "/api/v2/collaboration/rooms",
                                         "/collaboration", "/collaboration/", "/collaboration/rooms/", "/collaboration/rooms//history",
                                         "/collaboration/rooms/r/history/", "/collaboration/rooms/r/x", "//collaboration/rooms",
                                         "/collaboration//rooms", "/Collaboration/rooms", "/collaboration/rooms/r/members/u/x",
                                         "/collaboration/%72ooms"));

TEST(Router, refusesBrokenEscapes) {
  for (const char* path : {"/collaboration/rooms/%", "/collaboration/rooms/%4", "/collaboration/rooms/%zz", "/collaboration/rooms/%00",
                           "/collaboration/rooms/%FF"}) {
    const auto routing = routeOf("GET", path);
    ASSERT_FALSE(routing) << path;
    EXPECT_EQ(routing.error().code, Code::bad_request) << path;
  }
}

TEST(Router, encodesWhatAPathCannotHold) { EXPECT_EQ(percentEncode("a-b._~/ ?\xC3\xA9"), "a-b._~%2F%20%3F%C3%A9"); }

}  // namespace
}  // namespace atrium
