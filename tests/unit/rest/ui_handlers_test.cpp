#include <algorithm>

#include "api.hpp"
#include "atrium/room.h"
#include "protocol/errors.hpp"

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

TEST_F(Ui, aPluginIsToldWhoAsksAndNeverHisToken) {
  ui.bundles[0].answers = true;
  Request request{.method = "PUT",
                  .path = "/api/v1/ui/board/api/items/a%20b",
                  .query = "x=%31",
                  .headers = {{"Authorization", "Bearer " + token("ana", "supervisor")},
                              {"Cookie", "secret"},
                              {"X-Request-Id", "7"},
                              {"Host", "example.com"}},
                  .body = "raw",
                  .from_loopback = false};
  const auto asked = ask(std::move(request));
  ASSERT_EQ(ui.asked.size(), 1u);
  const UiRequest& told = ui.asked[0].first;
  EXPECT_EQ(told.method, "PUT");
  EXPECT_EQ(told.path, "/items/a b");
  EXPECT_EQ(told.query, "x=%31");
  EXPECT_EQ(told.body, "raw");
  EXPECT_FALSE(told.hook);
  EXPECT_EQ(told.caller->user_id, "ana");
  ASSERT_EQ(told.headers.size(), 1u);
  EXPECT_EQ(told.headers[0], (std::pair<std::string, std::string>("x-request-id", "7")));
  EXPECT_FALSE(asked->response);
  ui.asked[0].second(UiResponse{.status = 201, .headers = {{"content-type", "application/json"}, {"x-next", "8"}}, .body = "{}"});
  EXPECT_EQ(asked->status(), 201);
  EXPECT_EQ(asked->response->content_type, "application/json");
  EXPECT_EQ(asked->header("x-next"), "8");
  EXPECT_EQ(asked->header("Cache-Control"), "no-store");
  EXPECT_EQ(asked->header("X-Content-Type-Options"), "nosniff");
  EXPECT_NE(asked->header("Content-Security-Policy"), "");
}

TEST_F(Ui, aPluginThatDoesNotAnswerIs503) {
  ui.bundles[0].answers = true;
  const auto asked = askAs(token("ana"), "GET", "/ui/board/api/");
  ui.asked.at(0).second(fail(Code::plugin_failed));
  EXPECT_EQ(asked->status(), 503);
  EXPECT_NE(asked->header("Retry-After"), "");
}

TEST_F(Ui, askingNeedsATokenAndSomebodyWhoAnswers) {
  EXPECT_EQ(askAs(token("ana"), "GET", "/ui/board/api/items")->status(), 404);
  ui.bundles[0].answers = true;
  EXPECT_EQ(get("/ui/board/api/items")->status(), 401);
  EXPECT_EQ(askAs(token("ana"), "PUT", "/ui/board/api/items", std::string(ui_body_max + 1, 'x'))->status(), 413);
  EXPECT_TRUE(ui.asked.empty());
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    static_cast<void>(askAs(token("ana"), method, "/ui/board/api/items"));
  EXPECT_EQ(ui.asked.size(), 5u);
}

TEST_F(Ui, aPluginIsToldNoTextThatIsNotUtf8) {
  ui.bundles[0].answers = true;
  Request request{.path = "/ui/board/api/", .headers = {{"Authorization", "Bearer " + token("ana")}, {"X-Name", "\xFF"}, {"X-Two", "ä"}}};
  static_cast<void>(ask(request));
  ASSERT_EQ(ui.asked.size(), 1u);
  ASSERT_EQ(ui.asked[0].first.headers.size(), 1u);
  EXPECT_EQ(ui.asked[0].first.headers[0].first, "x-two");
  request.query = "name=\xFF";
  EXPECT_EQ(ask(request)->status(), 400);
}

TEST_F(Ui, noMoreHeadersThanAPluginIsPromised) {
  ui.bundles[0].answers = true;
  Request request{.path = "/ui/board/api/", .headers = {{"Authorization", "Bearer " + token("ana")}}};
  for (int n = 0; n < 60; ++n) request.headers.emplace_back("X-N" + std::to_string(n), "v");
  static_cast<void>(ask(std::move(request)));
  EXPECT_EQ(ui.asked.at(0).first.headers.size(), ui_headers_max);
}

class Hooks : public Ui {
 protected:
  explicit Hooks(RestOptions options = {}) : Ui(options) {
    ui.bundles[0].hooks = {{"/lead", true, "X-Signature", "lead_key"}, {"/open", false, "", ""}};
    ui.secrets["lead_key"] = "It's a Secret to Everybody";
  }
  std::shared_ptr<Exchange> post(std::string path, std::string body, Headers headers = {}) {
    return ask({.method = "POST", .path = std::move(path), .headers = std::move(headers), .body = std::move(body), .from_loopback = false});
  }
  // Of "Hello, World!" with that secret, as openssl makes it.
  static constexpr const char* hex = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  static constexpr const char* base64 = "dXEH6g6yUJ/CESIczphLijdXC211hsIsRvQ3nIsEPhc=";
};

