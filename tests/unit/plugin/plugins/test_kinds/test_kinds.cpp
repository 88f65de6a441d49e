// Every kind that is called on workers: each says back all that it was shown, so that nothing gets lost on the way unseen. The lead "fail",
// the tenant "fail", the event "fail" and so on fail; the command that is to hang does.
#include <unistd.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <atrium/plugin.hpp>

namespace {

std::string joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) (text += text.empty() ? "" : "|") += part;
  return text;
}
std::string of(std::string_view text) { return std::string(text); }
std::string of(double value) { return std::to_string(value); }
std::string of(std::uint64_t value) { return std::to_string(value); }
std::string of(std::uint32_t value) { return std::to_string(value); }

}  // namespace

struct TestKinds {
  atrium::Score score(const atrium::Lead& lead, const atrium::Agent& agent) const {
    if (lead.lead_id() == "fail") throw std::runtime_error("told to");
    if (agent.agent_id() == "abstains") return {};
    return {agent.capacity_utilization(),
            joined({of(lead.lead_id()), of(lead.tenant_id()), of(lead.waiting_ms()), lead["tier"].as_text().value_or("-"),
                    of(agent.agent_id()), of(agent.status()), of(agent.active_leads()), of(agent.capacity()), of(agent.idle_ms()),
                    agent["team"].as_text().value_or("-")})};
  }
  atrium::Score score_queue(const atrium::Agent& agent, const atrium::Lead& lead) const {
    return {0.25, joined({"queue", of(agent.agent_id()), of(lead.lead_id())})};
  }

  void evaluate(const atrium::Window& window, atrium::Alerts& alerts) const {
    if (window.tenant_id() == "fail") throw std::runtime_error("told to");
    for (const atrium::Series series : window) {
      std::string points;
      for (std::uint32_t at = 0; at < series.size(); ++at)
        points += of(series.at_ms(at)) + "=" + (series.value(at) ? of(*series.value(at)) : "none") + " ";
      alerts.raise({.severity = ATRIUM_SEVERITY_HIGH,
                    .subject = of(series.subject()),
                    .title = of(series.metric()),
                    .message = points,
                    .value = series.latest().value_or(-1),
                    .threshold = static_cast<double>(window.to_ms() - window.from_ms()),
                    .actions = {{"Look", "/look " + of(series.subject())}, {"Wait", ""}}});
    }
  }

  static atrium::AuthResult authenticate(std::string_view token, std::uint64_t now_ms) {
    if (token == "fail") throw std::runtime_error("told to");
    if (token == "foreign") return atrium::AuthResult::not_mine();
    if (token == "bad") return atrium::AuthResult::deny("it is bad");
    return atrium::AuthResult::accept({.tenant_id = "acme",
                                       .user_id = of(token),
                                       .display_name = "Zoë",
                                       .roles = ATRIUM_ROLE_SUPERVISOR,
                                       .expires_at_ms = now_ms + 1000,
                                       .cache_seconds = 7});
  }

  static void execute(const atrium::CommandCall& call, atrium::Completion done) {
    const std::string what = call["what"].as_text().value_or("");
    if (what == "hang")
      while (true) ::pause();
    if (what == "fail") return done.fail(ATRIUM_INVALID, "It was told to fail.");
    done.progress("on the way");
    done.progress("there");
    done.complete(joined({of(call.id()), of(call.room().tenant_id()), of(call.room().room_id()), of(call.caller().user_id()), what}));
  }
  static void cancel(std::string_view) {}

  static void open(const atrium::AssistantRequest& request, atrium::Stream stream) {
    if (request.tenant_id() == "fail") return stream.fail(ATRIUM_FAILED, "It was told to fail.");
    stream.piece(joined({of(request.id()), of(request.tenant_id()), of(request.task()), request["lead"].as_text().value_or("-")}));
    stream.piece(joined({of(request.output_max()), of(request.first_piece_ms()), of(request.total_ms())}));
    stream.finish(R"({"cost":1})");
  }

  static void handle(const atrium::UiRequest& request, atrium::UiResponse& response) {
    if (request.path() == "/fail") throw std::runtime_error("told to");
    response.status(201);
    response.header("x-one", request.header("x-one").value_or("-"));
    response.text(joined({request.is_hook() ? "hook" : "page", of(request.method()), of(request.path()), of(request.query()),
                          of(request.body()), of(request.tenant_id()), request.caller() ? of(request.caller()->user_id()) : "nobody"}));
  }

  static atrium::Delivery deliver(atrium::Events events) {
    std::uint32_t accepted = 0;
    for (const atrium::Event event : events) {
      if (event.type() == "fail")
        return atrium::Delivery::never(accepted, joined({of(event.offset()), of(event.attempt()), of(event.at_ms()), of(event.event_id()),
                                                         of(event.tenant_id()), of(event.data())}));
      ++accepted;
    }
    return atrium::Delivery::all();
  }

  atrium::RoutingScorerInfo routing_scorer{.name = "kinds"};
  atrium::AlertRuleInfo alert_rule{.name = "kinds", .metrics = "a,b", .window_seconds = 60};
  atrium::AuthenticatorInfo authenticator{.name = "kinds", .issuers = "https://one https://two"};
  atrium::CommandInfo command{.name = "kinds", .summary = "Says back.", .positional = "what"};
  atrium::AssistantInfo assistant{.tasks = ATRIUM_TASK_COACHING, .name = "kinds"};
  atrium::HttpUiInfo http_ui{
      .name = "kinds", .menu = {{.title = "Kinds", .path = "/#kinds"}}, .hooks = {{.path = "/in", .header = "x-signature", .secret = "s"}}};
  atrium::EventSinkInfo event_sink{.name = "kinds", .events = "message.*", .batch_max = 9};
};

ATRIUM_PLUGIN(TestKinds, "test.kinds", "1.0.0")
