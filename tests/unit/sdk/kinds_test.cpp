// Each kind as a small class, called through its C table as a server would.
#include <gtest/gtest.h>

#include <memory>

#include "atrium/testkit.hpp"

namespace atrium::test {
namespace {

using namespace testkit;

struct Sides {
  void score(const Lead& lead, Agents agents, Scores scores) const {
    for (std::uint32_t at = 0; at < agents.size(); ++at)
      if (agents[at].is_available())
        scores[at] = {1.0 - agents[at].capacity_utilization(), std::string(300, 'x') + std::string(lead.lead_id())};
  }
  Score score_queue(const Agent& agent, const Lead& lead) const {
    if (agent.satisfaction() && *agent.satisfaction() > 4) return 1.0;
    if (lead.waiting_ms() > 1000) throw std::runtime_error("thrown while scoring");
    return {};
  }
  static constexpr RoutingScorerInfo routing_scorer{.name = "sides"};
};

TEST(ScorerClass, scoresBothSidesAndAbstains) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Sides>(host);
  const Scoring scores = testkit::score(plugin, "{}", {R"({"active_leads":1,"capacity":4})", R"({"status":"away"})"});
  EXPECT_EQ(scores.status, ATRIUM_OK);
  EXPECT_EQ(scores[0].value, 0.75);
  EXPECT_EQ(scores[0].reason, std::string(200, 'x'));
  EXPECT_LT(scores[1].value, 0);
  EXPECT_EQ(testkit::score_queue(plugin, R"({"satisfaction":4.5})", {"{}"})[0].value, 1.0);
  EXPECT_LT(testkit::score_queue(plugin, "{}", {"{}"})[0].value, 0);
  EXPECT_EQ(testkit::score_queue(plugin, "{}", {R"({"waiting_ms":2000})"}).status, ATRIUM_FAILED);
  ASSERT_EQ(host.failures.size(), 1u);
  EXPECT_EQ(host.failures[0].hook, "score_queue");
  EXPECT_EQ(host.failures[0].why, "thrown while scoring");
}

TEST(ScorerClass, cutsAReasonBetweenCharacters) {
  const std::string reason = std::string(199, 'x') + "\u20ac";
  EXPECT_EQ(Score(0.5, reason).reason(), std::string(199, 'x'));
}

struct Crowded {
  void evaluate(const Window& window, Alerts& alerts) const {
    for (const Series series : window)
      if (const auto load = series.latest(); load && *load > 0.9)
        alerts.raise({.severity = ATRIUM_SEVERITY_HIGH,
                      .subject = std::string(series.subject()),
                      .title = "Crowded",
                      .message = "average " + std::to_string(series.average().value_or(0)),
                      .value = *load,
                      .threshold = 0.9,
                      .actions = {{"Reassign", "/reassign"}, {"Wait"}}});
  }
  static constexpr AlertRuleInfo alert_rule{.metrics = "load", .window_seconds = 60};
};

TEST(AlertRuleClass, raisesWhatItSees) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Crowded, "com.acme.crowded">(host);
  const auto& info = *plugin.need<atrium_alert_rule>(ATRIUM_EXT_ALERT_RULE).info;
  EXPECT_EQ(view(info.name), "crowded") << "the last part of the id";
  const Evaluation seen = testkit::evaluate(plugin, R"({"series":[
      {"metric":"load","subject":"ana","values":[0.85,0.95,null]},
      {"metric":"load","subject":"ben","values":[0.95,0.85]},
      {"metric":"load","subject":"cyd","values":[null]}]})");
  ASSERT_EQ(seen.alerts.size(), 1u);
  EXPECT_EQ(seen.alerts[0].subject, "ana");
  EXPECT_EQ(seen.alerts[0].message, "average 0.900000");
  EXPECT_EQ(seen.alerts[0].actions, (std::vector<std::pair<std::string, std::string>>{{"Reassign", "/reassign"}, {"Wait", ""}}));
}

struct Assign {
  explicit Assign(Host host) : executor(host) {}
  void execute(const CommandCall& call, Completion done) {
    if (call["to"] == "nobody") return;  // Forgets its completion.
    if (call["to"] == "boom") throw std::runtime_error("thrown before an answer");
    done.progress("looking");
    auto shared = std::make_shared<Completion>(std::move(done));
    static_cast<void>(executor.post([shared, to = call["to"].as_text().value_or("")] {
      shared->complete("assigned to " + to);
      shared->complete("once more");
    }));
  }
  void cancel(std::string_view id) { cancelled = id; }
  static constexpr CommandInfo command{.name = "assign"};
  Executor executor;
  std::string cancelled;
};

