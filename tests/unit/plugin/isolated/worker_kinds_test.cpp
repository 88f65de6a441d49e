// Every kind that is called on workers, through its C table, in this process and in a runner: what a plugin is shown and what it says is
// the same.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "isolated_world.hpp"
#include "plugin/plugin_text.hpp"
#include "process_world.hpp"

namespace atrium::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kinds_file = ATRIUM_ISOLATED_PLUGINS "/test_kinds.so";

template <typename... Parts>
std::string joined(const Parts&... parts) {
  std::string text;
  const auto add = [&text](const auto& part) {
    if (!text.empty()) text += "|";
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(part)>>)
      text += std::to_string(part);
    else
      text += viewOf(part);
  };
  (add(parts), ...);
  return text;
}

// Collects what is written.
struct Text {
  std::string text;
  [[nodiscard]] atrium_sink sink() {
    return {.context = this, .write = [](void* context, const void* data, std::uint64_t size) {
              static_cast<Text*>(context)->text.append(static_cast<const char*>(data), size);
            }};
  }
};

// What a token hears: the pieces, and the end.
struct Heard {
  std::vector<std::string> pieces;
  std::promise<std::string> end;
  [[nodiscard]] atrium_token token() {
    return {.struct_size = sizeof(atrium_token),
            .reserved = 0,
            .context = this,
            .id = 1,
            .complete = [](void* context, std::uint64_t, atrium_status status,
                           atrium_text result) { static_cast<Heard*>(context)->end.set_value(joined(status, result)); },
            .progress = [](void* context, std::uint64_t,
                           atrium_text piece) { static_cast<Heard*>(context)->pieces.emplace_back(viewOf(piece)); }};
  }
};

// Asks until it is answered: on a busy machine a call in a runner may be cut off at its kind's deadline, which is short.
template <typename Call>
atrium_status patiently(Call&& call) {
  atrium_status status = call();
  for (int n = 0; n < 50 && status != ATRIUM_OK; ++n) status = call();
  return status;
}

class WorkerKindsTest : public testing::TestWithParam<Placement> {
 protected:
  void SetUp() override {
    const bool isolated = GetParam() == Placement::isolated;
    const auto started = isolated ? there.start() : here.start(kinds_file);
    ASSERT_TRUE(started) << started.error().detail;
    plugin = isolated ? &there.plugin() : &here.plugin();
  }
  template <typename Kind>
  const Kind& kind() {
    return *plugin->extension<Kind>();
  }
  atrium_plugin* self() { return plugin->self(); }

  ProcessWorld here;
  IsolatedWorld there{kinds_file};
  LoadedPlugin* plugin = nullptr;
};

atrium_agent agentNamed(const char* id, const JsonDocument& fields) {
  atrium_agent agent{};
  agent.struct_size = sizeof agent;
  agent.status = ATRIUM_AGENT_AVAILABLE;
  agent.agent_id = textOf(std::string_view(id));
  agent.active_leads = 3;
  agent.capacity = 5;
  agent.capacity_utilization = 0.6;
  agent.idle_ms = 77;
  agent.fields = fields.root().abi();
  return agent;
}
atrium_lead leadNamed(const char* id, const JsonDocument& fields) {
  atrium_lead lead{};
  lead.struct_size = sizeof lead;
  lead.lead_id = textOf(std::string_view(id));
  lead.tenant_id = textOf("acme");
  lead.waiting_ms = 4000;
  lead.fields = fields.root().abi();
  return lead;
}

