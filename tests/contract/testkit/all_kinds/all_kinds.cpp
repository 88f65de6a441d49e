// One plugin that is a command, an event sink, an authenticator and pages, each done with care: the suites of those kinds pass it.
#include <atrium/plugin.hpp>

namespace {

constexpr std::string_view page = "<!doctype html><title>Queue</title>";
const atrium_asset index_html{sizeof(atrium_asset), 0, atrium::text_of("/index.html"), atrium::text_of("text/html; charset=utf-8"),
                              atrium::text_of(page)};
const atrium_asset* const assets[] = {&index_html};

}  // namespace

struct AllKinds {
  explicit AllKinds(atrium::Host host) : kv(host), publisher(host) {}

  // Counts how often somebody was greeted, and says so in the room.
  void execute(const atrium::CommandCall& call, atrium::Completion done) {
    const auto name = call["name"].as_text();
    if (!name || name->empty()) return done.fail(ATRIUM_INVALID, "Whom shall I greet?");
    const std::string tenant(call.room().tenant_id()), room(call.room().room_id());
    kv.get(tenant, "greeted", [this, tenant, room, name = *name, done = std::move(done)](const atrium::Answer& kept) mutable {
      const std::string count = kept.ok() ? kept.text + "x" : "x";
      kv.put(tenant, "greeted", count, [](const atrium::Answer&) {});
      done.progress("Saying hello");
      publisher.post({.tenant_id = tenant, .room_id = room, .content = "Hello " + name},
                     [done = std::move(done)](const atrium::Answer& said) mutable {
                       said.ok() ? done.complete("They were greeted.") : done.fail(said.status, "The room could not be told.");
                     });
    });
  }
  void cancel(std::string_view) {}

  static atrium::Delivery deliver(atrium::Events events) {
    std::uint32_t accepted = 0;
    for (const atrium::Event event : events) {
      if (event.data().size() > 4000) return atrium::Delivery::never(accepted, "It is too long.");
      ++accepted;
    }
    return atrium::Delivery::all();
  }

  static atrium::AuthResult authenticate(std::string_view token, std::uint64_t now_ms) {
    constexpr std::uint64_t ends_ms = 1'767'225'600'000 + 3'600'000;
    if (!token.starts_with("acme:")) return atrium::AuthResult::not_mine();
    if (token != "acme:ana:c0ffee") return atrium::AuthResult::deny("its seal is broken");
    if (now_ms >= ends_ms) return atrium::AuthResult::deny("it has expired");
    return atrium::AuthResult::accept(
        {.tenant_id = "acme", .user_id = "ana", .display_name = "Ana", .roles = ATRIUM_ROLE_AGENT, .expires_at_ms = ends_ms});
  }

  static void handle(const atrium::UiRequest& request, atrium::UiResponse& response) {
    if (request.path() != "/lead" && request.path() != "/") {
      response.status(404);
      return response.text("There is no such page.");
    }
    response.json("{\"size\":" + std::to_string(request.body().size()) + "}");
  }

  std::string export_state() { return "greeted"; }
  static bool import_state(std::uint32_t format, std::string_view) { return format == 1; }
  std::string self_test() { return {}; }

  atrium::CommandInfo command{.name = "greet", .summary = "Greets somebody.", .positional = "name"};
  atrium::EventSinkInfo event_sink{.name = "ledger", .events = "message.*,member.joined", .batch_max = 50};
  atrium::AuthenticatorInfo authenticator{.name = "acme"};
  atrium::HttpUiInfo http_ui{.name = "queue",
                             .assets = assets,
                             .menu = {{.title = "Queue", .path = "/#waiting"}},
                             .hooks = {{.path = "/lead", .header = "x-signature", .secret = "crm"}}};
  atrium::Kv kv;
  atrium::Publisher publisher;
};

ATRIUM_PLUGIN(AllKinds, "test.all-kinds", "1.0.0")