TEST(CommandClass, answersLaterAndExactlyOnce) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Assign>(host);
  const Awaited run = execute(plugin, R"({"to":"ben"})");
  EXPECT_EQ(run.returned, ATRIUM_OK);
  EXPECT_FALSE(run.done());
  EXPECT_EQ(run.progress(), (std::vector<std::string>{"looking"}));
  host.run_jobs();
  EXPECT_EQ(run.completions(), 1);
  EXPECT_EQ(run.status(), ATRIUM_OK);
  EXPECT_EQ(run.result(), "assigned to ben");
}

TEST(CommandClass, neverLeavesACallWaiting) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Assign>(host);
  for (const char* arguments : {R"({"to":"nobody"})", R"({"to":"boom"})"}) {
    const Awaited run = execute(plugin, arguments);
    EXPECT_EQ(run.returned, ATRIUM_OK);
    EXPECT_EQ(run.completions(), 1) << arguments;
    EXPECT_EQ(run.status(), ATRIUM_FAILED);
    EXPECT_EQ(run.result(), "The plugin ended without an answer.");
  }
  ASSERT_FALSE(host.failures.empty());
  EXPECT_EQ(host.failures.back().hook, "execute");
}

TEST(CommandClass, tellsTheOperatorWhatWasThrownWithoutTheGrantToLog) {
  FakeHost host;
  host.refuse("log");
  const Plugin plugin = Plugin::of<Assign>(host);
  static_cast<void>(execute(plugin, R"({"to":"boom"})"));
  ASSERT_EQ(host.failures.size(), 1u);
  EXPECT_EQ(host.failures[0].hook, "execute");
  EXPECT_NE(host.failures[0].why, "");
}

TEST(CommandClass, isToldWhenNobodyWaitsAnyMore) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Assign>(host);
  plugin.need<atrium_command>(ATRIUM_EXT_COMMAND).cancel(plugin.self(), text_of("command_1"));
  EXPECT_EQ(plugin.object<Assign>().cancelled, "command_1");
}

struct Greet {
  std::string execute(const CommandCall& call) {
    if (call.caller().is_client()) throw std::runtime_error("Clients are greeted by people.");
    return "Hello " + std::string(call.caller().display_name()) + " of " + std::string(call.room().name());
  }
  static constexpr CommandInfo command{.summary = "Greets."};
};

TEST(CommandClass, mayAnswerAtOnce) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Greet, "com.acme.greet">(host);
  EXPECT_EQ(view(plugin.need<atrium_command>(ATRIUM_EXT_COMMAND).info->name), "greet");
  EXPECT_EQ(execute(plugin, "{}", R"({"display_name":"Ben"})", R"({"name":"the office"})").result(), "Hello Ben of the office");
  const Awaited refused = execute(plugin, "{}", R"({"roles":["client"]})");
  EXPECT_EQ(refused.status(), ATRIUM_FAILED);
  EXPECT_EQ(refused.result(), "Clients are greeted by people.");
}

TEST(CompletionObject, movesAndCompletesWhatItLeaves) {
  Awaited first, second;
  {
    Completion a{first.token()}, b{second.token()};
    a = std::move(b);
    EXPECT_EQ(first.status(), ATRIUM_FAILED) << "what it held was given up";
    EXPECT_FALSE(second.done());
    a.fail(ATRIUM_OK, "no");
    EXPECT_FALSE(a);
  }
  EXPECT_EQ(second.completions(), 1);
  EXPECT_EQ(second.status(), ATRIUM_FAILED) << "a failure is never ATRIUM_OK";
}

struct Teller {
  void open(const AssistantRequest& request, Stream stream) {
    stream.piece("Hello ");
    if (request["name"].exists()) stream.piece(request["name"].as_text().value_or(""));
    if (request.task() == ATRIUM_TASK_SUMMARY) stream.finish(R"({"cost":0.5})");
  }
  static constexpr AssistantInfo assistant{.tasks = ATRIUM_TASK_SUMMARY | ATRIUM_TASK_COACHING, .name = "teller"};
};