TEST_P(WorkerKindsTest, scoreWhatTheyAreShown) {
  const JsonDocument lead_fields = Scene::json(R"({"a":[1,{"b":null}],"tier":"vïp"})"), agent_fields = Scene::json(R"({"team":"north"})");
  const atrium_lead lead = leadNamed("lead_1", lead_fields), fail = leadNamed("fail", lead_fields);
  const atrium_agent ana = agentNamed("ana", agent_fields), none = agentNamed("abstains", agent_fields);
  const atrium_agent* const agents[] = {&ana, &none};
  std::array<atrium_score, 2> scores{};
  scores[1].value = -1;
  const atrium_routing_scorer& table = kind<RoutingScorerKind>().table;
  ASSERT_EQ(patiently([&] { return table.score_batch(self(), &lead, agents, 2, scores.data()); }), ATRIUM_OK);
  EXPECT_EQ(scores[0].value, 0.6);
  EXPECT_EQ(std::string_view(scores[0].reason, scores[0].reason_size),
            "lead_1|acme|4000|vïp|ana|" + std::to_string(ATRIUM_AGENT_AVAILABLE) + "|3|5|77|north");
  EXPECT_LT(scores[1].value, 0);
  EXPECT_NE(table.score_batch(self(), &fail, agents, 2, scores.data()), ATRIUM_OK);
  const atrium_lead* const leads[] = {&lead};
  ASSERT_EQ(patiently([&] { return table.score_queue(self(), &ana, leads, 1, scores.data()); }), ATRIUM_OK);
  EXPECT_EQ(std::string_view(scores[0].reason, scores[0].reason_size), "queue|ana|lead_1");
}

TEST_P(WorkerKindsTest, raiseAlerts) {
  const std::uint64_t at_ms[] = {1000, 2000, 3000};
  const double values[] = {0.5, std::nan(""), 0.75};
  atrium_series series{};
  series.struct_size = sizeof series;
  series.count = 3;
  series.metric = textOf("a");
  series.subject = textOf("ana");
  series.at_ms = at_ms;
  series.values = values;
  const atrium_series* const all[] = {&series};
  atrium_window window{};
  window.struct_size = sizeof window;
  window.series_count = 1;
  window.from_ms = 1000;
  window.to_ms = 61000;
  window.tenant_id = textOf("acme");
  window.series = all;
  std::vector<std::string> raised;
  const auto raise = [](void* context, const atrium_alert* alert) {
    std::string text = joined(alert->severity, alert->subject, alert->title, alert->message, alert->value, alert->threshold);
    for (std::uint32_t at = 0; at < alert->action_count; ++at) text += " " + joined(alert->actions[at].label, alert->actions[at].command);
    static_cast<std::vector<std::string>*>(context)->push_back(text);
  };
  const atrium_alert_rule& table = kind<AlertRuleKind>().table;
  ASSERT_EQ(patiently([&] { return table.evaluate(self(), &window, raise, &raised); }), ATRIUM_OK);
  ASSERT_EQ(raised.size(), 1u);
  EXPECT_EQ(raised[0], std::to_string(ATRIUM_SEVERITY_HIGH) +
                           "|ana|a|1000=0.500000 2000=none 3000=0.750000 |0.750000|60000.000000 Look|/look ana Wait|");
  window.tenant_id = textOf("fail");
  EXPECT_NE(table.evaluate(self(), &window, raise, &raised), ATRIUM_OK);
  EXPECT_EQ(std::string_view(kind<AlertRuleKind>().info.metrics.data, kind<AlertRuleKind>().info.metrics.size), "a,b");
}

TEST_P(WorkerKindsTest, judgeTokens) {
  const atrium_authenticator& table = kind<AuthenticatorKind>().table;
  const auto judge = [&](std::string_view token) {
    std::string said;
    Text error;
    const auto accept = [](void* context, const atrium_principal* who) {
      *static_cast<std::string*>(context) =
          joined(who->roles, who->tenant_id, who->user_id, who->display_name, who->expires_at_ms, who->cache_seconds);
    };
    const atrium_status status = table.authenticate(self(), textOf(token), 5000, accept, &said, error.sink());
    return std::to_string(status) + " " + said + error.text;
  };
  EXPECT_EQ(judge("zoe"), "0 " + std::to_string(ATRIUM_ROLE_SUPERVISOR) + "|acme|zoe|Zoë|6000|7");
  EXPECT_EQ(judge("bad"), std::to_string(ATRIUM_DENIED) + " it is bad");
  EXPECT_EQ(judge("foreign"), std::to_string(ATRIUM_UNSUPPORTED) + " ");
  EXPECT_TRUE(judge("fail").starts_with(std::to_string(ATRIUM_FAILED)));
  EXPECT_EQ(viewOf(kind<AuthenticatorKind>().info.issuers), "https://one https://two");
}

