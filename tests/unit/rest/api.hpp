#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/mint.hpp"
#include "auth/token_desk.hpp"
#include "auth/token_verifier.hpp"
#include "protocol/metrics.hpp"
#include "request.hpp"
#include "rest/rest_handler.hpp"
#include "sim/world.hpp"

namespace atrium {

// What became of one request.
struct Exchange final : Responder::Slot {
  void send(HttpResponse answer) override { response = std::move(answer); }
  void upgrade(WebSocketOptions options, std::unique_ptr<WebSocketHandler> handler) override {
    upgraded = std::move(options);
    socket = std::move(handler);
  }
  // The value of a header; empty when it is not there.
  [[nodiscard]] std::string header(std::string_view name) const {
    for (const auto& [key, value] : response->headers)
      if (key == name) return value;
    return {};
  }
  [[nodiscard]] int status() const { return response ? response->status : 0; }
  [[nodiscard]] JsonDocument json() const {
    auto parsed = JsonDocument::parse(response->body);
    EXPECT_TRUE(parsed) << response->body;
    return parsed ? *std::move(parsed) : JsonDocument::emptyObject();
  }
  [[nodiscard]] std::string code() const { return json().root()["code"].text(); }

  std::optional<HttpResponse> response;
  std::optional<WebSocketOptions> upgraded;
  std::unique_ptr<WebSocketHandler> socket;
};

// A node that says what the test wants.
class TestNode final : public Node {
 public:
  [[nodiscard]] Readiness readiness() const override {
    return {.ready = is_ready, .status = is_ready ? "ready" : "draining", .components = {}};
  }
  [[nodiscard]] NodeStatus status(bool whole) const override {
    ++(whole ? whole_asked : part_asked);
    return {.ready = is_ready};
  }
  void appendMetrics(std::string& out) const override { out += "atrium_sessions 0\n"; }
  [[nodiscard]] std::string pluginsJson() const override { return R"({"items":[],"next_cursor":null})"; }
  bool is_ready = true;
  mutable int whole_asked = 0, part_asked = 0;
};

// Remembers what it was asked, and does nothing.
class TestPluginControl final : public PluginControl {
 public:
  void run(PluginCommand command, Completion<std::string> done) override {
    commands.push_back(std::move(command));
    if (refusal)
      done(std::unexpected(*refusal));
    else
      done(R"({"applied":true,"steps":[],"restart":[]})");
  }
  [[nodiscard]] std::optional<std::string> pluginJson(std::string_view id) const override {
    return id == "com.acme.there" ? std::optional<std::string>("{}") : std::nullopt;
  }
  [[nodiscard]] std::string eventsJson(std::uint64_t after) const override {
    return R"({"items":[],"next_cursor":")" + std::to_string(after) + "\"}";
  }
  std::vector<PluginCommand> commands;
  std::optional<Error> refusal;
};

// Pages as the test puts them.
class TestUi final : public UiPort {
 public:
  [[nodiscard]] UiBundlePtr find(std::string_view name) const override {
    const auto found = std::ranges::find(bundles, name, &UiBundle::name);
    return found == bundles.end() ? nullptr : std::make_shared<const UiBundle>(*found);
  }
  [[nodiscard]] std::vector<UiBundlePtr> all() const override {
    std::vector<UiBundlePtr> found;
    for (const UiBundle& bundle : bundles) found.push_back(find(bundle.name));
    return found;
  }
  [[nodiscard]] std::string secretOf(std::string_view, std::string_view secret) const override {
    const auto found = secrets.find(std::string(secret));
    return found == secrets.end() ? std::string() : found->second;
  }
  void answer(std::string_view, UiRequest request, Completion<UiResponse> done) override {
    asked.emplace_back(std::move(request), std::move(done));
  }
  std::vector<UiBundle> bundles;
  std::map<std::string, std::string> secrets;
  std::vector<std::pair<UiRequest, Completion<UiResponse>>> asked;
};

// Sinks that answer with nothing or, where the test says so, keep what was asked of them until it answers.
class TestSinks final : public SinkControl {
 public:
  [[nodiscard]] std::string sinksJson() const override { return R"({"items":[],"next_cursor":null})"; }
  void run(SinkCommand command, Completion<std::string> done) override {
    if (!keep) return done(std::string("{}"));
    asked.emplace_back(std::move(command), std::move(done));
  }
  bool keep = false;
  std::vector<std::pair<SinkCommand, Completion<std::string>>> asked;
};

// Remembers what it was asked, and answers with nothing or with a refusal.
class TestPolicies final : public PolicyControl {
 public:
  void run(PolicyCommand command, Completion<std::string> done) override {
    const bool nothing = command.verb == PolicyCommand::Verb::remove;
    asked.push_back(std::move(command));
    if (refusal) return done(std::unexpected(*refusal));
    done(std::string(nothing ? "" : "{}"));
  }
  std::vector<PolicyCommand> asked;
  std::optional<Error> refusal;
};

// Remembers what was asked of alerts, and answers that it was done.
class TestAlerts final : public AlertControl {
 public:
  void run(AlertCall call, Completion<std::string> done) override {
    asked.push_back(std::move(call));
    refusal ? done(std::unexpected(*refusal)) : done(std::string("{}"));
  }
  std::vector<AlertCall> asked;
  std::optional<Error> refusal;
};

// Remembers what was asked of the desk, and answers with what the test says.
class TestCoordination final : public CoordinationControl {
 public:
  void run(CoordinationCommand command, Completion<std::string> done) override {
    asked.push_back(std::move(command));
    done(answer);
  }
  Result<std::string> answer{"{}"};
  std::vector<CoordinationCommand> asked;
};

