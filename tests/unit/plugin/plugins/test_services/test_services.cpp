// Uses the service it is told to, and tells with a refusal what came of it. Its hook waits for answers, which only a test's may.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <atrium/http.hpp>
#include <atrium/metrics.hpp>
#include <atrium/plugin.hpp>
#include <atrium/services.hpp>

struct TestServices {
  explicit TestServices(atrium::Host host)
      : kv(host), http(host), publisher(host), desk(host), timers(host), executor(host), asked(host, "asked", "What it was asked.") {}

  static constexpr int line = 4;

  static std::string told(const atrium::Answer& answer) { return std::to_string(answer.status) + " " + answer.text; }
  template <typename Start>
  static std::string wait(Start&& start) {
    return told(atrium::wait_for<atrium::Answer>(std::forward<Start>(start)));
  }

  void will_post(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) {
    reply.deny(use(message.content()));
  }

  std::string use(std::string_view what) {
    asked.add();
    if (what == "put") return wait([&](auto done) { kv.put("acme", "key", "value \x01 of it", done); });
    if (what == "get") return wait([&](auto done) { kv.get("acme", "key", done); });
    if (what == "remove") return wait([&](auto done) { kv.remove("acme", "key", done); });
    if (what == "long key") return wait([&](auto done) { kv.get("acme", std::string(1000, 'k'), done); });
    if (what == "publish")
      return wait([&](auto done) {
        publisher.post({.tenant_id = "acme", .room_id = "room_1", .content = "Hello", .metadata = R"({"a":1})"}, done);
      });
    if (what == "nowhere")
      return wait([&](auto done) { publisher.post({.tenant_id = "acme", .room_id = "room_gone", .content = "Hello"}, done); });
    if (what == "route") return wait([&](auto done) { desk.route_lead("acme", R"({"lead":{"name":"Bo"}})", done); });
    if (what == "pause") return wait([&](auto done) { desk.pause_agent("acme", "ana", done); });
    if (what == "pause nobody") return wait([&](auto done) { desk.pause_agent("acme", "nobody", done); });
    if (what == "taken lead") return wait([&](auto done) { desk.request(ATRIUM_COORDINATION_WITHDRAW_LEAD, "acme", "taken", "", done); });
    if (what == "wrong fields") return wait([&](auto done) { desk.request(ATRIUM_COORDINATION_PUT_AGENT, "acme", "wrong", "{}", done); });
    if (what == "no object") return wait([&](auto done) { desk.route_lead("acme", "[]", done); });
    if (what == "no operation") return wait([&](auto done) { desk.request(8, "acme", "ana", "", done); });
    if (what == "no agent") return wait([&](auto done) { desk.pause_agent("acme", "", done); });
    if (what == "elsewhere")
      return atrium::wait_for<std::string>([&](auto done) {
        http.send({.url = "http://example.com/"}, [done](const atrium::HttpResponse& came) { done(std::to_string(came.outcome)); });
      });
    if (what == "refused")  // Nobody listens there.
      return atrium::wait_for<std::string>([&](auto done) {
        http.send({.method = "POST", .url = "http://127.0.0.1:1/x", .headers = {{"x-a", "b"}}, .body = "body"},
                  [done](const atrium::HttpResponse& came) { done(std::to_string(came.outcome)); });
      });
    if (what == "timer")
      return atrium::wait_for<std::string>([&](auto done) {
        if (!timers.start(1, [done] { done("fired"); })) done("no timer");
      });
    if (what == "job")
      return atrium::wait_for<std::string>([&](auto done) {
        if (!executor.post([done] { done("ran"); })) done("no executor");
      });
    if (what == "begin many") {  // More than may be under way; what they come to is asked for by "many".
      for (int n = 0; n < 300; ++n)
        kv.get("acme", "key", [this](const atrium::Answer& answer) { (answer.status == ATRIUM_FULL ? full : others) += 1; });
      return "begun";
    }
    if (what == "many") return std::to_string(full) + " full, " + std::to_string(others) + " others";
    if (what == "scribble" || what == "half a request") {
      // To the line, which is the first descriptor behind the control socket: a header and what it promises, or not.
      const std::uint32_t bytes[] = {5, 1, 1, 0, 0, what == "scribble" ? 77u : 4u, 0, 0, 1000};
      static_cast<void>(::send(line, bytes, sizeof bytes, MSG_NOSIGNAL));
      while (true) ::pause();
    }
    return "what?";
  }

  atrium::Kv kv;
  atrium::Http http;
  atrium::Publisher publisher;
  atrium::CoordinationDesk desk;
  atrium::Timers timers;
  atrium::Executor executor;
  atrium::Counter asked;
  std::atomic<int> full{0}, others{0};
  atrium::RoomTypeInfo room_type{.name = "test_services"};
};

ATRIUM_PLUGIN(TestServices, "test.services", "1.0.0")
