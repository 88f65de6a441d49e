// One plugin of every kind that breaks what it promises; careless_test.py names the tests that must notice. In plain C terms where the C++
// layer would not let it.
#include <atrium/plugin.hpp>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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
  // Has nothing to give up.
  static void cancel(std::string_view) {}
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
  static void did_deliver(const atrium::Room&, const atrium::User&, const atrium::Message&, const atrium::Position&, std::uint32_t) {
    throw std::runtime_error("thrown at what was delivered");
  }
  static std::string summarise(const atrium::Message& message) { return std::string(message.content()) + "\n"; }
  static void will_join(const atrium::Room&, const atrium::User& user, const atrium::User&, atrium::Reply& reply) {
    if (user.is_client()) throw std::runtime_error("thrown at a client");
    reply.deny(std::string(2000, 'x'));
  }
  // Cuts what it brings, calls receivers from within and never stops.
  static atrium_status publish(atrium::BusPieces pieces) {
    for (const atrium::BusPiece piece : pieces)
      for (const auto& [topic, receiver] : subscribers)
        if (topic == piece.topic()) receiver.receive(topic, piece.payload().substr(0, 3));
    return ATRIUM_OK;
  }
  static atrium_status subscribe(std::string_view topic, std::string_view, atrium::BusReceiver receiver, std::uint64_t& subscription) {
    subscribers.emplace_back(topic, receiver);
    subscription = 1;
    return ATRIUM_OK;
  }
  static void unsubscribe(std::uint64_t) {}
  const void* extension(std::string_view id) const {
    static constexpr std::uint32_t tables[8] = {16, 0, 16};
    if (id == "atrium.storage-backend/1") return &tables[++calls % 2 * 2];
    return id.starts_with("atrium.unknown") || id.empty() ? this : nullptr;
  }
  std::string self_test() { return "it never works"; }
  std::string export_state() { return {}; }
  static bool import_state(std::uint32_t, std::string_view) { return true; }

  explicit Careless(atrium::Host its_host) : host(its_host) {
    if (host.abi()->struct_size != sizeof(atrium_host)) throw std::runtime_error("it knows one size of host");
    if (!host.service<void>(ATRIUM_SERVICE_LOG)) throw std::runtime_error("");
  }
  // Who subscribed is gone by then.
  ~Careless() { subscribers.clear(); }
  Careless(const Careless&) = delete;
  Careless& operator=(const Careless&) = delete;
  static inline std::vector<std::pair<std::string, atrium::BusReceiver>> subscribers;
  atrium::Host host;
  mutable int calls = 0;
  atrium::RoutingScorerInfo routing_scorer{.name = "Care less"};
  atrium::AlertRuleInfo alert_rule{.name = "careless", .metrics = "load", .window_seconds = 0};
  atrium::AssistantInfo assistant{.tasks = 1u << 20 | 1, .name = "careless"};
  atrium::BusInfo bus{.flags = 64, .name = "careless"};
  atrium::CommandInfo command{.name = "careless", .caller_roles = 0};
  atrium::EventSinkInfo event_sink{.name = "careless", .events = "message.*, b", .batch_max = 2};
  atrium::AuthenticatorInfo authenticator{.name = "Care less"};
  atrium::HttpUiInfo http_ui{
      .name = "Care less", .menu = {{.title = "Nowhere", .path = "/nowhere.html"}}, .hooks = {{.path = "../lead", .secret = ""}}};
  atrium::MessageTypeInfo message_type{.name = "careless", .delivery_class = 9};
  atrium::RoomTypeInfo room_type{.name = "careless", .entry = 7};
};

ATRIUM_PLUGIN(Careless, "careless", "1.0.0")