// Likewise of what helps agents.
class TestCoaching final : public CoachingControl {
 public:
  void assist(PrincipalPtr, JsonDocument, bool, Completion<std::string> done) override { done(answer); }
  void judge(PrincipalPtr, std::string, TipVerdict, Completion<std::string> done) override { done(answer); }
  void list(PrincipalPtr, ListTips, Completion<std::string> done) override { done(answer); }
  void readPrivacy(PrincipalPtr, Completion<std::string> done) override { done(answer); }
  void putPrivacy(PrincipalPtr, JsonDocument, Completion<std::string> done) override { done(answer); }
  void whisper(PrincipalPtr, std::string, JsonDocument, Completion<std::string> done) override { done(no_room); }
  void supervise(PrincipalPtr, std::string, Supervision, Completion<std::string> done) override { done(no_room); }
  const Result<std::string> no_room = std::unexpected(Error{Code::not_found, {}, 0, {}});
  Result<std::string> answer{"{}"};
};

// Makes a report at once or, where the test says so, when it wants.
class TestReports final : public Reports {
 public:
  void make(std::function<std::string()> make, Completion<std::string> done) override {
    if (!keep) return done(make());
    asked.emplace_back(std::move(make), std::move(done));
  }
  bool keep = false;
  std::vector<std::pair<std::function<std::string()>, Completion<std::string>>> asked;
};

// Remembers what was asked, and answers with what the test says.
class TestAnalytics final : public AnalyticsControl {
 public:
  void report(AnalyticsAsk ask, Completion<std::string> done) override {
    asked.push_back(std::move(ask));
    done(answer);
  }
  void metrics(std::string tenant_id, Completion<std::string> done) override {
    tenants.push_back(std::move(tenant_id));
    done(answer);
  }
  Result<std::string> answer{"{}"};
  std::vector<AnalyticsAsk> asked;
  std::vector<std::string> tenants;
};

// No judge but the one the test plays.
class TestJudges final : public TokenJudges {
 public:
  [[nodiscard]] bool wants(std::string_view issuer) override { return issuer == "elsewhere"; }
  [[nodiscard]] std::uint64_t generation() const override { return 0; }
  void judge(std::string token, std::string, Completion<JudgedToken> done) override {
    asked.emplace_back(std::move(token), std::move(done));
  }
  std::vector<std::pair<std::string, Completion<JudgedToken>>> asked;
};

// The API over the real engine in its simulated world: no socket, no thread, a clock that stands still.
class Api : public testing::Test {
 protected:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  explicit Api(RestOptions options = {})
      : log(std::in_place, Log::Options{}),
        world(1),
        verifier(*TokenVerifier::make({.secret = std::string(secret)})),
        origins({"https://app.example.com"}),
        metrics(metric_table),
        now(world.clock.now()),
        desk(verifier, judges, now, metrics),
        handler({.shard = world.shard(0),
                 .tokens = desk,
                 .ui = ui,
                 .origins = origins,
                 .node = node,
                 .plugins = control,
                 .sinks = sinks,
                 .coordination = coordination,
                 .policies = policies,
                 .reports = reports,
                 .analytics = analytics,
                 .alerts = alerts,
                 .coaching = coaching,
                 .now = now,
                 .metrics = metrics,
                 .log = *log},
                options) {}

  [[nodiscard]] std::string token(std::string user, std::string role = "agent", std::string tenant = "acme") const {
    return mintToken({.tenant_id = std::move(tenant), .user_id = std::move(user), .roles = {std::move(role)}}, secret, now.wall);
  }
  std::shared_ptr<Exchange> ask(Request request) {
    auto exchange = std::make_shared<Exchange>();
    now = world.clock.now();
    handler.handle(request.view(), Responder(exchange));
    world.settle();
    return exchange;
  }
  // As `user` (an agent of acme, or whoever `token` says), with a JSON body when there is one.
  std::shared_ptr<Exchange> askAs(const std::string& bearer, std::string method, std::string target, std::string body = {}) {
    const std::size_t question = target.find('?');
    Request request{.method = std::move(method),
                    .path = target.substr(0, question),
                    .query = question == target.npos ? std::string() : target.substr(question + 1),
                    .headers = {{"Authorization", "Bearer " + bearer}},
                    .body = std::move(body),
                    .from_loopback = false};
    if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    return ask(std::move(request));
  }
  // The id of a new room.
  std::string room(const std::string& bearer) {
    return askAs(bearer, "POST", "/collaboration/rooms", R"({"room_type":"open","name":"Team"})")->json().root()["room_id"].text();
  }
  // A well-formed handshake.
  static Request handshake(std::string path, std::string query = {}, Headers more = {}) {
    Request request{.path = std::move(path), .query = std::move(query), .headers = std::move(more)};
    request.headers.insert(request.headers.end(), {{"Host", "127.0.0.1:8000"},
                                                   {"Upgrade", "websocket"},
                                                   {"Connection", "Upgrade"},
                                                   {"Sec-WebSocket-Version", "13"},
                                                   {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
    return request;
  }

  static constexpr std::string_view secret = "a secret of more than thirty-two bytes";
  std::optional<Log> log;  // Reset by who wants to read all of it.
  sim::World world;
  TokenVerifier verifier;
  OriginPolicy origins;
  TestNode node;
  TestPluginControl control;
  TestSinks sinks;
  TestPolicies policies;
  TestReports reports;
  TestAnalytics analytics;
  TestAlerts alerts;
  TestCoordination coordination;
  TestCoaching coaching;
  TestUi ui;
  MetricSet metrics;
  Now now;
  TestJudges judges;
  TokenDesk desk;
  RestHandler handler;
};

}  // namespace atrium