TEST(AssistantClass, streamsAndAlwaysEnds) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Teller>(host);
  const Awaited run = testkit::open(plugin, ATRIUM_TASK_SUMMARY, R"({"name":"Ana"})");
  EXPECT_EQ(run.text(), "Hello Ana");
  EXPECT_EQ(run.status(), ATRIUM_OK);
  EXPECT_EQ(run.result(), R"({"cost":0.5})");
  EXPECT_EQ(testkit::open(plugin, ATRIUM_TASK_COACHING, "{}").status(), ATRIUM_FAILED) << "it forgot to finish";
}

struct Ledger {
  Delivery deliver(Events events) {
    std::uint32_t accepted = 0;
    for (const Event event : events) {
      if (event.type() == "poison") return Delivery::never(accepted, "cannot be told");
      if (event.type() == "later") return Delivery::again(accepted, "is away");
      if (event.type() == "boom") throw std::runtime_error("thrown while delivering");
      ++accepted;
    }
    return Delivery::all();
  }
  static constexpr EventSinkInfo event_sink{.name = "ledger", .events = "message.*"};
};
struct Simple {
  void deliver(Events events) {
    for (const Event event : events) seen += std::string(event.data());
  }
  std::string seen;
};

TEST(EventSinkClass, saysHowFarItCame) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Ledger>(host);
  EXPECT_EQ(testkit::deliver(plugin, {"{}", "{}"}).accepted, 2u);
  const Delivered poison = testkit::deliver(plugin, {"{}", R"({"type":"poison"})", "{}"});
  EXPECT_EQ(poison.status, ATRIUM_INVALID);
  EXPECT_EQ(poison.accepted, 1u);
  EXPECT_EQ(poison.why, "cannot be told");
  EXPECT_EQ(testkit::deliver(plugin, {"{}", "{}", R"({"type":"later"})"}).accepted, 2u);
  const Delivered boom = testkit::deliver(plugin, {"{}", R"({"type":"boom"})"});
  EXPECT_EQ(boom.status, ATRIUM_FAILED);
  EXPECT_EQ(boom.accepted, 0u);
  EXPECT_EQ(boom.why, "thrown while delivering");

  const Plugin simple = Plugin::of<Simple, "com.acme.simple">(host);
  EXPECT_EQ(view(simple.need<atrium_event_sink>(ATRIUM_EXT_EVENT_SINK).info->name), "simple");
  EXPECT_EQ(testkit::deliver(simple, {R"({"data":{"a":1}})"}).status, ATRIUM_OK);
  EXPECT_EQ(simple.object<Simple>().seen, R"({"a":1})");
}

struct Doorman {
  AuthResult authenticate(std::string_view token, std::uint64_t now_ms) {
    if (token == "ana")
      return AuthResult::accept(
          {.tenant_id = "a", .user_id = "ana", .display_name = "Ana", .roles = ATRIUM_ROLE_AGENT, .expires_at_ms = now_ms + 1});
    if (token == "foreign") return AuthResult::not_mine();
    if (token == "away") return AuthResult::unavailable("nobody answers");
    if (token.starts_with("secret")) throw std::runtime_error("cannot read " + std::string(token));
    return AuthResult::deny("unknown");
  }
  static constexpr AuthenticatorInfo authenticator{.name = "doorman"};
};

TEST(AuthenticatorClass, judgesAndKeepsTokensOutOfTheLog) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Doorman>(host);
  const Judged ana = testkit::authenticate(plugin, "ana", 1000);
  EXPECT_EQ(ana.status, ATRIUM_OK);
  EXPECT_EQ(ana.accepted, 1);
  EXPECT_EQ(ana.user_id, "ana");
  EXPECT_EQ(ana.expires_at_ms, 1001u);
  EXPECT_EQ(testkit::authenticate(plugin, "eve").why, "unknown");
  EXPECT_EQ(testkit::authenticate(plugin, "eve").status, ATRIUM_DENIED);
  EXPECT_EQ(testkit::authenticate(plugin, "foreign").status, ATRIUM_UNSUPPORTED);
  EXPECT_EQ(testkit::authenticate(plugin, "away").status, ATRIUM_FAILED);
  const Judged thrown = testkit::authenticate(plugin, "secret-token");
  EXPECT_EQ(thrown.status, ATRIUM_FAILED);
  EXPECT_EQ(thrown.accepted, 0);
  EXPECT_EQ((thrown.why + host.failures.back().why).find("secret-token"), std::string::npos);
}

