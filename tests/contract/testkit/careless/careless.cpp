// One plugin of every kind that breaks what it promises; careless_test.py names the tests that must notice. In plain C terms where the C++
// layer would not let it.
#include <atrium/plugin.hpp>
#include <limits>

struct Careless {
  atrium::Score score(const atrium::Lead& lead, const atrium::Agent&) const {
    ++calls;
    return {lead["tier"].exists() ? 1.5 : double(calls) / 1e6, "\xFFnot text"};
  }
  void evaluate(const atrium::Window&, atrium::Alerts& alerts) const { alerts.raise({.severity = 9, .title = std::to_string(++calls)}); }
  void open(const atrium::AssistantRequest&, atrium::Stream stream) {
    stream.piece("\xE2\x82");
    stream.finish("no object");
  }
  // Keeps the completion for ever.
  void execute(const atrium::CommandCall&, atrium::Completion done) { *(new atrium::Completion) = std::move(done); }
  static atrium::Delivery deliver(atrium::Events) { return atrium::Delivery::never(0, ""); }
  // Lets everybody in, for ever, and tells the log who asked.
  atrium::AuthResult authenticate(std::string_view token, std::uint64_t now_ms) {
    host.info("token", token);
    return atrium::AuthResult::accept({.tenant_id = "a", .user_id = "ana", .display_name = {}, .roles = 64, .expires_at_ms = now_ms});
  }
  static void handle(const atrium::UiRequest&, atrium::UiResponse& response) {
    response.status(304);
    response.header("x-name", "a\r\nset-cookie: b");
  }
  static void check(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) {
    reply.annotate("x", "{not json");
    if (message.content().empty()) reply.deny("");
  }
  static std::string summarise(const atrium::Message& message) { return std::string(message.content()) + "\n"; }
  static void will_join(const atrium::Room&, const atrium::User& user, const atrium::User&, atrium::Reply& reply) {
    if (user.is_client()) throw std::runtime_error("thrown at a client");
    reply.deny(std::string(2000, 'x'));
  }
  const void* extension(std::string_view id) const { return id.starts_with("atrium.unknown") || id.empty() ? this : nullptr; }
  std::string self_test() { return "it never works"; }
  std::string export_state() { return {}; }
  static bool import_state(std::uint32_t, std::string_view) { return true; }

  explicit Careless(atrium::Host its_host) : host(its_host) {}
  atrium::Host host;
  mutable int calls = 0;
  atrium::RoutingScorerInfo routing_scorer{.name = "Care less"};
  atrium::AlertRuleInfo alert_rule{.name = "careless", .metrics = "load", .window_seconds = 0};
  atrium::AssistantInfo assistant{.tasks = 1u << 20 | 1, .name = "careless"};
  atrium::CommandInfo command{.name = "careless", .caller_roles = 0};
  atrium::EventSinkInfo event_sink{.name = "careless", .events = "message.*, b", .batch_max = 2};
  atrium::AuthenticatorInfo authenticator{.name = "careless"};
  atrium::HttpUiInfo http_ui{
      .name = "careless", .menu = {{.title = "Nowhere", .path = "/nowhere.html"}}, .hooks = {{.path = "../lead", .secret = ""}}};
  atrium::MessageTypeInfo message_type{.name = "careless", .delivery_class = 9};
  atrium::RoomTypeInfo room_type{.name = "careless", .entry = 7};
};

ATRIUM_PLUGIN(Careless, "careless", "1.0.0")
