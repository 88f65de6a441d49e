#include "rest/rest_handler.hpp"

#include <algorithm>

#include "api.hpp"
#include "auth/base64url.hpp"
#include "protocol/errors.hpp"
#include "protocol/openapi.hpp"
#include "rest/credentials.hpp"

namespace atrium {
namespace {

std::string pathOf(const RouteInfo& route, const std::string& room_id) {
  std::string path(route.path);
  if (const std::size_t at = path.find("{room_id}"); at != path.npos) path.replace(at, 9, room_id);
  if (const std::size_t at = path.find("{user_id}"); at != path.npos) path.replace(at, 9, "ana");
  if (const std::size_t at = path.find("{name}"); at != path.npos) path.replace(at, 6, "board");
  if (const std::size_t at = path.find("{path}"); at != path.npos) path.replace(at, 6, "index.html");
  return path;
}

TEST_F(Api, everyRouteIsHandled) {
  const std::string admin = token("root", "admin");
  for (const RouteInfo& route : route_table) {
    const auto answer = askAs(admin, std::string(route.method), pathOf(route, room(admin)), route.method == "GET" ? "" : "{}");
    ASSERT_TRUE(answer->response) << route.path;
    EXPECT_NE(answer->status(), 500) << route.path;
    EXPECT_NE(answer->status(), 405) << route.path;
    EXPECT_TRUE(answer->status() != 404 || answer->code() == "not_found") << route.path;
  }
}

TEST_F(Api, everyRouteRefusesStrangers) {
  for (const RouteInfo& route : route_table) {
    if (route.access == Access::open) continue;
    Request request{.method = std::string(route.method), .path = pathOf(route, "room_1"), .from_loopback = false};
    if (route.access == Access::socket) request = handshake(request.path);
    const auto answer = ask(request);
    EXPECT_EQ(answer->status(), 401) << route.path;
    EXPECT_EQ(answer->header("WWW-Authenticate"), "Bearer") << route.path;
    EXPECT_EQ(std::ranges::count(answer->response->headers, "WWW-Authenticate", &std::pair<std::string, std::string>::first), 1)
        << route.path;
  }
}

TEST_F(Api, everyRouteThatNamesARoomHidesThoseOfOtherTenants) {
  const std::string foreign = room(token("zoe", "agent", "other"));
  for (const RouteInfo& route : route_table) {
    if (!route.path.contains("{room_id}") || route.access == Access::socket) continue;
    const auto answer = askAs(token("ana", "admin"), std::string(route.method), pathOf(route, foreign),
                              route.method == "GET" ? "" : R"({"role":"member","command":"echo"})");
    EXPECT_EQ(answer->status(), 404) << route.method << ' ' << route.path;
  }
}

TEST_F(Api, roomsAreMadeReadChangedAndClosed) {
  const std::string ana = token("ana");
  const auto made = askAs(ana, "POST", "/api/v1/collaboration/rooms", R"({"room_type":"open","name":"Team","context":{"region":"west"}})");
  ASSERT_EQ(made->status(), 201);
  const std::string room_id = made->json().root()["room_id"].text();
  EXPECT_EQ(made->header("Location"), "/api/v1/collaboration/rooms/" + room_id);
  const auto read = askAs(ana, "GET", made->header("Location"));
  ASSERT_EQ(read->status(), 200);
  EXPECT_EQ(read->json().root()["context"]["region"].text(), "west");
  EXPECT_EQ(askAs(ana, "GET", "/collaboration/rooms?type=open")->json().root()["items"].size(), 1u);
  EXPECT_EQ(askAs(ana, "GET", "/collaboration/rooms?type=invited")->json().root()["items"].size(), 0u);
  EXPECT_EQ(askAs(ana, "PATCH", "/collaboration/rooms/" + room_id, R"({"name":"Crew"})")->json().root()["name"].text(), "Crew");
  const auto closed = askAs(ana, "DELETE", "/collaboration/rooms/" + room_id);
  EXPECT_EQ(closed->status(), 204);
  EXPECT_EQ(closed->response->body, "");
  EXPECT_FALSE(askAs(ana, "GET", "/collaboration/rooms/" + room_id)->json().root()["is_active"].boolean(true));
}

TEST_F(Api, membersJoinChangeRoleAndLeave) {
  const std::string ana = token("ana"), bob = token("bob");
  const std::string members = "/collaboration/rooms/" + room(ana) + "/members";
  const auto joined = askAs(bob, "POST", members);  // No body at all: himself.
  ASSERT_EQ(joined->status(), 201);
  EXPECT_EQ(joined->header("Location"), members + "/bob");
  const auto added = askAs(ana, "POST", members, R"({"user_id":"carl/ä"})");
  EXPECT_EQ(added->header("Location"), members + "/carl%2F%C3%A4");
  EXPECT_EQ(askAs(ana, "DELETE", added->header("Location"))->status(), 204);
  EXPECT_EQ(askAs(ana, "PATCH", members + "/bob", R"({"role":"moderator"})")->status(), 200);
  EXPECT_EQ(askAs(ana, "DELETE", members + "/ana")->code(), "last_owner");
  EXPECT_EQ(askAs(bob, "DELETE", members + "/bob")->status(), 204);
}

TEST_F(Api, messagesAreSentAndTheHistoryIsPaged) {
  const std::string ana = token("ana");
  const std::string room_id = room(ana);
  for (int n = 1; n <= 5; ++n) {
    const auto sent =
        askAs(ana, "POST", "/collaboration/messages", R"({"room_id":")" + room_id + R"(","content":"m)" + std::to_string(n) + "\"}");
    ASSERT_EQ(sent->status(), 200) << sent->response->body;
    const JsonDocument reply = sent->json();
    for (const char* field : {"message_id", "room_id", "delivery_status", "delivered_to", "failed_recipients", "latency_ms", "timestamp",
                              "seq", "epoch", "durability", "duplicate", "offline_recipients", "pending_recipients"})
      EXPECT_TRUE(reply.root()[field].exists()) << field;
  }
  std::string next = "/api/v1/collaboration/rooms/" + room_id + "/history?limit=2";
  std::vector<std::string> contents;
  while (!next.empty()) {
    const auto page = askAs(ana, "GET", next);
    ASSERT_EQ(page->status(), 200) << next;
    const JsonDocument items = page->json();
    for (JsonView item = items.root().first(); item.exists(); item = item.sibling(items.root())) contents.push_back(item["content"].text());
    const std::string link = page->header("Link");
    ASSERT_TRUE(link.empty() || (link.starts_with('<') && link.ends_with(">; rel=\"next\""))) << link;
    next = link.empty() ? std::string() : link.substr(1, link.find('>') - 1);
    ASSERT_LE(contents.size(), 5u);
  }
  EXPECT_EQ(contents, (std::vector<std::string>{"m5", "m4", "m3", "m2", "m1"}));
}

TEST_F(Api, presenceIsSetAndRead) {
  const std::string ana = token("ana");
  const std::string room_id = room(ana);
  EXPECT_EQ(askAs(ana, "PUT", "/collaboration/presence",
                  R"({"status":"busy","status_message":"In client meeting","user_id":"ana","tenant_id":"acme"})")
                ->status(),
            204);
  const JsonDocument present = askAs(ana, "GET", "/collaboration/rooms/" + room_id + "/presence")->json();
  ASSERT_TRUE(present.root().isArray());
  const JsonView mine = present.root().first();
  for (const char* field : {"user_id", "tenant_id", "status", "status_message", "last_seen", "current_room_id"})
    EXPECT_TRUE(mine[field].exists()) << field;
  EXPECT_EQ(mine["user_id"].text(), "ana");
}

TEST_F(Api, broadcastsAreForThoseWhoLead) {
  EXPECT_EQ(askAs(token("ana"), "POST", "/collaboration/broadcasts", R"({"content":"all hands"})")->status(), 403);
  EXPECT_EQ(askAs(token("sue", "supervisor"), "POST", "/collaboration/broadcasts", R"({"content":"all hands"})")->status(), 200);
}

TEST_F(Api, metricsAreTheTenantsOrTheNodes) {
  const std::string ana = token("ana");
  const std::string room_id = room(ana);
  askAs(ana, "POST", "/collaboration/messages", R"({"room_id":")" + room_id + R"(","content":"hi"})");
  const auto sent = [&](const std::string& who) {
    std::int64_t number = -1;
    EXPECT_TRUE(askAs(who, "GET", "/collaboration/metrics")->json().root()["collaboration_engine"]["total_messages_sent"].integer(number));
    return number;
  };
  EXPECT_EQ(sent(ana), 1);
  EXPECT_EQ(sent(token("zoe", "supervisor", "other")), 0);
  EXPECT_EQ(node.whole_asked, 0) << "what costs a look at the whole process is not looked at for a tenant";
  EXPECT_EQ(node.part_asked, 2);
  EXPECT_EQ(sent(token("root", "admin", "other")), 1);
  EXPECT_EQ(sent(token("bot", "service", "other")), 1);
  EXPECT_EQ(node.whole_asked, 2);
}

TEST_F(Api, bodiesAreRefusedByWhatIsWrongWithThem) {
  const std::string ana = token("ana");
  const std::string path = "/collaboration/rooms";
  EXPECT_EQ(askAs(ana, "POST", path, "{")->code(), "malformed_json");
  EXPECT_EQ(askAs(ana, "POST", path, R"({"name":"a","name":"b"})")->status(), 400);
  const auto wrong = askAs(ana, "POST", path, R"({"room_type":7,"max_members":0})");
  EXPECT_EQ(wrong->status(), 422);
  EXPECT_EQ(wrong->json().root()["errors"].size(), 3u) << wrong->response->body;
  EXPECT_EQ(askAs(ana, "POST", path, "[]")->status(), 422);
  EXPECT_EQ(askAs(ana, "POST", path, R"({"room_type":"open","name":"x","created_by":"bob"})")->code(), "identity_mismatch");
  EXPECT_EQ(
      ask({.method = "POST", .path = path, .headers = {{"Authorization", "Bearer " + ana}, {"Content-Type", "text/plain"}}, .body = "{}"})
          ->code(),
      "unsupported_media");
  EXPECT_EQ(askAs(ana, "GET", path + "?limit=501")->code(), "validation_failed");
}

TEST_F(Api, wrongMethodsAndPathsAreTold) {
  const std::string ana = token("ana");
  const auto wrong = askAs(ana, "PUT", "/collaboration/rooms", "{}");
  EXPECT_EQ(wrong->status(), 405);
  EXPECT_EQ(wrong->header("Allow"), "POST, GET, HEAD, OPTIONS");
  EXPECT_EQ(askAs(ana, "GET", "/collaboration/nothing")->code(), "not_found");
  EXPECT_EQ(askAs(ana, "GET", "/collaboration/rooms/%zz")->code(), "bad_request");
  EXPECT_EQ(askAs(ana, "HEAD", "/collaboration/metrics")->status(), 200);
}

TEST_F(Api, aQueryThatCannotBeDecodedIsNotTakenForAnother) {
  const std::string ana = token("ana");
  const std::string history = "/collaboration/rooms/" + room(ana) + "/history";
  for (const char* query : {"?message_type=lead%zz", "?sender=a%", "?limit=%4", "?%zz=1", "?before=%00", "?unknown=%"})
    EXPECT_EQ(askAs(ana, "GET", history + query)->code(), "bad_request") << query;
  EXPECT_EQ(askAs(ana, "GET", history + "?sender=%C3%A4+b&&limit=2")->status(), 200);
}

TEST_F(Api, pagesOfAllowedOriginsMayReadAnswers) {
  const auto asked = [&](std::string method, std::string origin) {
    return ask(
        {.method = std::move(method),
         .path = "/collaboration/rooms",
         .headers = {
             {"Authorization", "Bearer " + token("ana")}, {"Origin", std::move(origin)}, {"Access-Control-Request-Method", "POST"}}});
  };
  const auto preflight = asked("OPTIONS", "https://app.example.com");
  EXPECT_EQ(preflight->status(), 204);
  EXPECT_EQ(preflight->header("Access-Control-Allow-Origin"), "https://app.example.com");
  EXPECT_EQ(preflight->header("Access-Control-Allow-Methods"), "POST, GET, HEAD, OPTIONS");
  EXPECT_EQ(preflight->header("Access-Control-Allow-Headers"), "Authorization, Content-Type");
  EXPECT_EQ(asked("GET", "https://app.example.com")->header("Access-Control-Allow-Origin"), "https://app.example.com");
  EXPECT_EQ(asked("OPTIONS", "https://evil.example.com")->status(), 403);
  EXPECT_EQ(asked("GET", "https://evil.example.com")->header("Access-Control-Allow-Origin"), "");
  const auto plain = ask({.method = "OPTIONS", .path = "/collaboration/rooms"});
  EXPECT_EQ(plain->status(), 204);
  EXPECT_EQ(plain->header("Allow"), "POST, GET, HEAD, OPTIONS");
}

TEST_F(Api, whatOperatorsSeeIsOpenOnThisMachineAndForAdmins) {
  for (const char* path :
       {"/metrics", "/health/live", "/health/ready", "/openapi.json", "/api/v1/openapi.json", "/asyncapi.json", "/docs", "/api/v1/docs"}) {
    EXPECT_EQ(ask({.path = path})->status(), 200) << path;
    EXPECT_EQ(ask({.path = path, .headers = {{"X-Forwarded-For", "203.0.113.7"}}})->status(), 401) << path;
    EXPECT_EQ(askAs(token("ana"), "GET", path)->status(), 403) << path;
    EXPECT_EQ(askAs(token("root", "admin"), "GET", path)->status(), 200) << path;
  }
  EXPECT_EQ(ask({.path = "/admin/plugins"})->status(), 401);
  EXPECT_EQ(askAs(token("ana", "supervisor"), "GET", "/admin/plugins")->status(), 403);
  EXPECT_EQ(askAs(token("root", "admin"), "GET", "/admin/plugins")->status(), 200);
}

TEST_F(Api, longReportsAreMadeElsewhere) {
  reports.keep = true;
  const auto plugins = askAs(token("root", "admin"), "GET", "/admin/plugins");
  const auto metrics_text = ask({.path = "/metrics"});
  EXPECT_FALSE(plugins->response || metrics_text->response) << "the loop has not made them itself";
  ASSERT_EQ(reports.asked.size(), 2u);
  for (auto& [make, done] : reports.asked) done(make());
  EXPECT_EQ(plugins->status(), 200);
  EXPECT_EQ(metrics_text->response->body, "atrium_sessions 0\n");
  const auto refused = ask({.path = "/metrics"});
  reports.asked.back().second(fail(Code::overloaded, "Too many reports are being made already."));
  EXPECT_EQ(refused->status(), 503);
}

class OpenApiServer : public Api {
 protected:
  OpenApiServer() : Api({.ops_public = true}) {}
};

TEST_F(OpenApiServer, showsOperatorsPagesToAllWhenTheOperatorSaysSo) {
  EXPECT_EQ(ask({.path = "/metrics", .from_loopback = false})->status(), 200);
  EXPECT_EQ(ask({.path = "/admin/plugins", .from_loopback = false})->status(), 401);
}

class OperatedServer : public Api {
 protected:
  OperatedServer() : Api({.operator_tenants = {"acme"}}) {}
};

TEST_F(OperatedServer, isOperatedByTheAdminsOfTheTenantsThatAreNamed) {
  for (const RouteInfo& route : route_table) {
    if (route.access != Access::operators) continue;
    const auto answer = askAs(token("root", "admin", "other"), std::string(route.method), std::string(route.path), "{}");
    EXPECT_EQ(answer->status(), 403) << route.path;
  }
  EXPECT_TRUE(control.commands.empty());
  EXPECT_EQ(askAs(token("root", "admin"), "GET", "/admin/plugins")->status(), 200);
  EXPECT_EQ(askAs(token("root", "admin", "other"), "GET", "/admin/trace/" + std::string(26, '0'))->status(), 404)
      << "what is its tenant's own";
}

TEST_F(Api, readinessIsAStatus) {
  EXPECT_EQ(ask({.path = "/health/ready"})->json().root()["status"].text(), "ready");
  node.is_ready = false;
  const auto answer = ask({.path = "/health/ready"});
  EXPECT_EQ(answer->status(), 503);
  EXPECT_EQ(answer->json().root()["status"].text(), "draining");
  EXPECT_EQ(ask({.path = "/health/live"})->status(), 200);
}

TEST_F(Api, thePageOfTheApiMayRunNothing) {
  const auto page = ask({.path = "/docs"});
  EXPECT_EQ(page->response->content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(page->header("Content-Security-Policy").starts_with("default-src 'none'"));
  EXPECT_EQ(page->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(ask({.path = "/openapi.json"})->response->body, openapiDocument());
  EXPECT_EQ(ask({.path = "/asyncapi.json"})->response->body, asyncapiDocument());
}

// A token that somebody else signed, and that the judges want.
std::string foreignToken(std::string_view user = "zoe") {
  const auto part = [](std::string_view json) { return encodeBase64Url(json); };
  return part(R"({"alg":"RS256"})") + "." + part(R"({"iss":"elsewhere","sub":")" + std::string(user) + R"("})") + "." + part("signature");
}
JudgedToken judgedAs(std::string user, Wall expires, std::uint32_t roles = ATRIUM_ROLE_AGENT) {
  return {{.tenant_id = "acme", .user_id = std::move(user), .display_name = "", .roles = roles, .expires = expires},
          std::chrono::seconds{60}};
}

TEST_F(Api, aRequestWaitsUntilOthersHaveJudgedItsToken) {
  const auto made = askAs(foreignToken(), "POST", "/collaboration/rooms", R"({"room_type":"open","name":"Team"})");
  EXPECT_FALSE(made->response);
  ASSERT_EQ(judges.asked.size(), 1u);
  judges.asked[0].second(judgedAs("zoe", now.wall + 1h));
  world.settle();
  ASSERT_EQ(made->status(), 201);
  EXPECT_EQ(made->json().root()["created_by"].text(), "zoe");
  EXPECT_EQ(askAs(foreignToken(), "GET", "/collaboration/rooms")->status(), 200) << "it is remembered";
  EXPECT_EQ(judges.asked.size(), 1u);
}

TEST_F(Api, aTokenThatOthersRefuseIsRefused) {
  const auto asked = askAs(foreignToken(), "GET", "/collaboration/rooms");
  judges.asked[0].second(fail(Code::unauthorized, "the token is not valid here"));
  EXPECT_EQ(asked->status(), 401);
  const auto failed = askAs(foreignToken("yan"), "GET", "/collaboration/rooms");
  judges.asked[1].second(fail(Code::plugin_failed));
  EXPECT_EQ(failed->status(), 503);
  const auto agent = askAs(foreignToken("tim"), "GET", "/admin/plugins");
  judges.asked[2].second(judgedAs("tim", now.wall + 1h));
  EXPECT_EQ(agent->status(), 403);
}

TEST_F(Api, whatWaitsForJudgesIsBoundedInBytes) {
  const std::string body = R"({"name":")" + std::string(1 << 20, 'x') + "\"}";
  std::size_t refused = 0;
  for (int n = 0; n < 40; ++n) {
    const auto asked = askAs(foreignToken("u" + std::to_string(n)), "POST", "/collaboration/rooms", body);
    if (!asked->response) continue;
    EXPECT_EQ(asked->code(), "overloaded");
    ++refused;
  }
  EXPECT_EQ(judges.asked.size(), 31u);
  EXPECT_EQ(refused, 9u);
  for (auto& [token, done] : judges.asked) done(fail(Code::unauthorized));
  EXPECT_FALSE(askAs(foreignToken(), "POST", "/collaboration/rooms", body)->response) << "there is room again";
}

TEST_F(Api, aSocketWaitsUntilOthersHaveJudgedItsToken) {
  const auto entering = ask(handshake("/collaboration/ws", "token=" + foreignToken(), {{"Sec-WebSocket-Protocol", "atrium.v1.json"}}));
  EXPECT_FALSE(entering->response || entering->upgraded);
  judges.asked[0].second(judgedAs("zoe", now.wall + 1h));
  ASSERT_TRUE(entering->upgraded);
  EXPECT_EQ(entering->upgraded->sub_protocol, "atrium.v1.json");
  const auto plain = ask(handshake("/collaboration/ws", "token=" + foreignToken("yan")));
  judges.asked[1].second(fail(Code::unauthorized));
  EXPECT_EQ(plain->status(), 401);
}

TEST_F(Api, whatAnAdminAsksOfSinksIsPassedOn) {
  sinks.keep = true;
  const std::string admin = token("root", "admin");
  EXPECT_EQ(askAs(token("ana"), "GET", "/admin/sinks")->status(), 403);
  EXPECT_EQ(askAs(admin, "GET", "/admin/sinks")->status(), 200);
  EXPECT_EQ(askAs(admin, "DELETE", "/admin/sinks/crm/dead-letters?offset=x")->status(), 422);
  EXPECT_TRUE(sinks.asked.empty());

  const auto retried = askAs(admin, "POST", "/admin/sinks/crm/dead-letters/retry?offset=7");
  ASSERT_EQ(sinks.asked.size(), 1u);
  EXPECT_EQ(sinks.asked[0].first.verb, SinkCommand::Verb::retry);
  EXPECT_EQ(sinks.asked[0].first.sink, "crm");
  EXPECT_EQ(sinks.asked[0].first.offset, 7u);
  EXPECT_EQ(sinks.asked[0].first.by, "root");
  sinks.asked[0].second(R"({"count":1})");
  EXPECT_EQ(retried->status(), 200);

  const auto forgotten = askAs(admin, "DELETE", "/admin/sinks/crm");
  EXPECT_EQ(sinks.asked[1].first.verb, SinkCommand::Verb::forget);
  sinks.asked[1].second(std::string());
  EXPECT_EQ(forgotten->status(), 204);

  const auto listed = askAs(admin, "GET", "/admin/sinks/crm/dead-letters?cursor=3&limit=5");
  EXPECT_EQ(sinks.asked[2].first.after, 3u);
  EXPECT_EQ(sinks.asked[2].first.limit, 5u);
  sinks.asked[2].second(fail(Code::not_found));
  EXPECT_EQ(listed->status(), 404);
}

TEST_F(Api, tokensThatExpiredAreRefused) {
  const std::string old =
      mintToken({.tenant_id = "acme", .user_id = "ana", .lifetime = std::chrono::seconds{1}}, secret, now.wall - std::chrono::hours{1});
  EXPECT_EQ(askAs(old, "GET", "/collaboration/rooms")->code(), "token_expired");
  EXPECT_EQ(metrics.read(Metric::auth_refused), 1);
}

TEST_F(Api, noTokenComesIntoTheLog) {
  testing::internal::CaptureStderr();
  const std::string canary = "eyJhbGciOiJIUzI1NiJ9.canary.canary";
  askAs(canary, "GET", "/collaboration/rooms");
  ask({.path = "/collaboration/rooms", .query = "token=" + canary});
  ask(handshake("/collaboration/ws", "token=" + canary));
  ask(handshake("/collaboration/ws", "", {{"Sec-WebSocket-Protocol", "atrium.v1.json, bearer." + canary}}));
  askAs("nonsense", "GET", "/collaboration/rooms/" + canary);
  ask(handshake("/collaboration/ws/" + canary, "token=nonsense"));
  log.reset();  // Writes what waits.
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("auth.refused"), text.npos);
  EXPECT_EQ(text.find("canary"), text.npos) << text;
}

}  // namespace
}  // namespace atrium