struct Pages {
  void handle(const UiRequest& request, UiResponse& response) {
    if (request.path() == "/boom") throw std::runtime_error("thrown by a page");
    if (request.is_hook()) {
      response.status(202);
      return response.text("from " + std::string(request.header("x-from").value_or("nobody")));
    }
    response.json(json_quoted(request.caller()->user_id()));
  }
  HttpUiInfo http_ui{.name = "pages",
                     .menu = {{.title = "Queue", .path = "/index.html"}},
                     .hooks = {{.path = "/lead", .header = "x-signature", .secret = "crm"}}};
};
struct Deaf {
  HttpUiInfo http_ui{.hooks = {{.path = "/lead"}}};
};

TEST(HttpUiClass, showsItsMenuAndAnswers) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Pages>(host);
  const auto& info = *plugin.need<atrium_http_ui>(ATRIUM_EXT_HTTP_UI).info;
  ASSERT_EQ(info.menu_count, 1u);
  EXPECT_EQ(view(info.menu[0]->title), "Queue");
  ASSERT_EQ(info.hook_count, 1u);
  EXPECT_EQ(info.hooks[0]->signature, static_cast<std::uint32_t>(ATRIUM_SIGNATURE_HMAC_SHA256));
  EXPECT_EQ(view(info.hooks[0]->secret), "crm");

  const UiAnswer page = handle(plugin, {.path = "/me"});
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.headers.at("content-type"), "application/json");
  EXPECT_EQ(page.body, "\"ana\"");
  const UiAnswer hook = handle(plugin, {.method = "POST", .path = "/lead", .headers = {{"x-from", "crm"}}, .caller = std::nullopt});
  EXPECT_EQ(hook.status, 202u);
  EXPECT_EQ(hook.body, "from crm");
  EXPECT_EQ(handle(plugin, {.path = "/boom"}).returned, ATRIUM_FAILED);
}

TEST(HttpUiClass, doesNotStartWithHookRoutesThatNothingAnswers) {
  FakeHost host;
  try {
    static_cast<void>(Plugin::of<Deaf>(host));
    FAIL();
  } catch (const std::runtime_error& problem) {
    EXPECT_STREQ(problem.what(), "it has hook routes and no handle(const UiRequest&, UiResponse&)");
  }
}

struct Wire {
  atrium_status publish(BusPieces pieces) {
    for (const BusPiece piece : pieces) sent.emplace_back(piece.topic());
    return ATRIUM_OK;
  }
  atrium_status subscribe(std::string_view topic, std::string_view cursor, BusReceiver receiver, std::uint64_t& subscription) {
    if (cursor == "gone") return ATRIUM_NOT_FOUND;
    if (topic.empty()) throw std::runtime_error("no topic");
    subscription = 7;
    receiver.receive(topic, "payload", "cursor_1");
    return ATRIUM_OK;
  }
  void unsubscribe(std::uint64_t subscription) { ended = subscription; }
  static constexpr BusInfo bus{.flags = ATRIUM_BUS_ORDERED, .name = "wire"};
  std::vector<std::string> sent;
  std::uint64_t ended = 0;
};

TEST(BusClass, sendsAndReceives) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Wire>(host);
  const auto& table = plugin.need<atrium_bus>(ATRIUM_EXT_BUS);
  const atrium_bus_piece piece{.struct_size = sizeof piece, .reserved = 0, .topic = text_of("t"), .payload = text_of("p")};
  const atrium_bus_piece* const pieces[] = {&piece};
  EXPECT_EQ(table.publish(plugin.self(), pieces, 1), ATRIUM_OK);
  EXPECT_EQ(plugin.object<Wire>().sent, (std::vector<std::string>{"t"}));
  std::string received;
  const auto receive = [](void* context, const atrium_bus_piece* came, atrium_text cursor) {
    *static_cast<std::string*>(context) =
        std::string(view(came->topic)) + " " + std::string(view(came->payload)) + " " + std::string(view(cursor));
  };
  std::uint64_t subscription = 0;
  EXPECT_EQ(table.subscribe(plugin.self(), text_of("t"), {}, receive, &received, &subscription), ATRIUM_OK);
  EXPECT_EQ(received, "t payload cursor_1");
  EXPECT_EQ(table.subscribe(plugin.self(), text_of("t"), text_of("gone"), receive, &received, &subscription), ATRIUM_NOT_FOUND);
  EXPECT_EQ(table.subscribe(plugin.self(), {}, {}, receive, &received, &subscription), ATRIUM_FAILED);
  table.unsubscribe(plugin.self(), subscription);
  EXPECT_EQ(plugin.object<Wire>().ended, 7u);
}

