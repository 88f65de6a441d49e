#include <algorithm>

#include "api.hpp"
#include "atrium/room.h"

namespace atrium {
namespace {

FramePtr bytes(std::string_view text) {
  FrameBuilder builder;
  builder.append(text);
  return builder.finishRaw();
}

class Ui : public Api {
 protected:
  explicit Ui(RestOptions options = {}) : Api(options) {
    UiBundle board;
    board.plugin_id = "com.acme.board";
    board.name = "board";
    board.assets["/index.html"] = {
        .media_type = "text/html; charset=utf-8", .etag = "\"1\"", .immutable = false, .body = bytes("<h1>Board")};
    board.assets["/app/main.4f.js"] = {.media_type = "text/javascript", .etag = "\"2\"", .immutable = true, .body = bytes("go()")};
    board.menu = {{ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN, "Queue", "/index.html#queue"}, {ATRIUM_ROLE_AGENT, "Mine", "/index.html"}};
    ui.bundles.push_back(std::move(board));
  }
  std::shared_ptr<Exchange> get(std::string path, Headers headers = {}) {
    return ask({.path = std::move(path), .headers = std::move(headers), .from_loopback = false});
  }
};

TEST_F(Ui, aPageIsServedToAnyoneUnderAStrictPolicy) {
  const auto page = get("/ui/board/");
  ASSERT_EQ(page->status(), 200);
  EXPECT_EQ(page->response->shared_body->view(), "<h1>Board");
  EXPECT_EQ(page->response->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(page->header("ETag"), "\"1\"");
  EXPECT_EQ(page->header("Cache-Control"), "no-cache");
  EXPECT_EQ(page->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(page->header("Referrer-Policy"), "no-referrer");
  const std::string policy = page->header("Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self';")) << policy;
  EXPECT_TRUE(policy.contains("frame-ancestors 'none'"));
  EXPECT_FALSE(policy.contains("unsafe"));
  EXPECT_EQ(get("/api/v1/ui/board/index.html")->status(), 200);
}

TEST_F(Ui, aPathThatNamesItsContentIsKeptForEver) {
  EXPECT_EQ(get("/ui/board/app/main.4f.js")->header("Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(Ui, whoHasAPageIsToldThatItIsTheSame) {
  for (const char* known : {"\"1\"", "W/\"1\"", "\"0\", \"1\"", "*"}) {
    const auto page = get("/ui/board/index.html", {{"If-None-Match", known}});
    EXPECT_EQ(page->status(), 304) << known;
    EXPECT_FALSE(page->response->shared_body);
    EXPECT_EQ(page->header("ETag"), "\"1\"");
  }
  for (const char* other : {"\"2\"", "1", "\"1", ""})
    EXPECT_EQ(get("/ui/board/index.html", {{"If-None-Match", other}})->status(), 200) << other;
}

TEST_F(Ui, whatIsNotThereIsNotFound) {
  for (const char* path : {"/ui/other/", "/ui/other", "/ui/board/app/", "/ui/board/INDEX.html", "/ui/board//index.html"}) {
    EXPECT_EQ(get(path)->status(), 404) << path;
    EXPECT_EQ(get(path)->code(), "not_found") << path;
  }
}

TEST_F(Ui, thePagesRootLeadsToItsSlash) {
  const auto root = get("/api/v1/ui/board");
  EXPECT_EQ(root->status(), 308);
  EXPECT_EQ(root->header("Location"), "/api/v1/ui/board/");
}

TEST_F(Ui, theMenuShowsWhatTheCallersRolesMaySee) {
  const auto items = [&](const char* role) { return askAs(token("ana", role), "GET", "/collaboration/ui")->json(); };
  const auto agent = items("agent");
  ASSERT_EQ(agent.root()["items"].size(), 1u);
  EXPECT_EQ(agent.root()["items"].first()["path"].text(), "/ui/board/index.html");
  EXPECT_EQ(items("supervisor").root()["items"].first()["title"].text(), "Queue");
  EXPECT_EQ(items("client").root()["items"].size(), 0u);
  EXPECT_EQ(get("/collaboration/ui")->status(), 401);
}

class UiOff : public Ui {
 protected:
  UiOff() : Ui({.ui_pages = false}) {}
};

TEST_F(UiOff, nothingIsServed) {
  EXPECT_EQ(get("/ui/board/")->status(), 404);
  EXPECT_EQ(get("/ui/board")->status(), 404);
  EXPECT_EQ(askAs(token("ana"), "GET", "/collaboration/ui")->json().root()["items"].size(), 0u);
}

}  // namespace
}  // namespace atrium