TEST_F(Hooks, whatIsSignedReachesThePlugin) {
  for (const std::string& signature :
       {std::string("sha256=") + hex, std::string(hex), std::string(base64), std::string("sha256=") + base64}) {
    const auto told = post("/hooks/board/lead", "Hello, World!", {{"x-signature", signature}});
    EXPECT_FALSE(told->response) << signature;
    ASSERT_FALSE(ui.asked.empty());
    EXPECT_TRUE(ui.asked.back().first.hook);
    EXPECT_EQ(ui.asked.back().first.path, "/lead");
    EXPECT_FALSE(ui.asked.back().first.caller);
    ui.asked.back().second(UiResponse{.status = 204, .headers = {}, .body = {}});
    EXPECT_EQ(told->status(), 204);
  }
  EXPECT_EQ(metrics.read(Metric::hooks_accepted), 4);
}

TEST_F(Hooks, whatIsNotSignedIsRefused) {
  std::string upper = hex, forged = hex;
  std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  forged.back() = '8';
  EXPECT_FALSE(post("/hooks/board/lead", "Hello, World!", {{"X-Signature", upper}})->response) << "hex has no case";
  ui.asked.clear();
  const std::vector<std::pair<std::string, Headers>> refused = {
      {"Hello, World!", {}},
      {"Hello, World!", {{"X-Signature", ""}}},
      {"Hello, World!", {{"X-Signature", "sha256="}}},
      {"Hello, World!", {{"X-Signature", forged}}},
      {"Hello, World!", {{"X-Signature", std::string(hex) + "00"}}},
      {"Hello, World!", {{"X-Signature", std::string(hex).substr(0, 62)}}},
      {"Hello, World!", {{"X-Signature", std::string(64, 'z')}}},
      {"Hello, World!", {{"X-Signature", std::string("SHA256=") + hex}}},
      {"Hello, World!", {{"X-Signature", std::string("sha1=") + hex}}},
      {"Hello, World!", {{"X-Signature", std::string(100'000, 'a')}}},
      {"Hello, World!", {{"X-Other", hex}}},
      {"Hello, World!", {{"X-Signature", hex}, {"X-Signature", forged}}},
      {"Hello, world!", {{"X-Signature", hex}}},
      {"", {{"X-Signature", hex}}},
  };
  for (const auto& [body, headers] : refused) {
    const auto told = post("/hooks/board/lead", body, headers);
    ASSERT_EQ(told->status(), 403) << (headers.empty() ? "" : headers[0].second.substr(0, 80));
    EXPECT_EQ(told->code(), "forbidden");
  }
  EXPECT_TRUE(ui.asked.empty());
  EXPECT_EQ(metrics.read(Metric::hooks_refused), static_cast<std::int64_t>(refused.size()));
}

TEST_F(Hooks, withoutItsSecretAHookIsClosed) {
  for (const char* secret : {"other", "empty"}) {
    ui.bundles[0].hooks[0].secret = secret;
    ui.secrets["empty"] = "";
    EXPECT_EQ(post("/hooks/board/lead", "Hello, World!", {{"X-Signature", hex}})->status(), 503);
  }
  EXPECT_TRUE(ui.asked.empty());
}

TEST_F(Hooks, whatIsTooLargeIsRefusedUnread) {
  EXPECT_EQ(post("/hooks/board/open", std::string(ui_body_max + 1, 'x'))->status(), 413);
  EXPECT_FALSE(post("/hooks/board/open", std::string(ui_body_max, 'x'))->response);
}

TEST_F(Hooks, onlyTheRoutesThatAPluginNamesExist) {
  for (const char* path : {"/hooks/board/LEAD", "/hooks/board/lead/", "/hooks/board/", "/hooks/other/lead", "/hooks/board/lead%2F"})
    EXPECT_NE(post(path, "Hello, World!", {{"X-Signature", hex}})->status(), 0) << path;
  EXPECT_TRUE(ui.asked.empty());
  EXPECT_EQ(get("/hooks/board/lead")->status(), 405);
  EXPECT_FALSE(post("/api/v1/hooks/board/open", "x")->response);
}

class HooksOff : public Hooks {
 protected:
  HooksOff() : Hooks({.ui_hooks = false}) {}
};

TEST_F(HooksOff, nothingIsHeard) { EXPECT_EQ(post("/hooks/board/open", "x")->status(), 404); }

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