TEST_P(WorkerKindsTest, carryOutCommands) {
  const Scene scene;
  const auto room = scene.room();
  const auto user = scene.user();
  const auto run = [&](const char* arguments) {
    const JsonDocument document = Scene::json(arguments);
    atrium_command_call call{};
    call.struct_size = sizeof call;
    call.deadline_ms = 30000;
    call.command_id = textOf("cmd_1");
    call.room = &room;
    call.caller = &user;
    call.arguments = document.root().abi();
    Heard heard;
    const atrium_token token = heard.token();
    EXPECT_EQ(kind<CommandKind>().table.execute(self(), &call, &token), ATRIUM_OK);
    std::string said = heard.end.get_future().get();
    for (const std::string& piece : heard.pieces) said += " [" + piece + "]";
    return said;
  };
  EXPECT_EQ(run(R"({"what":"this and thät"})"),
            joined(0, textOf("cmd_1"), room.tenant_id, room.room_id, user.user_id, textOf("this and thät")) + " [on the way] [there]");
  EXPECT_EQ(run(R"({"what":"fail"})"), std::to_string(ATRIUM_INVALID) + "|It was told to fail.");
  kind<CommandKind>().table.cancel(self(), textOf("cmd_1"));
}

TEST_P(WorkerKindsTest, answerPieceByPiece) {
  const JsonDocument context = Scene::json(R"({"lead":"Ben"})");
  const auto ask = [&](std::string_view tenant) {
    atrium_assistant_request request{};
    request.struct_size = sizeof request;
    request.task = ATRIUM_TASK_COACHING;
    request.request_id = textOf("req_1");
    request.tenant_id = textOf(tenant);
    request.context = context.root().abi();
    request.output_max = 1000;
    request.first_piece_ms = 3000;
    request.total_ms = 30000;
    Heard heard;
    const atrium_token token = heard.token();
    EXPECT_EQ(kind<AssistantKind>().table.open(self(), &request, &token), ATRIUM_OK);
    std::string said = heard.end.get_future().get();
    for (const std::string& piece : heard.pieces) said += " [" + piece + "]";
    return said;
  };
  EXPECT_EQ(ask("acme"), R"(0|{"cost":1} [req_1|acme|)" + std::to_string(ATRIUM_TASK_COACHING) + "|Ben] [1000|3000|30000]");
  EXPECT_EQ(ask("fail"), std::to_string(ATRIUM_FAILED) + "|It was told to fail.");
}

TEST_P(WorkerKindsTest, servePages) {
  const Scene scene;
  const auto user = scene.user();
  const auto ask = [&](std::string_view path, bool hook) {
    const atrium_http_field header{textOf("x-one"), textOf("1")};
    atrium_ui_request request{};
    request.struct_size = sizeof request;
    request.hook = hook ? 1 : 0;
    request.method = textOf("POST");
    request.path = textOf(path);
    request.query = textOf("a=1");
    request.headers = &header;
    request.header_count = 1;
    request.body = textOf("body");
    request.tenant_id = textOf(hook ? "" : "acme");
    request.caller = hook ? nullptr : &user;
    std::string said;
    atrium_ui_response response{};
    response.struct_size = sizeof response;
    response.context = &said;
    response.status = [](void* to, std::uint32_t status) { *static_cast<std::string*>(to) += std::to_string(status) + " "; };
    response.header = [](void* to, atrium_text name, atrium_text value) { *static_cast<std::string*>(to) += joined(name, value) + " "; };
    response.write = [](void* to, const void* data, std::uint64_t size) {
      static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
    };
    const atrium_status status = kind<HttpUiKind>().table.handle(self(), &request, &response);
    return status == ATRIUM_OK ? said : "failed";
  };
  EXPECT_TRUE(ask("/x", false).starts_with("201 x-one|1 ")) << ask("/x", false);
  EXPECT_TRUE(ask("/x", false).ends_with("page|POST|/x|a=1|body|acme|" + std::string(viewOf(user.user_id)))) << ask("/x", false);
  EXPECT_TRUE(ask("/in", true).ends_with("hook|POST|/in|a=1|body||nobody")) << ask("/in", true);
  ASSERT_TRUE(plugin->uiBundle());
  EXPECT_EQ(plugin->uiBundle()->menu.size(), 1u);
}