struct Counting {
  Score score(const Lead&, const Agent&) const { return 1; }
  std::string export_state() { return "state"; }
  bool import_state(std::uint32_t format, std::string_view state) {
    if (format != 2) return false;
    if (state != "state") throw std::runtime_error("thrown while importing");
    taken = true;
    return true;
  }
  std::string self_test() { return taken ? "" : "nothing was taken over"; }
  static constexpr std::uint32_t state_format = 2;
  bool taken = false;
};
struct Brittle {
  Score score(const Lead&, const Agent&) const { return 1; }
  void self_test() { throw std::runtime_error("no connection"); }
};

TEST(StateOfAClass, goesFromOneGenerationToTheNext) {
  FakeHost host;
  const Plugin before = Plugin::of<Counting>(host), after = Plugin::of<Counting>(host);
  EXPECT_EQ(testkit::self_test(after), "nothing was taken over");
  EXPECT_EQ(hand_over(before, after), ATRIUM_OK);
  EXPECT_EQ(testkit::self_test(after), "");
  const auto& table = after.need<atrium_state>(ATRIUM_EXT_STATE);
  EXPECT_EQ(table.import_state(after.self(), 1, text_of("state")), ATRIUM_UNSUPPORTED);
  EXPECT_EQ(table.import_state(after.self(), 2, text_of("other")), ATRIUM_FAILED);

  const Plugin brittle = Plugin::of<Brittle>(host);
  EXPECT_EQ(brittle.extension<atrium_state>(ATRIUM_EXT_STATE), nullptr);
  EXPECT_EQ(testkit::self_test(brittle), "no connection");
}

TEST(AnyClass, knowsNoExtensionItDoesNotHave) {
  FakeHost host;
  const Plugin plugin = Plugin::of<Greet>(host);
  for (const char* id : {ATRIUM_EXT_ROOM_TYPE, ATRIUM_EXT_ROUTING_SCORER, ATRIUM_EXT_STATE, "atrium.command/2", ""})
    EXPECT_EQ(plugin.extension<void>(id), nullptr) << id;
}

// A store on a disk that fails.
struct BrokenStore : StorageBackend<BrokenStore> {
  BrokenStore() : StorageBackend("broken", 0, ATRIUM_DURABILITY_RECEIVED) {}
  atrium_status append(AppendItems, AppendResults) { throw std::runtime_error("the disk is gone"); }
  atrium_status trim(const atrium_trim&, std::uint64_t&) { return ATRIUM_OK; }
  atrium_status write(DocumentWrites, std::uint32_t&) { return ATRIUM_OK; }
  atrium_status head(const atrium_room_key&, atrium_room_head&) { return ATRIUM_OK; }
  atrium_status locate(const atrium_room_key&, const atrium_id&, std::uint64_t&) { return ATRIUM_OK; }
  atrium_status page(const atrium_page_query&, RecordReceiver, std::uint64_t&) { return ATRIUM_OK; }
  atrium_status get(const atrium_document_key&, DocumentReceiver) { return ATRIUM_NOT_FOUND; }
  atrium_status scan(const atrium_document_key&, const atrium_document_key&, std::uint32_t, DocumentReceiver) { throw 7; }
};

TEST(StoreClass, tellsTheOperatorWhatWasThrown) {
  FakeHost host;
  const Plugin plugin = Plugin::of<BrokenStore>(host);
  const auto& store = plugin.need<atrium_storage_backend>(ATRIUM_EXT_STORAGE_BACKEND);
  const auto ignore = [](void*, const atrium_document*) -> std::uint32_t { return 1; };
  const atrium_document_key all{};
  EXPECT_EQ(store.scan(plugin.self(), &all, &all, 1, ignore, nullptr), ATRIUM_FAILED);
  atrium_append item{};
  item.struct_size = sizeof item;
  item.room = {text_of("t"), {{1}}};
  item.message = {{1}};
  item.message_type = text_of("text");
  const atrium_append* items[] = {&item};
  atrium_append_result result{};
  result.struct_size = sizeof result;
  atrium_append_result* results[] = {&result};
  const atrium_append_batch batch{.struct_size = sizeof batch, .count = 1, .items = items, .results = results};
  EXPECT_EQ(store.append_batch(plugin.self(), &batch), ATRIUM_FAILED);
  ASSERT_EQ(host.failures.size(), 2u);
  EXPECT_EQ(host.failures[0].hook, "scan");
  EXPECT_EQ(host.failures[1].hook, "append");
  EXPECT_EQ(host.failures[1].why, "the disk is gone");
}

}  // namespace
}  // namespace atrium::test