TEST_P(WorkerKindsTest, deliverEvents) {
  const auto event = [](std::uint64_t offset, std::string_view type) {
    atrium_sink_event made{};
    made.struct_size = sizeof made;
    made.attempt = 2;
    made.offset = offset;
    made.at_ms = 99;
    made.event_id = textOf("evt_1");
    made.type = textOf(type);
    made.tenant_id = textOf("acme");
    made.data = textOf(R"({"a":1})");
    return made;
  };
  const atrium_sink_event first = event(41, "message.posted"), second = event(42, "fail");
  const atrium_sink_event* const events[] = {&first, &second};
  const auto deliver = [&](std::uint32_t count) {
    std::uint32_t accepted = 0;
    Text error;
    const atrium_status status = kind<EventSinkKind>().table.deliver_batch(self(), events, count, &accepted, error.sink());
    return std::to_string(status) + " " + (status == ATRIUM_OK ? std::string() : std::to_string(accepted)) + " " + error.text;
  };
  EXPECT_EQ(deliver(1), "0  ");
  EXPECT_EQ(deliver(2), std::to_string(ATRIUM_INVALID) + R"( 1 42|2|99|evt_1|acme|{"a":1})");
  EXPECT_EQ(kind<EventSinkKind>().info.batch_max, 9u);
}

INSTANTIATE_TEST_SUITE_P(Placements, WorkerKindsTest, testing::Values(Placement::in_process, Placement::isolated),
                         [](const auto& info) { return info.param == Placement::isolated ? "Isolated" : "InProcess"; });

TEST(IsolatedWorkers, endACallAtTheOperatorsDeadline) {
  IsolatedWorld world(kinds_file);
  ASSERT_TRUE(world.start());
  EXPECT_EQ(world.runner().limited(5000ms), 5000ms);
  world.runner().limit(200ms);
  EXPECT_EQ(world.runner().limited(5000ms), 200ms);
  EXPECT_EQ(world.runner().limited(50ms), 50ms);
  const Scene scene;
  const auto room = scene.room();
  const auto user = scene.user();
  const JsonDocument arguments = Scene::json(R"({"what":"hang"})");
  atrium_command_call call{};
  call.struct_size = sizeof call;
  call.deadline_ms = 200;
  call.command_id = textOf("cmd_1");
  call.room = &room;
  call.caller = &user;
  call.arguments = arguments.root().abi();
  Heard heard;
  const atrium_token token = heard.token();
  EXPECT_EQ(world.plugin().extension<CommandKind>()->table.execute(world.plugin().self(), &call, &token), ATRIUM_OK);
  EXPECT_EQ(heard.end.get_future().get(), std::to_string(ATRIUM_FAILED) + "|its runner did not answer in time");
  ASSERT_TRUE(world.become([](const RunnerFigures& now) { return now.kills == 1; }));
  EXPECT_EQ(world.runner().figures().last_end, "it did not answer execute within 200 ms");
}

}  // namespace
}  // namespace atrium::test
